"""The reader in its cage: put up the bars, then answer one request after another until the other side closes."""

import errno
import importlib
import json
import mimetypes
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final, NamedTuple, Protocol, cast

from pretamane.adapters.reading import confinement, wire
from pretamane.adapters.reading.inside.telling import Attached, Page, Refusal, Told, damaged, too_much, within_limits
from pretamane.adapters.reading.kinds import KINDS

# Whichever comes first sends what has been read: much text, or time in which nobody heard from us.
_BATCH_CHARACTERS: Final = 256 * 1024
_BATCH_PAGES: Final = 250
_BATCH_SECONDS: Final = 1.0


class Asked(NamedTuple):
    verb: str
    media_type: str
    password: str | None
    page: int
    width: int
    attachments: bool


Verb = Callable[[int, int, Asked], None]


def main() -> None:
    channel, lifeline = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    confinement.die_with(lifeline)
    confinement.limit()
    mimetypes.init([])  # or openpyxl would have it read the system's lists, which it may not
    try:
        confined = confinement.close()
    except confinement.CannotConfine as reason:
        wire.send_frame(channel.fileno(), wire.REFUSAL, str(reason).encode())
        return
    wire.send_frame(channel.fileno(), wire.HELLO, json.dumps({"reads_little": confined}).encode())
    serve(channel, VERBS)


def serve(channel: socket.socket, verbs: dict[str, Verb]) -> None:
    while True:
        try:
            values, file = wire.receive_request(channel)
            asked = Asked(**values)  # type: ignore[arg-type]  # what is wrong here came from our own other side
            _answer(channel.fileno(), file, asked, verbs[asked.verb])
            os.close(file)
        except (wire.Gone, OSError):
            return


def _answer(channel: int, file: int, asked: Asked, verb: Verb) -> None:
    try:
        verb(channel, file, asked)
        wire.send_frame(channel, wire.END)
    except Refusal as refusal:
        _refuse(channel, refusal, "")
    except (BrokenPipeError, ConnectionResetError):
        raise
    except Exception as fault:  # noqa: BLE001  # the edge of this process: libraries fail in ways they do not list
        _refuse(channel, _in_words(fault), _whence(fault))


def _in_words(fault: Exception) -> Refusal:
    wants_memory = isinstance(fault, OSError) and fault.errno == errno.ENOMEM
    if isinstance(fault, RecursionError):
        return too_much("It is nested more deeply than any document that people make.")
    if wants_memory or isinstance(fault, MemoryError):
        return too_much("Reading it takes more memory than any one file is given.")
    return damaged("The file is damaged, or is not what its name says.")


def _refuse(channel: int, refusal: Refusal, remark: str) -> None:
    told = {"why": refusal.why, "sentence": refusal.sentence, "remark": remark}
    wire.send_frame(channel, wire.REFUSAL, json.dumps(told).encode())


def _whence(fault: BaseException) -> str:
    """For our log: the kind of the fault and where it arose, never its words, which may be the document's."""
    last = traceback.extract_tb(fault.__traceback__)[-1:]
    return " ".join([type(fault).__name__, *(f"{os.path.basename(at.filename)}:{at.lineno}" for at in last)])  # noqa: PTH119  # a name, of no file that is opened


class Family(Protocol):
    """A module of this folder. Only those that kinds.PICTURED names can draw."""

    def read(self, file: int, kind: str, password: str | None, told: Told) -> Iterator[Page | Attached]: ...

    def picture(self, file: int, kind: str, password: str | None, number: int, width: int) -> memoryview: ...

    def raster(self, file: int, kind: str, password: str | None, number: int) -> memoryview: ...


def _family(asked: Asked) -> tuple[Family, str]:
    """Imported when first needed: whoever reads PDFs alone carries no Office libraries."""
    family, kind = KINDS[asked.media_type]
    return cast("Family", importlib.import_module(f"pretamane.adapters.reading.inside.{family}")), kind


def _read(channel: int, file: int, asked: Asked) -> None:
    family, kind = _family(asked)
    told = Told()
    batch, number = _Batch(channel), 0
    with closing(within_limits(family.read(file, kind, asked.password, told))) as limited:
        for page in limited:
            if isinstance(page, Page):
                number += 1
                batch.add(number, page)
            elif asked.attachments:
                batch.send()
                _send_attachment(channel, page)
    batch.send()
    dated = told.dated.isoformat() if told.dated else None
    facts = {"pages": number, "title": told.title, "dated": dated}
    wire.send_frame(channel, wire.FACTS, json.dumps(facts).encode())


class _Batch:
    def __init__(self, channel: int) -> None:
        self._channel = channel
        self._begin()

    def _begin(self) -> None:
        self._pages: list[tuple[int, str, float, float, bool]] = []
        self._characters, self._since = 0, time.monotonic()

    def add(self, number: int, page: Page) -> None:
        if self._characters + len(page.text) > _BATCH_CHARACTERS:
            self.send()
        self._pages.append((number, *page))
        self._characters += len(page.text)
        if len(self._pages) >= _BATCH_PAGES or time.monotonic() - self._since > _BATCH_SECONDS:
            self.send()

    def send(self) -> None:
        if self._pages:
            wire.send_frame(self._channel, wire.PAGES, json.dumps(self._pages, ensure_ascii=False).encode())
        self._begin()


def _send_attachment(channel: int, attached: Attached) -> None:
    claims = {"name": attached.name, "media_type": attached.media_type}
    wire.send_frame(channel, wire.ATTACHMENT, json.dumps(claims).encode())
    for piece in attached.pieces:
        wire.send_bytes(channel, piece)
    wire.send_frame(channel, wire.ATTACHED)


def _picture(channel: int, file: int, asked: Asked) -> None:
    """As WebP."""
    family, kind = _family(asked)
    wire.send_bytes(channel, family.picture(file, kind, asked.password, asked.page, asked.width))


def _raster(channel: int, file: int, asked: Asked) -> None:
    """In grey, as a PGM, for whoever reads pictures."""
    family, kind = _family(asked)
    wire.send_bytes(channel, family.raster(file, kind, asked.password, asked.page))


def _words(channel: int, file: int, asked: Asked) -> None:
    from pretamane.adapters.reading.inside import pdf_words

    words = json.dumps(list(pdf_words.words(file, asked.password, asked.page)), ensure_ascii=False)
    wire.send_frame(channel, wire.WORDS, words.encode())


VERBS: Final[dict[str, Verb]] = {
    wire.READ: _read,
    wire.PICTURE: _picture,
    wire.RASTER: _raster,
    wire.FIND_WORDS: _words,
}

if __name__ == "__main__":
    main()
