"""Identities: rows sort by when they were made; references survive being read out on the phone."""

import secrets
import time
from uuid import UUID

# Crockford's alphabet: no I, L, O or U, so that no two characters sound or look alike.
SPOKEN = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id() -> UUID:
    """A version 7 UUID: milliseconds first, so that new rows land at the end of an index."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (2**48 - 1)) << 80 | secrets.randbits(80)
    value = value & ~(0xF000 << 64) | 0x7000 << 64
    value = value & ~(0xC000 << 48) | 0x8000 << 48
    return UUID(int=value)


def new_reference() -> str:
    """Eight characters in two groups: a thousand thousand million of them, drawn blindly."""
    bits = secrets.randbits(40)
    drawn = "".join(SPOKEN[bits >> shift & 31] for shift in range(0, 40, 5))
    return f"{drawn[:4]}-{drawn[4:]}"
