"""One file of the spool, under its writer's lock, which ends with the process, however that ends."""

import errno
import fcntl
import hashlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from pretamane.core.errors import Locked
from pretamane.core.spool.flow import Piece
from pretamane.core.spool.room import Room, full_disk

if TYPE_CHECKING:
    from hashlib import _Hash

# How much may come before the disk is looked at again.
LOOK_EVERY = 8 * 1024 * 1024
_READ = 1024 * 1024


class HeldFile:
    """Its methods may come from any thread, and from one that goes on after the file was given up."""

    def __init__(self, path: Path, descriptor: int, room: Room) -> None:
        self.path, self.room = path, room
        self._descriptor: int | None = descriptor
        self._one_at_a_time = Lock()
        self._unlooked = 0

    @classmethod
    def made(cls, name_one: Callable[[], Path], room: Room) -> "HeldFile":
        """A sweep that comes between the making and the lock takes the file; then it is another one."""
        while True:
            path = name_one()
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:
                return cls(path, descriptor, room)
            os.close(descriptor)

    @classmethod
    def found(cls, path: Path, room: Room) -> "HeldFile":
        """Locked where somebody else works with it, FileNotFoundError where it is not there."""
        descriptor = _opened(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise Locked("Another request is sending to this just now. Please try again in a moment.") from None
        if not os.fstat(descriptor).st_nlink:
            os.close(descriptor)
            raise FileNotFoundError(path)
        return cls(path, descriptor, room)

    @property
    def size(self) -> int:
        return os.fstat(self._open).st_size

    @property
    def _open(self) -> int:
        if self._descriptor is None:
            raise ValueError(f"{self.path} was given up")
        return self._descriptor

    @property
    def is_held(self) -> bool:
        return self._descriptor is not None

    def append(self, pieces: Sequence[Piece], hashes: Sequence["_Hash"]) -> None:
        """In one piece: each write and each hash gives the interpreter away, and taking it back costs as much."""
        with self._one_at_a_time:
            if self._descriptor is None:
                return
            piece = b"".join(pieces)
            self._look(self._descriptor, len(piece))
            _write(self._descriptor, piece)
            for each in hashes:
                each.update(piece)

    def _look(self, descriptor: int, more: int) -> None:
        self._unlooked += more
        if self._unlooked >= LOOK_EVERY:
            self._unlooked = 0
            self.room.need(0)
            _begin_to_store(descriptor)

    def make_durable(self) -> None:
        os.fsync(self._open)

    def cut(self, size: int) -> None:
        with self._one_at_a_time:
            if size != self.size:
                os.ftruncate(self._open, size)
                os.fsync(self._open)

    def hash_again(self) -> "_Hash":
        digest = hashlib.sha256()
        place = 0
        while piece := os.pread(self._open, _READ, place):
            digest.update(piece)
            place += len(piece)
        return digest

    def give_up(self) -> None:
        """The lock ends; the file stays."""
        with self._one_at_a_time:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    def remove(self) -> None:
        """While the lock holds, so that nobody finds it half gone."""
        if self._descriptor is not None:
            self.path.unlink(missing_ok=True)
        self.give_up()


def _opened(path: Path) -> int:
    """One that is complete may be a blob already, which nobody may write to; it only waits for its row."""
    try:
        return os.open(path, os.O_RDWR | os.O_APPEND)
    except PermissionError:
        return os.open(path, os.O_RDONLY)


def _write(descriptor: int, piece: Piece) -> None:
    rest = memoryview(piece)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError as failure:
        if failure.errno in (errno.ENOSPC, errno.EDQUOT):
            raise full_disk() from failure
        raise


def _begin_to_store(descriptor: int) -> None:
    """What came since the last time starts its way to the disk now, so that who waits for the end waits less.

    The advice drops what is stored already, which is read again soon; so it is given for the newest bytes only.
    """
    if sys.platform != "darwin":
        size = os.fstat(descriptor).st_size
        os.posix_fadvise(descriptor, max(0, size - LOOK_EVERY), LOOK_EVERY, os.POSIX_FADV_DONTNEED)


def make_names_durable(folder: Path) -> None:
    """What was made in it is found again after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
