"""Secrets that machines carry: drawn blindly, handed out once, kept as hashes only."""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass

# Letters and digits only, so that one double click selects the whole of it.
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_PREFIX_LENGTH, _SECRET_LENGTH, _CHECK_LENGTH = 8, 40, 6
_KEY = re.compile(rf"pmk_([0-9A-Za-z]{{{_PREFIX_LENGTH}}})_([0-9A-Za-z]{{{_SECRET_LENGTH}}})([0-9A-Za-z]{{6}})")


def new_token() -> str:
    """For links and cookies: 256 bits, fit for an address."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> bytes:
    """A plain hash is enough for what nobody can guess; only people's passwords need a slow one."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def is_same(one: bytes, other: bytes) -> bool:
    """In the same time wherever they differ."""
    return hmac.compare_digest(one, other)


@dataclass(frozen=True)
class ApiKey:
    """pmk_<prefix>_<secret><checksum>: the prefix names it to people, the checksum tells a mistyped one by itself."""

    prefix: str
    secret: str

    @classmethod
    def draw(cls) -> "ApiKey":
        return cls(_drawn(_PREFIX_LENGTH), _drawn(_SECRET_LENGTH))

    @classmethod
    def read(cls, text: str) -> "ApiKey | None":
        """None unless it has the form and the checksum of a key: no database has to be asked about typing errors."""
        parts = _KEY.fullmatch(text)
        if parts is None:
            return None
        key = cls(parts[1], parts[2])
        return key if is_same(key._checksum().encode(), parts[3].encode()) else None

    @property
    def hash(self) -> bytes:
        return hash_of(self.secret)

    def _checksum(self) -> str:
        number = zlib.crc32(f"{self.prefix}_{self.secret}".encode())
        return "".join(_ALPHABET[number // len(_ALPHABET) ** place % len(_ALPHABET)] for place in range(_CHECK_LENGTH))

    def __str__(self) -> str:
        return f"pmk_{self.prefix}_{self.secret}{self._checksum()}"

    def __repr__(self) -> str:
        return f"ApiKey(pmk_{self.prefix}_…)"


def _drawn(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
