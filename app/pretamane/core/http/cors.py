"""Which other websites' pages may read our answers: an allow-list, never credentials, never `*`."""

from collections.abc import Iterable, Mapping

Header = tuple[bytes, bytes]

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
REQUEST_HEADERS = (
    "Accept, Authorization, Content-Digest, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
    "Range, Traceparent, Tus-Resumable, Upload-Checksum, Upload-Length, Upload-Metadata, Upload-Offset, X-Request-ID"
)
EXPOSED = (
    "X-Request-ID, ETag, Location, Retry-After, RateLimit, RateLimit-Policy, Idempotency-Replayed, "
    "Content-Disposition, Content-Range, Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, "
    "Tus-Checksum-Algorithm, Upload-Length, Upload-Offset, Upload-Expires, Upload-Document"
)
# Chromium caps what it remembers of a preflight at two hours.
PREFLIGHT_SECONDS = 7200

_VARY: Header = (b"vary", b"Origin")


class Cors:
    def __init__(self, origins: Iterable[str]) -> None:
        self._allowed = {origin.encode("latin-1") for origin in origins}

    def answer_headers(self, headers: Mapping[bytes, bytes]) -> list[Header]:
        """For every answer: a stranger gets only Vary, so that no cache mixes the two."""
        origin = headers.get(b"origin")
        if origin not in self._allowed:
            return [_VARY]
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", EXPOSED.encode()),
            (b"access-control-allow-methods", METHODS.encode()),
            (b"access-control-allow-headers", REQUEST_HEADERS.encode()),
            (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
            _VARY,
        ]

    @staticmethod
    def is_preflight(method: str, headers: Mapping[bytes, bytes]) -> bool:
        return method == "OPTIONS" and b"origin" in headers and b"access-control-request-method" in headers
