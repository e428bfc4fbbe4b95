"""What a bucket promises, and whether strangers are kept out of it; read back from a real MinIO."""

import http.client
import json

import pytest
from minio.commonconfig import ENABLED, Filter
from minio.lifecycleconfig import Expiration, LifecycleConfig, Rule
from tests.adapters.conftest import HURRIED, named
from tests.conftest import MovableClock
from tests.minio_server import MinioServer

from pretamane.adapters import blobs_s3
from pretamane.adapters.blobs_s3 import S3Blobs
from pretamane.core.errors import Unavailable

KEY = "ab/cd/letter"
READ_BY_ANYONE = ("s3:GetObject", "/*")
LISTED_BY_ANYONE = ("s3:ListBucket", "")


def test_a_stranger_is_answered_403(minio, store, bucket, letter):
    store.keep(KEY, letter)

    for path in ("", f"/{KEY}", "/ab/cd/missing"):
        connection = http.client.HTTPConnection("127.0.0.1", minio.port, timeout=5)
        connection.request("GET", f"/{bucket.name}{path}")
        assert connection.getresponse().status == 403
        connection.close()
    store.probe()


@pytest.mark.parametrize("opened", [READ_BY_ANYONE, LISTED_BY_ANYONE])
def test_a_bucket_that_was_opened_to_strangers_is_told(store, raw, bucket, letter, opened):
    action, on = opened
    if opened == READ_BY_ANYONE:
        store.keep(KEY, letter)
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::{bucket.name}{on}"}
    raw.set_bucket_policy(bucket.name, json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    with pytest.raises(Unavailable) as down:
        store.probe()

    assert down.value.sentence == f"The bucket {bucket.name} is open to anyone: make it private."


def test_whether_strangers_come_in_is_asked_again_after_some_minutes(bucket, raw, tmp_path):
    clock = MovableClock()
    watched = S3Blobs(bucket, tmp_path / "looked-at", clock, HURRIED)
    watched.prepare()
    watched.probe()
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket"}
    statement["Resource"] = f"arn:aws:s3:::{bucket.name}"
    raw.set_bucket_policy(bucket.name, json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    watched.probe()
    clock.move(blobs_s3.REMEMBERED_SECONDS)

    with pytest.raises(Unavailable):
        watched.probe()


def test_the_bucket_promises_what_it_can_and_says_what_it_cannot(store, raw, bucket):
    assert raw.get_bucket_versioning(bucket.name).status == ENABLED
    encryption = raw.get_bucket_encryption(bucket.name)
    assert encryption is not None
    assert encryption.rule.sse_algorithm == "AES256"
    lifecycle = raw.get_bucket_lifecycle(bucket.name)
    assert lifecycle is not None
    assert [rule.noncurrent_version_expiration.noncurrent_days for rule in lifecycle.rules] == [30]
    assert [rule.expiration for rule in lifecycle.rules] == [None]
    # MinIO itself ends unfinished uploads after a day, and knows no block of public access.
    assert [sentence.split(":")[0].split(";")[0] for sentence in store.shortfalls()] == [
        "No block stands before a policy that would open the bucket to the public",
        "The bucket has no rule that ends unfinished uploads after a day",
    ]


def test_before_it_is_prepared_every_promise_is_told_as_lacking(tmp_path, bucket, raw):
    raw.make_bucket(bucket.name)

    told = S3Blobs(bucket, tmp_path / "looked-at", MovableClock()).shortfalls()

    assert len(told) == 5
    assert "The bucket keeps no versions: bytes that are removed by mistake are gone at once." in told
    assert raw.get_bucket_versioning(bucket.name).status != ENABLED


def test_the_rules_of_others_stay_and_one_that_would_end_documents_is_told(store, raw, bucket):
    theirs = Rule(ENABLED, rule_filter=Filter(prefix="ab/"), rule_id="theirs", expiration=Expiration(days=365))
    raw.set_bucket_lifecycle(bucket.name, LifecycleConfig([theirs]))

    told = store.prepare()

    lifecycle = raw.get_bucket_lifecycle(bucket.name)
    assert lifecycle is not None
    assert sorted(str(rule.rule_id) for rule in lifecycle.rules) == ["pretamane-old-versions", "theirs"]
    assert "A rule of the bucket's will end documents by their age: remove it." in told


def test_a_service_that_encrypts_nothing_is_told(tmp_path):
    with MinioServer(tmp_path) as server:
        told = S3Blobs(named(server.url("letters")), tmp_path / "looked-at", MovableClock()).prepare()

    assert any(sentence.startswith("The bucket does not encrypt at rest") for sentence in told)
