"""What a bucket of ours promises: set where it is not so yet, read back, and told in a sentence where it cannot be."""

import base64
import hashlib
from collections.abc import Callable
from typing import NamedTuple

from minio.api import Minio
from minio.commonconfig import ENABLED, Filter
from minio.error import MinioException, S3Error
from minio.lifecycleconfig import (
    AbortIncompleteMultipartUpload,
    Expiration,
    LifecycleConfig,
    NoncurrentVersionExpiration,
    Rule,
)
from minio.sseconfig import Rule as EncryptionRule
from minio.sseconfig import SSEConfig
from minio.versioningconfig import VersioningConfig

from pretamane.adapters.blobs_s3_line import code_of, reason
from pretamane.settings_blobs import BlobBucket

NONCURRENT_DAYS = 30
UNFINISHED_DAYS = 1
_OLD_VERSIONS, _UNFINISHED = "pretamane-old-versions", "pretamane-unfinished-uploads"
_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


class Term(NamedTuple):
    holds: Callable[[Minio, BlobBucket], bool]
    settle: Callable[[Minio, BlobBucket], None] | None
    otherwise: str


def shortfalls(client: Minio, bucket: BlobBucket, *, settling: bool) -> list[str]:
    """One sentence for each term that does not hold; with `settling`, that could not be made to."""
    told = (_shortfall(term, client, bucket, settling) for term in TERMS)
    return [sentence for sentence in told if sentence is not None]


def _shortfall(term: Term, client: Minio, bucket: BlobBucket, settling: bool) -> str | None:
    try:
        if term.holds(client, bucket):
            return None
        if settling and term.settle is not None:
            term.settle(client, bucket)
            if term.holds(client, bucket):
                return None
    except MinioException as failure:
        return f"{term.otherwise} ({reason(failure)})."
    return f"{term.otherwise}."


def _is_versioned(client: Minio, bucket: BlobBucket) -> bool:
    return client.get_bucket_versioning(bucket.name).status == ENABLED


def _version(client: Minio, bucket: BlobBucket) -> None:
    client.set_bucket_versioning(bucket.name, VersioningConfig(ENABLED))


def _rules(client: Minio, bucket: BlobBucket) -> list[Rule]:
    config = client.get_bucket_lifecycle(bucket.name)
    return [] if config is None else list(config.rules)


def _has_rule(name: str) -> Callable[[Minio, BlobBucket], bool]:
    def has_rule(client: Minio, bucket: BlobBucket) -> bool:
        ours = _rule(name, bucket)
        return any(_says(rule) == _says(ours) for rule in _rules(client, bucket) if rule.rule_id == name)

    return has_rule


def _add_rule(name: str) -> Callable[[Minio, BlobBucket], None]:
    """A bucket has one list of rules; those that somebody else put there stay."""

    def add_rule(client: Minio, bucket: BlobBucket) -> None:
        others = [rule for rule in _rules(client, bucket) if rule.rule_id != name]
        client.set_bucket_lifecycle(bucket.name, LifecycleConfig([*others, _rule(name, bucket)]))

    return add_rule


def _rule(name: str, bucket: BlobBucket) -> Rule:
    on = Filter(prefix=bucket.beginning)
    if name == _OLD_VERSIONS:
        ending = NoncurrentVersionExpiration(noncurrent_days=NONCURRENT_DAYS)
        return Rule(ENABLED, rule_filter=on, rule_id=name, noncurrent_version_expiration=ending)
    aborting = AbortIncompleteMultipartUpload(days_after_initiation=UNFINISHED_DAYS)
    return Rule(ENABLED, rule_filter=on, rule_id=name, abort_incomplete_multipart_upload=aborting)


def _says(rule: Rule) -> tuple[object, ...]:
    old, unfinished = rule.noncurrent_version_expiration, rule.abort_incomplete_multipart_upload
    return (
        rule.status,
        _prefix(rule),
        rule.expiration,
        None if old is None else old.noncurrent_days,
        None if unfinished is None else unfinished.days_after_initiation,
    )


def _prefix(rule: Rule) -> str:
    return (rule.rule_filter.prefix if rule.rule_filter is not None else None) or ""


def _expires_nothing_current(client: Minio, bucket: BlobBucket) -> bool:
    return not any(_ends_blobs(rule, bucket) for rule in _rules(client, bucket))


def _ends_blobs(rule: Rule, bucket: BlobBucket) -> bool:
    """A rule for a part of our prefix, or for more than it, would end blobs alike."""
    ours, theirs = bucket.beginning, _prefix(rule)
    ends = rule.status == ENABLED and rule.expiration is not None and _ends_current(rule.expiration)
    return ends and (ours.startswith(theirs) or theirs.startswith(ours))


def _ends_current(expiration: Expiration) -> bool:
    return expiration.days is not None or expiration.date is not None


def _is_encrypted(client: Minio, bucket: BlobBucket) -> bool:
    return client.get_bucket_encryption(bucket.name) is not None


def _encrypt(client: Minio, bucket: BlobBucket) -> None:
    client.set_bucket_encryption(bucket.name, SSEConfig(EncryptionRule.new_sse_s3_rule()))


def _is_blocked(client: Minio, bucket: BlobBucket) -> bool:
    """The client has no verb for these blocks; what it sends all others by is used instead."""
    try:
        answer = client._execute("GET", bucket.name, query_params={"publicAccessBlock": ""})
    except S3Error as failure:
        if code_of(failure) == "NoSuchPublicAccessBlockConfiguration":
            return False
        raise
    said = answer.data.decode()
    return all(f"<{block}>true</{block}>" in said for block in _BLOCKS)


def _block(client: Minio, bucket: BlobBucket) -> None:
    blocks = "".join(f"<{block}>true</{block}>" for block in _BLOCKS)
    body = f'<PublicAccessBlockConfiguration xmlns="{_NAMESPACE}">{blocks}</PublicAccessBlockConfiguration>'.encode()
    md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    client._execute("PUT", bucket.name, body=body, headers={"Content-MD5": md5}, query_params={"publicAccessBlock": ""})


TERMS = (
    Term(
        _is_blocked,
        _block,
        "No block stands before a policy that would open the bucket to the public; "
        "whether one does is asked without a signature instead",
    ),
    Term(_is_versioned, _version, "The bucket keeps no versions: bytes that are removed by mistake are gone at once"),
    Term(
        _has_rule(_OLD_VERSIONS),
        _add_rule(_OLD_VERSIONS),
        f"The bucket does not end old versions after {NONCURRENT_DAYS} days",
    ),
    Term(
        _has_rule(_UNFINISHED),
        _add_rule(_UNFINISHED),
        "The bucket has no rule that ends unfinished uploads after a day; some services do so unasked",
    ),
    Term(_expires_nothing_current, None, "A rule of the bucket's will end documents by their age: remove it"),
    Term(_is_encrypted, _encrypt, "The bucket does not encrypt at rest what nobody asks it to"),
)
