"""Addresses of bytes that work for a few minutes, for whoever holds them, while whoever asked for them may read."""

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

    def of(self, version_id: UUID, way: Way, reader: UUID | None) -> str:
        until = str(int(self._clock.now().timestamp()) + LIVES_FOR_SECONDS)
        asker = str(reader or "")
        signature = self._signature(version_id, way, until, asker)
        said = {"as": way, "until": until, "for": asker, "signature": signature}
        return f"{self._origin}{FILES}{version_id}?{urlencode(said)}"

    def check(self, version_id: UUID, way: str, until: str, asker: str, signature: str) -> UUID | None:
        """Whose reading it is; but first whether the address is ours: of what is not, nothing else is told."""
        expected = self._signature(version_id, way, until, asker)
        if not tokens.is_same(expected.encode(), signature.encode("utf-8", "surrogatepass")):
            raise NotFound("There is no file at this address.")
        if not _MOMENT.fullmatch(until) or self._clock.now().timestamp() >= int(until):
            raise Gone("This address of a file has ended. Open the document again for a new one.")
        return UUID(asker) if asker else None

    def _signature(self, version_id: UUID, way: str, until: str, asker: str) -> str:
        """The first word keeps it apart from all else that the key signs; no part can hold a line break."""
        said = "\n".join(("files", str(version_id), way, until, asker))
        return hmac.digest(self._secret, said.encode("utf-8", "surrogatepass"), "sha256").hex()
