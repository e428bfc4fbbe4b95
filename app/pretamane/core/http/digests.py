"""Content-Digest (RFC 9530): what its sender says that a body comes to, checked while it is read."""

import base64
import binascii
import hashlib
import re
from collections.abc import AsyncIterable, AsyncIterator

from fastapi import Request

from pretamane.core.errors import Invalid, Malformed

KNOWN = {"sha-256": "sha256", "sha-512": "sha512"}

_MEMBER = re.compile(r"\s*([a-z0-9*_.-]+)\s*=\s*:([A-Za-z0-9+/=]*):\s*")


class ContentDigest:
    def __init__(self, header: str | None) -> None:
        """Of several digests all that are known count; a header without one that is known cannot be checked."""
        found = _members(header) if header is not None else {}
        self._wanted = {KNOWN[name]: value for name, value in found.items() if name in KNOWN}
        if header is not None and not self._wanted:
            raise _unreadable(f"None of its digests is one of {', '.join(KNOWN)}.")

    @classmethod
    def of(cls, request: Request) -> "ContentDigest":
        return cls(request.headers.get("content-digest"))

    async def over(self, body: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """The same pieces; after the last one it refuses where they come to something else."""
        reckoned = {name: hashlib.new(name) for name in self._wanted}
        async for piece in body:
            for digest in reckoned.values():
                digest.update(piece)
            yield piece
        if any(digest.digest() != self._wanted[name] for name, digest in reckoned.items()):
            raise Invalid(
                "What arrived is not what the Content-Digest says was sent, so nothing was kept. Please send it again.",
                code="digest-mismatch",
            )


def _members(header: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for member in header.split(","):
        understood = _MEMBER.fullmatch(member)
        if understood is None:
            raise _unreadable("It has the form sha-256=:base64:.")
        try:
            found[understood[1]] = base64.b64decode(understood[2], validate=True)
        except binascii.Error:
            raise _unreadable("Its value is not base64.") from None
    return found


def _unreadable(why: str) -> Malformed:
    wanted = {"Want-Content-Digest": ", ".join(f"{name}=1" for name in KNOWN)}
    return Malformed(f"The Content-Digest cannot be checked. {why}", code="bad-digest", headers=wanted)
