"""What blob stores share: how a key may look, how large a piece is, and the refusal of one that is away."""

import re
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from pretamane.core.errors import Unavailable

# About what a socket takes at once; larger ones would only cost memory.
PIECE_BYTES = 256 * 1024
_LEFT_BEHIND = timedelta(days=1)
# A key becomes a path here and a part of an address there, and must be no trick in either.
_KEY = re.compile(r"[0-9a-z-]+(?:/[0-9a-z-]+)*")


def checked(key: str) -> str:
    if not is_key(key):
        raise ValueError("A blob's key has small letters, digits and dashes, in parts with slashes between.")
    return key


def is_key(name: str) -> bool:
    return _KEY.fullmatch(name) is not None


def unavailable(sentence: str) -> Unavailable:
    return Unavailable(sentence, code="blobs-unavailable")


def sweep(folder: Path, now: datetime) -> int:
    """Remove the files of a folder for passing copies that are a day old: whoever made them is gone."""
    before, swept = (now - _LEFT_BEHIND).timestamp(), 0
    with suppress(FileNotFoundError):
        for copy in folder.iterdir():
            if copy.stat().st_mtime < before:
                copy.unlink()
                swept += 1
    return swept
