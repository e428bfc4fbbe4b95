"""Addresses of bytes that work for a few minutes, for whoever holds them."""

import hmac
import re
from typing import Literal
from urllib.parse import urlencode
from uuid import UUID

from pretamane.core import tokens
from pretamane.core.errors import Gone, NotFound
from pretamane.core.http.origins import FILES
from pretamane.ports import Clock

# Long enough for a slow browser to begin; what has begun goes on.
LIVES_FOR_SECONDS = 300
_MOMENT = re.compile(r"[0-9]{1,12}")

Way = Literal["inline", "attachment"]


class FileAddresses:
    def __init__(self, secret: str, origin: str, clock: Clock) -> None:
        self._secret, self._origin, self._clock = secret.encode(), origin, clock

    def of(self, version_id: UUID, way: Way) -> str:
        until = str(int(self._clock.now().timestamp()) + LIVES_FOR_SECONDS)
        said = {"as": way, "until": until, "signature": self._signature(version_id, way, until)}
        return f"{self._origin}{FILES}{version_id}?{urlencode(said)}"

    def check(self, version_id: UUID, way: str, until: str, signature: str) -> None:
        """First whether it is ours: of what is not, nothing else is told."""
        expected = self._signature(version_id, way, until)
        if not tokens.is_same(expected.encode(), signature.encode("utf-8", "surrogatepass")):
            raise NotFound("There is no file at this address.")
        if not _MOMENT.fullmatch(until) or self._clock.now().timestamp() >= int(until):
            raise Gone("This address of a file has ended. Open the document again for a new one.")

    def _signature(self, version_id: UUID, way: str, until: str) -> str:
        """The first word keeps it apart from all else that the key signs; no part can hold a line break."""
        said = "\n".join(("files", str(version_id), way, until))
        return hmac.digest(self._secret, said.encode("utf-8", "surrogatepass"), "sha256").hex()
