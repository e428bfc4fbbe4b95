"""From a connection into a file: the next piece is received while a thread writes the ones before."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from concurrent.futures import Executor

from starlette.requests import ClientDisconnect

from pretamane.core.errors import TooLarge

# Handing over to a thread costs more than writing a few pieces does.
BATCH = 1024 * 1024
# A connection that was cut says nothing more, and whoever comes back must not wait for it for ever.
SILENCE_SECONDS = 30.0

Piece = bytes | memoryview
Pieces = AsyncIterable[Piece]


async def carry(pieces: Pieces, write: Callable[[Sequence[Piece]], None], threads: Executor) -> None:
    """Returns, and raises too, only once no thread writes any more."""
    loop = asyncio.get_running_loop()
    writing: asyncio.Future[None] | None = None
    try:
        async for batch in _batches(pieces):
            if writing is not None:
                await writing
            writing = loop.run_in_executor(threads, write, batch)
        if writing is not None:
            await writing
    finally:
        if writing is not None and not writing.done():
            await asyncio.shield(asyncio.wait([writing]))
            writing.exception()  # asked for, as one that nobody asks for is logged; what was met first is raised


async def _batches(pieces: Pieces) -> AsyncIterator[Sequence[Piece]]:
    batch: list[Piece] = []
    size = 0
    async for piece in pieces:
        batch.append(piece)
        size += len(piece)
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


async def at_most(limit: int, pieces: Pieces, refusal: TooLarge) -> AsyncIterator[Piece]:
    left = limit
    async for piece in pieces:
        left -= len(piece)
        if left < 0:
            raise refusal
        yield piece


async def never_silent(pieces: Pieces, seconds: float = SILENCE_SECONDS) -> AsyncIterator[Piece]:
    """Whoever says nothing for so long has left."""
    following = aiter(pieces)
    while True:
        try:
            async with asyncio.timeout(seconds):
                piece = await anext(following)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise ClientDisconnect from None
        yield piece
