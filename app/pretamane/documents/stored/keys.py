"""Under which keys bytes are kept: each is used once, and tells by itself when it was made."""

import re
from datetime import datetime, timedelta
from uuid import UUID

from pretamane.core.ids import id_of, time_of

# Longer than any backup takes to run, and than any upload takes from its bytes to its row.
GRACE = timedelta(days=2)
# What is older is named no more; so what collection takes, past the whole grace, nobody is about to name.
NAMEABLE_FOR = GRACE / 2

_KEY = re.compile(r"([0-9a-f]{2})/([0-9a-f]{2})/(\1\2[0-9a-f]{60})-([0-9a-f]{32})")


def new_key(sha256: bytes, at: datetime) -> str:
    digest = sha256.hex()
    return f"{digest[:2]}/{digest[2:4]}/{digest}-{id_of(at).hex}"


def made_at(key: str) -> datetime | None:
    """None for what is no key of ours."""
    found = _KEY.fullmatch(key)
    return time_of(UUID(found[4])) if found else None


def may_be_named(key: str, at: datetime) -> bool:
    made = made_at(key)
    return made is not None and at - made < NAMEABLE_FOR


def may_be_collected(key: str, at: datetime) -> bool:
    made = made_at(key)
    return made is not None and at - made > GRACE
