"""A folder that somebody else has filled: nothing outside it is ever opened, whatever its names and links say."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from pretamane.system.leaving.folder import DROPPINGS

_PIECE: Final = 1024 * 1024
_STEP: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
# Opening a pipe would wait for somebody to write into it.
_FILE: Final = _STEP | os.O_NONBLOCK


class Unreachable(Exception):
    """It is not there, or no plain file inside the folder; the sentence says which."""

    def __init__(self, sentence: str, *, is_there: bool = True) -> None:
        super().__init__(sentence)
        self.sentence, self.is_there = sentence, is_there


class Found(NamedTuple):
    path: str
    # Why it is not opened; a fault is what somebody has to look after.
    refusal: str | None = None
    is_fault: bool = False


@contextmanager
def opened(folder: Path, path: str) -> Iterator[BinaryIO]:
    """Step by step, following no link on the way, so that it stays inside even while somebody changes the folder."""
    parts = path.split("/")
    if {"", ".", ".."} & set(parts) or "\0" in path:
        raise Unreachable("This path leads out of the folder.")
    with _reaching():
        file = os.fdopen(_descend(folder, parts), "rb", buffering=0)
    with file:
        yield file


@contextmanager
def _reaching() -> Iterator[None]:
    """Around the file alone: what fails on our own disk meanwhile is not its fault."""
    try:
        yield
    except OSError as failure:
        raise _unreachable(failure) from failure


def _descend(folder: Path, parts: list[str]) -> int:
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            deeper = os.open(part, _STEP | os.O_DIRECTORY, dir_fd=here)
            os.close(here)
            here = deeper
        file = os.open(parts[-1], _FILE, dir_fd=here)
    finally:
        os.close(here)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise Unreachable(_SPECIAL)
    return file


_LINK: Final = "This is a link, and links are not followed."
_SPECIAL: Final = "This is neither a file nor a folder."


def _unreachable(failure: OSError) -> Unreachable:
    if failure.errno == errno.ENOENT:
        return Unreachable("There is no such file.", is_there=False)
    if failure.errno in (errno.ELOOP, errno.ENOTDIR):
        return Unreachable(_LINK)
    return Unreachable(f"This cannot be read: {failure.strerror}.")


def pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := _piece(file):
        yield piece


def _piece(file: BinaryIO) -> bytes:
    with _reaching():
        return file.read(_PIECE)


def walk(folder: Path, before: str = "") -> Iterator[Found]:
    """All that is in it, by name; links and special files are told and left alone."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder))
    except OSError as failure:
        yield Found(before.rstrip("/"), f"This folder cannot be read: {failure.strerror}.", is_fault=True)
        return
    for name in names:
        if name.casefold() in DROPPINGS:
            continue
        yield from _entry(folder / name, before + name)


def _entry(place: Path, path: str) -> Iterator[Found]:
    try:
        mode = place.lstat().st_mode
    except OSError as failure:
        yield Found(path, f"This cannot be read: {failure.strerror}.", is_fault=True)
        return
    if stat.S_ISDIR(mode):
        yield from walk(place, f"{path}/")
    elif stat.S_ISLNK(mode):
        yield Found(path, _LINK)
    else:
        yield Found(path, None if stat.S_ISREG(mode) else _SPECIAL)
