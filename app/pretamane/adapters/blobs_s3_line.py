"""The line to an S3 service: who we are there, how long we wait, and what went wrong in words without secrets."""

import io
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import ParseError

from minio.api import Minio
from minio.credentials.providers import ChainedProvider, EnvAWSProvider, IamAwsProvider, Provider, StaticProvider
from minio.error import MinioException, S3Error, ServerError
from urllib3 import PoolManager, Retry
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ResponseError, SSLError, TimeoutError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Timeout

from pretamane.settings_blobs import BlobBucket

# All that the client raises: its own, the line's, of an answer that is no XML, and of providers without credentials.
FAILURES = (MinioException, HTTPError, ParseError, ValueError)
# A part is sent in such pieces, each with a time-out of its own; in one piece it would all have to pass within one.
_SENT_BYTES = 64 * 1024
_WORTH_ANOTHER_TRY = (500, 502, 503, 504)
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (NewConnectionError, "it cannot be reached"),  # which the library counts among time-outs
    (TimeoutError, "it did not answer in time"),
    (ResponseError, "it answered again and again that it cannot"),
    (SSLError, "its certificate is not trusted, or it speaks no TLS"),
    (HTTPError, "it cannot be reached"),
    (MinioException, "what it answers is no S3"),
    (ParseError, "what it answers is no S3"),
    (Exception, "this machine has no credentials for it"),
)


@dataclass(frozen=True)
class Patience:
    """Seconds to connect, seconds for the next bytes, and how often in all."""

    connect: float = 3.0
    read: float = 30.0
    tries: int = 3


class _Pool(PoolManager):
    def urlopen(self, method: str, url: str, redirect: bool = True, **more: Any) -> BaseHTTPResponse:  # type: ignore[override]  # it answers with less than the client reads
        body = more.get("body")
        if isinstance(body, bytes) and body:  # of an empty one only the bytes themselves have a length
            more["body"] = io.BytesIO(body)
        return super().urlopen(method, url, redirect, **more)


def pool(patience: Patience, trust: ssl.SSLContext | None) -> PoolManager:
    """A service may ask for a pause by Retry-After; it is not heeded, since somebody waits here."""
    again = Retry(
        patience.tries - 1,
        backoff_factor=0.2,
        status_forcelist=_WORTH_ANOTHER_TRY,
        respect_retry_after_header=False,
        redirect=0,
    )
    timeout = Timeout(connect=patience.connect, read=patience.read)
    return _Pool(maxsize=10, timeout=timeout, retries=again, ssl_context=trust, blocksize=_SENT_BYTES)


def provider(bucket: BlobBucket, patience: Patience) -> Provider:
    """Without a key: the environment's, or the role of this machine, which its metadata service tells (IMDSv2)."""
    if bucket.key is not None and bucket.secret is not None:
        return StaticProvider(bucket.key, bucket.secret)
    return ChainedProvider([EnvAWSProvider(), IamAwsProvider(http_client=pool(patience, None))])


def client(bucket: BlobBucket, patience: Patience, credentials: Provider | None, speaker: type[Minio] = Minio) -> Minio:
    """Without credentials: what a stranger could ask."""
    trust = ssl.create_default_context(cafile=bucket.ca) if bucket.tls else None
    made = speaker(
        bucket.endpoint,
        credentials=credentials,
        secure=bucket.tls,
        region=bucket.region,
        http_client=pool(patience, trust),
    )
    if bucket.style == "host":
        made.enable_virtual_style_endpoint()  # type: ignore[no-untyped-call]  # the library's own lapse
    else:
        made.disable_virtual_style_endpoint()  # type: ignore[no-untyped-call]  # the library's own lapse
    return made


def reason(failure: Exception) -> str:
    """Never the service's own words: they may hold a key, or what a blob is called."""
    if isinstance(failure, MaxRetryError) and failure.reason is not None:
        return reason(failure.reason)
    if isinstance(failure, S3Error | ServerError):
        return f"it answered {failure.code if isinstance(failure, S3Error) else failure.status_code}"
    return next(words for kind, words in _REASONS if isinstance(failure, kind))


def code_of(failure: Exception) -> str | None:
    return failure.code if isinstance(failure, S3Error) else None


def is_closed_to_us(failure: Exception) -> bool:
    return isinstance(failure, S3Error) and failure.response.status in (401, 403)


def header(headers: Mapping[str, str] | None, name: str) -> str | None:
    return None if headers is None else headers.get(name)
