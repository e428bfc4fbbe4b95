"""The chain's end, written down outside the database: a chain that was cut still verifies, but ends too early."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"(?P<number>[1-9][0-9]{0,18}) (?P<hash>[0-9a-f]{64})\n")


@dataclass(frozen=True)
class Seal:
    number: int
    hash: bytes


class NewestSeal:
    """A file of one line. Only ever replaced as a whole, and only by a later seal."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "audit"
        self.path = self._folder / "newest-seal"

    def read(self) -> Seal | None:
        """None when there is no file; a ValueError when it holds something else; an OSError when it cannot be read."""
        try:
            line = _LINE.fullmatch(self.path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        if line is None:
            raise ValueError(f"{self.path} does not hold a seal's number and hash.")
        return Seal(int(line["number"]), bytes.fromhex(line["hash"]))

    def write(self, seal: Seal) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._alone():
            written = self.read()
            if written is None or written.number < seal.number:
                self._replace(f"{seal.number} {seal.hash.hex()}\n")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two sealers may come here in the other order than they sealed."""
        with os.fdopen(os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _replace(self, line: str) -> None:
        unfinished = self.path.with_suffix(".new")
        with os.fdopen(
            os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii"
        ) as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.path)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
