"""A file that comes in several visits, to any process; its size is the truth about how far it has come."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from pretamane.core.errors import AppError, TooLarge
from pretamane.core.spool.flow import Piece, Pieces, at_most, carry, never_silent
from pretamane.core.spool.held import HeldFile, make_names_durable

if TYPE_CHECKING:
    from hashlib import _Hash

_MORE_THAN_SAID = "That is more than was said to come, so nothing of this part was kept."
_UNPROVED = ".unproved"


class ChecksumMismatch(AppError):
    """tus's own status."""

    status, code = 460, "checksum-mismatch"


class Checksum:
    """What somebody says that the bytes of one visit come to."""

    def __init__(self, algorithm: str, wanted: bytes) -> None:
        self.algorithm, self.wanted = algorithm, wanted

    def begun(self) -> "_Hash":
        return hashlib.new(self.algorithm, usedforsecurity=False)


class Growing:
    """One visit, under the file's lock; `digest` is that of the bytes so far, where it is known."""

    def __init__(self, file: HeldFile, digest: "_Hash | None", threads: Executor) -> None:
        self.file, self.digest, self._threads = file, digest, threads
        self._take_back_what_was_never_proved()

    @property
    def size(self) -> int:
        return self.file.size

    async def append(self, pieces: Pieces, *, limit: int, expected: int = 0, checksum: Checksum | None = None) -> None:
        """What came before somebody left stays; but of bytes that come with a checksum all count, or none."""
        self.file.room.need(expected)
        before, digest_before = self.size, self.digest and self.digest.copy()
        proof = self._begin_proof(checksum, before)
        hashes = [each for each in (self.digest, proof) if each is not None]
        visit = _Visit(pieces)
        try:
            whole = at_most(limit, visit.pieces(), TooLarge(_MORE_THAN_SAID))
            await carry(whole, lambda batch: self.file.append(batch, hashes), self._threads)
            if checksum is not None and not visit.was_left:
                _compare(checksum, proof)
            await asyncio.get_running_loop().run_in_executor(self._threads, self.file.make_durable)
        except BaseException:
            self._go_back(before, digest_before)
            raise
        if visit.was_left and checksum is not None:
            self._go_back(before, digest_before)
        self._unproved.unlink(missing_ok=True)
        if visit.was_left:
            raise ClientDisconnect

    def _begin_proof(self, checksum: Checksum | None, before: int) -> "_Hash | None":
        """Where a process dies with bytes that nobody compared, whoever comes next takes them back."""
        if checksum is None:
            return None
        descriptor = os.open(self._unproved, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(descriptor, str(before).encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        make_names_durable(self.file.path.parent)
        return checksum.begun()

    def _take_back_what_was_never_proved(self) -> None:
        if self._unproved.exists():
            proved = self._unproved.read_text()
            if proved:
                self.file.cut(min(int(proved), self.size))
            self._unproved.unlink()

    def _go_back(self, size: int, digest: "_Hash | None") -> None:
        self.file.cut(size)
        self.digest = digest
        self._unproved.unlink(missing_ok=True)

    @property
    def _unproved(self) -> Path:
        return self.file.path.with_suffix(_UNPROVED)


class _Visit:
    """Somebody's bytes; who leaves in the middle ends them, and that is remembered."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self.was_left = False

    async def pieces(self) -> AsyncIterator[Piece]:
        try:
            async for piece in never_silent(self._pieces):
                yield piece
        except ClientDisconnect:
            self.was_left = True


def _compare(checksum: Checksum, proof: "_Hash | None") -> None:
    if proof is None or proof.digest() != checksum.wanted:
        raise ChecksumMismatch("What arrived is not what was sent, so it was not kept. Please send this part again.")
