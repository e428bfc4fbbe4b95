"""Identities: rows sort by when they were made; references survive being read out on the phone."""

import secrets
import time
from datetime import UTC, datetime
from uuid import UUID

# Crockford's alphabet: no I, L, O or U, so that no two characters sound or look alike.
SPOKEN = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id() -> UUID:
    """A version 7 UUID, its time down to a quarter of a microsecond: new rows land at the end of an index, in order."""
    return _id_of(time.time_ns())


def id_of(moment: datetime) -> UUID:
    """The same for a time of the clock's: `time_of` tells it again, to the millisecond."""
    return _id_of(int(moment.timestamp() * 1000) * 1_000_000)


def time_of(identity: UUID) -> datetime:
    return datetime.fromtimestamp((identity.int >> 80) / 1000, UTC)


def _id_of(nanoseconds: int) -> UUID:
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    fraction = (rest << 12) // 1_000_000
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62))


def new_reference() -> str:
    """Eight characters in two groups: a thousand thousand million of them, drawn blindly."""
    bits = secrets.randbits(40)
    drawn = "".join(SPOKEN[bits >> shift & 31] for shift in range(0, 40, 5))
    return f"{drawn[:4]}-{drawn[4:]}"
