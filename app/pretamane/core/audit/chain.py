"""How an entry is tied to all before it: what is hashed, and in which spelling."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import DateTime, Text, cast, extract, func
from sqlalchemy.sql.elements import ColumnElement

from pretamane.core.audit.models import AuditEntry

Spelling = Sequence[str | None]

# These, in this order, for ever: a column that comes later needs a mark and a spelling of its own beside this one.
SEALED = ("id", "made_at", "account_id", "actor", "key_id", "act", "subject", "details", "request_id")
BEFORE_THE_FIRST = bytes(32)
_MARK = b"pretamane audit 1\n"


def spelled() -> list[ColumnElement[str]]:
    """Each value as PostgreSQL writes it: on the way through Python a long number in the details would lose digits."""
    return [_as_text(name).label(f"{name}_spelled") for name in SEALED]


def _as_text(name: str) -> ColumnElement[str]:
    column = AuditEntry.__table__.columns[name]
    if isinstance(column.type, DateTime):  # its own text depends on the session's time zone
        return cast(func.trunc(extract("epoch", column) * 1_000_000), Text)
    return cast(column, Text)


def encode(spelling: Spelling) -> bytes:
    """No two rows alike: each value says whether it is there and how long it is."""
    return b"".join(b"\0" if value is None else b"\1" + _measured(value.encode()) for value in spelling)


def link(previous: bytes, number: int, spelling: Spelling) -> bytes:
    """The hash of the seal with this number, over the hash of the one before and the entry."""
    place = number.to_bytes(8, "big", signed=True)
    return hashlib.sha256(_MARK + _measured(previous) + place + encode(spelling)).digest()


def _measured(content: bytes) -> bytes:
    return len(content).to_bytes(8, "big") + content
