"""Reading a document after it was received: its text page by page, what is attached to it, what it is about."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from pretamane.core.errors import Conflict, Forbidden, NotFound
from pretamane.core.jobs import Run
from pretamane.core.spool import Spool
from pretamane.documents.about import facts, steps
from pretamane.documents.about.languages import LOOKED_AT
from pretamane.documents.about.steps import Step
from pretamane.documents.reading import attachments, outcomes, pages
from pretamane.documents.reading.attachments import Attachments
from pretamane.documents.reading.outcomes import Begun, Read
from pretamane.documents.reading.pages import VersionGone
from pretamane.documents.receiving.receiving import Receiving
from pretamane.documents.recognising import kinds
from pretamane.documents.serving.pictures import THUMBNAIL, NoPicture, Pictures
from pretamane.ports import BlobStore, Ocr, Reader, Reading, ReadPage, Unreadable

_GONE: Final = "The bytes of this document are missing from where they are kept; whoever looks after it must be told."

# Writes pages on the way, where they are more than what is written at the end.
WriteSome = Callable[[Sequence[ReadPage]], None]


@dataclass(frozen=True)
class Processing:
    """The jobs that read one version each."""

    store: BlobStore
    reader: Reader
    ocr: Ocr
    receiving: Receiving
    spool: Spool
    pictures: Pictures
    attachment_limit: int

    def process(self, run: Run) -> None:
        begun = run.read(outcomes.begin, UUID(run.args["version"]))
        if begun is None:
            return
        try:
            read = self._read(run, begun)
        except VersionGone:
            return
        except Unreadable as refusal:
            run.finish(outcomes.fail, begun, refusal)
        else:
            run.finish(outcomes.finish, begun, read)

    def _read(self, run: Run, begun: Begun) -> Read:
        def write_some(some: Sequence[ReadPage]) -> None:
            run.write(pages.write, begun.version_id, some)

        parts = self._parts(run, begun)
        with (
            bytes_of(self.store, begun.key) as file,
            self.reader.read(file, begun.media_type, keep=parts.keep if parts else None) as reading,
        ):
            text = Text.of(reading, write_some)
        today, told = run.clock.now().date(), reading.facts
        return Read(
            text.count,
            text.rest,
            facts.learn(text.beginning, today, title=told.title, dated=told.dated),
            has_pictures=self.reader.can_picture(begun.media_type),
            has_ocr=bool(self.ocr.languages()),
            attachments=parts.step if parts else None,
        )

    def _parts(self, run: Run, begun: Begun) -> Attachments | None:
        """Once they are out they stand for themselves: what was removed of them since does not come back."""
        if begun.kind != kinds.EML.name or run.read(steps.is_over, begun.version_id, steps.ATTACHMENTS):
            return None
        room = run.read(attachments.room_left, begun.document_id)
        return Attachments(begun, run.work, self.spool, self.receiving, self.attachment_limit, room)

    def draw_thumbnail(self, run: Run) -> None:
        version_id = UUID(run.args["version"])
        step = Step(steps.THUMBNAIL, steps.DONE)
        try:
            self.pictures.picture(version_id, 1, THUMBNAIL)
        except (NoPicture, Conflict) as refusal:
            step = Step(steps.THUMBNAIL, steps.FAILED, refusal.sentence)
        except (NotFound, Forbidden):  # purged, or put into quarantine: nobody will ask for it
            return
        run.finish(steps.note_of_one_that_is_there, version_id, step)

    def forget_pictures(self, run: Run) -> None:
        for version_id in run.args["versions"]:
            self.pictures.forget(UUID(version_id))


@contextmanager
def bytes_of(store: BlobStore, key: str) -> Iterator[Path]:
    """What is missing will not come back by trying again."""
    try:
        with store.as_file(key) as file:
            yield file
    except FileNotFoundError:
        raise Unreadable(_GONE) from None


@dataclass
class Text:
    """A document's text as it comes: some pages wait, so that a short document is written in one go."""

    count: int = 0
    rest: Sequence[ReadPage] = ()
    beginning: str = ""

    @classmethod
    def of(cls, reading: Reading, write_some: WriteSome) -> "Text":
        text = cls()
        for some in reading:
            if text.rest:
                write_some(text.rest)
            text._take(some)
        return text

    def _take(self, some: Sequence[ReadPage]) -> None:
        self.rest = some
        self.count += len(some)
        for page in some:
            if len(self.beginning) >= LOOKED_AT:
                return
            self.beginning += page.text[:LOOKED_AT] + "\n"
