"""Where files are read: a few cages, opened when first needed, closed when nobody has come for a while."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pretamane.adapters.reading import answers, wire
from pretamane.adapters.reading.cage import Cage, Limits
from pretamane.adapters.reading.kinds import has_pictures, has_text
from pretamane.core.errors import Unavailable
from pretamane.ports import Facts, Keep, ReadPage, Unreadable, Word, Writer

IDLE_SECONDS: Final = 120.0
_PICTURE_MOST: Final = 64 * 1024 * 1024


class ReadingRoom:
    """The port Reader. One cage for each thread that reads at the same time; more of them wait."""

    def __init__(
        self,
        cages: int = 2,
        *,
        limits: Limits = Limits(),  # noqa: B008  # frozen
        idle: float = IDLE_SECONDS,
        patience: float = 30.0,
        open_cage: Callable[[Limits], Cage] = Cage,
    ) -> None:
        self._limits, self._idle_seconds, self._patience, self._open = limits, idle, patience, open_cage
        self._places = threading.BoundedSemaphore(cages)
        self._lock = threading.Lock()
        self._idle: list[tuple[float, Cage]] = []
        self._closer: threading.Timer | None = None
        self._is_closed = False

    def can_read(self, media_type: str) -> bool:
        return has_text(media_type)

    def can_picture(self, media_type: str) -> bool:
        return has_pictures(media_type)

    @contextmanager
    def read(
        self, file: Path, media_type: str, password: str | None = None, keep: Keep | None = None
    ) -> "Iterator[_BeingRead]":
        if not has_text(media_type):
            raise Unreadable("This kind of file is not read here.")
        asked = _asked(wire.READ, media_type, password, attachments=keep is not None)
        with self._answer(file, asked) as frames:
            yield _BeingRead(frames, keep)

    def picture(self, file: Path, media_type: str, page: int, width: int, password: str | None = None) -> bytes:
        _refuse_undrawable(media_type)
        return b"".join(self._bytes(file, _asked(wire.PICTURE, media_type, password, page=page, width=width)))

    def raster(self, file: Path, media_type: str, page: int, password: str | None = None) -> bytes:
        """The page in grey at 300 dpi as a PGM, for OCR."""
        _refuse_undrawable(media_type)
        return b"".join(self._bytes(file, _asked(wire.RASTER, media_type, password, page=page)))

    def words(self, file: Path, page: int, password: str | None = None) -> list[Word]:
        with self._answer(file, _asked(wire.FIND_WORDS, "application/pdf", password, page=page)) as frames:
            return [word for _kind, payload in frames for word in answers.words(payload)]

    def _bytes(self, file: Path, asked: Mapping[str, object]) -> Iterator[memoryview]:
        length = 0
        with self._answer(file, asked) as frames:
            for kind, payload in frames:
                length += len(payload)
                if kind != wire.BYTES or length > _PICTURE_MOST:
                    raise answers.senseless()
                yield payload

    @contextmanager
    def _answer(self, file: Path, asked: Mapping[str, object]) -> Iterator[Iterator[tuple[bytes, memoryview]]]:
        with ExitStack() as stack:
            descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
            stack.callback(os.close, descriptor)
            cage = stack.enter_context(self._borrowed())
            yield stack.enter_context(closing(cage.ask(dict(asked), descriptor)))

    @contextmanager
    def _borrowed(self) -> Iterator[Cage]:
        if not self._places.acquire(timeout=self._patience):
            raise Unavailable("Other files are being read; try again in a moment.")
        try:
            cage = self._take() or self._open(self._limits)
            try:
                yield cage
            finally:
                self._give_back(cage)
        finally:
            self._places.release()

    def _take(self) -> Cage | None:
        with self._lock:
            if self._is_closed:
                raise Unavailable("This process is ending; ask another one.")
            while self._idle:
                _since, cage = self._idle.pop()
                if cage.is_good_for_more:
                    return cage
                cage.end()
        return None

    def _give_back(self, cage: Cage) -> None:
        with self._lock:
            if self._is_closed or not cage.is_good_for_more:
                cage.end()
                return
            self._idle.append((time.monotonic(), cage))
            if self._closer is None:
                self._close_later(self._idle_seconds)

    def _close_later(self, seconds: float) -> None:
        self._closer = threading.Timer(seconds, self._close_idle)
        self._closer.daemon = True
        self._closer.name = "reading-room"
        self._closer.start()

    def _close_idle(self) -> None:
        """The one that has rested longest stands first."""
        with self._lock:
            self._closer = None
            latest = time.monotonic() - self._idle_seconds
            while self._idle and self._idle[0][0] <= latest:
                self._idle.pop(0)[1].end()
            if self._idle and not self._is_closed:
                self._close_later(max(0.01, self._idle[0][0] - latest))

    def close(self) -> None:
        """What is being read goes on to its end."""
        with self._lock:
            self._is_closed = True
            if self._closer is not None:
                self._closer.cancel()
            for _since, cage in self._idle:
                cage.end()
            self._idle.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _BeingRead:
    """The port Reading."""

    def __init__(self, frames: Iterator[tuple[bytes, memoryview]], keep: Keep | None) -> None:
        self._frames, self._keep = frames, keep
        self._facts: Facts | None = None

    def __iter__(self) -> Iterator[list[ReadPage]]:
        count = 0
        for kind, payload in self._frames:
            if kind == wire.PAGES:
                batch = answers.pages(payload, after=count)
                count += len(batch)
                yield batch
            elif kind == wire.FACTS:
                self._facts = answers.facts(payload, count)
            elif kind == wire.ATTACHMENT and self._keep is not None:
                self._receive(self._keep(answers.attachment(payload)))
            else:
                raise answers.senseless()
        if self._facts is None:
            raise answers.senseless()

    def _receive(self, place: AbstractContextManager[Writer]) -> None:
        with place as writer:
            for kind, payload in self._frames:
                if kind == wire.ATTACHED:
                    return
                if kind != wire.BYTES:
                    break
                writer.write(bytes(payload))
            raise answers.senseless()

    @property
    def facts(self) -> Facts:
        if self._facts is None:
            raise LookupError("the facts are known once every page has been taken")
        return self._facts


def _refuse_undrawable(media_type: str) -> None:
    if not has_pictures(media_type):
        raise Unreadable("Of this kind of document there are no pictures, only its text.")


def _asked(
    verb: str, media_type: str, password: str | None, *, page: int = 1, width: int = 1, attachments: bool = False
) -> dict[str, object]:
    return {
        **{"verb": verb, "media_type": media_type, "password": password},
        **{"page": page, "width": width, "attachments": attachments},
    }
