"""The folder itself: what is kept in one go, what grows, and what nobody came back for."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pretamane.core.errors import AppError, TooLarge
from pretamane.core.ids import new_id
from pretamane.core.spool.flow import Pieces, at_most, carry, never_silent
from pretamane.core.spool.growing import Growing
from pretamane.core.spool.held import HeldFile, make_names_durable
from pretamane.core.spool.room import Room, free_bytes

if TYPE_CHECKING:
    from hashlib import _Hash

T = TypeVar("T")

FORGOTTEN_AFTER = timedelta(hours=24)
# Writing and hashing keep a core busy; more threads would only take turns.
THREADS = 4
# Digests of what grows here; one that was dropped is reckoned again from the file.
REMEMBERED = 256
# What only one request ever works with: without its lock it is a dead writer's.
_IN_ONE_GO = ".part"


class Kept:
    """A file that is whole and durable, until it is discarded."""

    def __init__(self, file: HeldFile, sha256: bytes) -> None:
        self._file = file
        self.path, self.sha256, self.size = file.path, sha256, file.size

    def discard(self) -> None:
        self._file.remove()


class Filling:
    """A file as it comes, hashed on its way."""

    def __init__(self, file: HeldFile, limit: int) -> None:
        self._file, self._limit, self._size, self._digest = file, limit, 0, hashlib.sha256()

    def write(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limit:
            raise TooLarge.beyond(self._limit)
        self._file.append([piece], [self._digest])

    def whole(self) -> Kept:
        self._file.make_durable()
        return Kept(self._file, self._digest.digest())


class Spool:
    def __init__(self, folder: Path, *, cap: int, reserve: int, free: Callable[[Path], int] = free_bytes) -> None:
        self.folder = folder
        self.room = Room(folder, cap=cap, reserve=reserve, free=free)
        self._threads = ThreadPoolExecutor(THREADS, "spool")
        self._digests: OrderedDict[str, tuple[int, _Hash]] = OrderedDict()

    def _make_room_for(self, more: int) -> None:
        """The folder is made for the first who needs it: to look at a house leaves nothing in it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.room.need(more)

    async def keep(self, pieces: Pieces, *, limit: int, declared: int = 0) -> Kept:
        """All of the bytes, or nothing: whatever goes wrong leaves no file behind."""
        self._make_room_for(declared)
        file = HeldFile.made(lambda: self.folder / f"{new_id().hex}{_IN_ONE_GO}", self.room)
        digest = hashlib.sha256()
        try:
            whole = at_most(limit, never_silent(pieces), TooLarge.beyond(limit))
            await carry(whole, lambda batch: file.append(batch, [digest]), self._threads)
            await self._in_a_thread(file.make_durable)
            return Kept(file, digest.digest())
        except BaseException:
            file.remove()
            raise

    @contextmanager
    def filling(self, *, limit: int) -> "Iterator[Filling]":
        """For what a thread brings piece by piece; gone when the block ends."""
        self._make_room_for(0)
        file = HeldFile.made(lambda: self.folder / f"{new_id().hex}{_IN_ONE_GO}", self.room)
        try:
            yield Filling(file, limit)
        finally:
            file.remove()

    def begin(self, name: str, expected: int) -> None:
        """An empty file that will grow, found again by its name after any crash."""
        self._make_room_for(expected)
        HeldFile.made(lambda: self.folder / name, self.room).give_up()
        make_names_durable(self.folder)

    def drop(self, name: str) -> None:
        """Locked where somebody is at it."""
        with suppress(FileNotFoundError):
            HeldFile.found(self.folder / name, self.room).remove()

    @contextmanager
    def visit(self, name: str) -> Iterator[Growing]:
        """Locked where somebody else is at it, FileNotFoundError where it is gone."""
        file = HeldFile.found(self.folder / name, self.room)
        try:
            known = self._digests.pop(name, None)
            fits = known is not None and known[0] == file.size
            digest = known[1] if known and fits else hashlib.sha256() if file.size == 0 else None
            growing = Growing(file, digest, self._threads)
            yield growing
            self._remember(name, growing)
        finally:
            file.give_up()

    def _remember(self, name: str, growing: Growing) -> None:
        if growing.file.is_held and growing.digest is not None:
            self._digests[name] = (growing.size, growing.digest)
            while len(self._digests) > REMEMBERED:
                self._digests.popitem(last=False)

    async def whole(self, growing: Growing) -> Kept:
        """As what was kept in one go; the digest is taken once more where it is not known."""
        if growing.digest is None:
            growing.digest = await self._in_a_thread(growing.file.hash_again)
        return Kept(growing.file, growing.digest.digest())

    async def _in_a_thread(self, verb: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, verb)

    def sweep(self, at: datetime) -> int:
        """Remove what nobody holds: dead writers' rests, and what has not grown for a day. How many there were."""
        there = list(self.folder.iterdir()) if self.folder.exists() else []
        return sum(self._sweep_one(path, at - FORGOTTEN_AFTER) for path in there)

    def _sweep_one(self, path: Path, oldest: datetime) -> bool:
        with suppress(FileNotFoundError, AppError):  # gone meanwhile, or in somebody's hands
            file = HeldFile.found(path, self.room)
            is_over = path.suffix == _IN_ONE_GO or path.stat().st_mtime < oldest.timestamp()
            if is_over:
                file.remove()
            else:
                file.give_up()
            return is_over
        return False
