"""The list of what an export holds: each file with its size and its SHA-256, one a line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from pretamane.core.errors import CannotStart
from pretamane.system.leaving.folder import Digesting
from pretamane.system.leaving.ledger import File, Ledger

NAME: Final = "manifest.json"
FORMAT: Final = "pretamane export"
VERSION: Final = 1
CONTENT: Final = "content"
HOUSE: Final = "house"
# Longer than any line of ours; whoever writes longer ones wants to fill our memory.
_LONGEST_LINE: Final = 64 * 1024


class Lost(NamedTuple):
    """An original that could not be written, and why."""

    path: str
    fate: str


def write(ledger: Ledger, into: Digesting) -> None:
    """A line for each, so that it is read as it was written: without ever being whole in memory."""
    into.write(f'{{"format": "{FORMAT}", "version": {VERSION}, "files": [\n'.encode())
    first = True
    for file in ledger.files():
        told = {"path": file.path, "part": file.part, "size": file.size, "sha256": file.sha256}
        into.write(("" if first else ",\n").encode() + json.dumps(told, ensure_ascii=False).encode())
        first = False
    into.write(b'\n], "missing": [\n')
    first = True
    for file, fate in ledger.faults():
        lost = {"path": file.path, "fate": fate, "sha256": file.sha256, "document": file.document}
        into.write(("" if first else ",\n").encode() + json.dumps(lost, ensure_ascii=False).encode())
        first = False
    into.write(b"\n]}\n")


def is_one(folder: Path) -> bool:
    """Whether this is an export that was finished."""
    try:
        with (folder / NAME).open("rb") as file:
            return file.readline(_LONGEST_LINE).startswith(f'{{"format": "{FORMAT}"'.encode())
    except OSError:
        return False


def read(folder: Path) -> Iterator[File]:
    """CannotStart for one that is cut off or not as it was written."""
    with (folder / NAME).open("rb") as file:
        head = _line(file)
        if head != f'{{"format": "{FORMAT}", "version": {VERSION}, "files": [':
            raise CannotStart(f"{folder / NAME} is of another version of Pretamane than this one reads.")
        while (line := _line(file)) != '], "missing": [':
            if line:
                yield _file(line, folder)
        while (line := _line(file)) != "]}":
            pass


def missing(folder: Path) -> Iterator[Lost]:
    """What the house itself lacked when it was exported."""
    with (folder / NAME).open("rb") as file:
        while _line(file) != '], "missing": [':
            pass
        while (line := _line(file)) != "]}":
            if line:
                told = _parsed(line, folder)
                yield Lost(str(told.get("path")), str(told.get("fate")))


def _line(file: BinaryIO) -> str:
    line = file.readline(_LONGEST_LINE)
    if not line.endswith(b"\n"):
        raise CannotStart(f"{file.name} is cut off or not as it was written.")
    return line.decode("utf-8", "replace").rstrip("\n")


def _file(line: str, folder: Path) -> File:
    told = _parsed(line, folder)
    path, part, sha256, size = (told.get(name) for name in ("path", "part", "sha256", "size"))
    fits = isinstance(path, str) and isinstance(part, str) and isinstance(sha256, str) and isinstance(size, int)
    if not fits or not is_inside(str(path)):
        raise CannotStart(f"{folder / NAME} has a line that is not as it was written: {line[:80]}")
    return File(str(path), str(part), str(sha256), int(str(size)))


def _parsed(line: str, folder: Path) -> dict[str, Any]:
    try:
        told = json.loads(line.removesuffix(","))
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise CannotStart(f"{folder / NAME} has a line that is not as it was written: {line[:80]}")
    return told


def is_inside(path: str) -> bool:
    """A path of ours: relative, by plain names, and never out of the folder."""
    parts = path.split("/")
    return bool(path) and "\0" not in path and "\\" not in path and not {"", ".", ".."} & set(parts)
