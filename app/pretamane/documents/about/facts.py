"""What a document is about, as far as machines can tell; never against what a person said."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from pretamane.core.database import now
from pretamane.core.texts import one_line
from pretamane.documents.about import steps
from pretamane.documents.about.dates import date_of
from pretamane.documents.about.languages import language_of
from pretamane.documents.models import Document, DocumentVersion
from pretamane.documents.service import tidy_title, title_of_file

_LONGEST_GUESS: Final = 120
_SHORTEST_GUESS: Final = 3


@dataclass(frozen=True)
class Learned:
    title: str | None
    dated: date | None
    language: str | None

    def or_else(self, other: "Learned") -> "Learned":
        return Learned(self.title or other.title, self.dated or other.dated, self.language or other.language)


_NOTHING: Final = Learned(None, None, None)


def learn(beginning: str, latest: date, *, title: str | None = None, dated: date | None = None) -> Learned:
    """The file's own word on its day counts before what its text seems to say."""
    language = language_of(beginning)
    return Learned(title, dated or date_of(beginning, language, latest), language)


def first_line(text: str) -> str | None:
    """Of a text without any marks, such as a scan's: where it reads like words, not like a number or a sentence."""
    for line in text.splitlines():
        words = str(one_line(line))
        letters = sum(sign.isalpha() for sign in words)
        if letters >= _SHORTEST_GUESS and letters * 2 >= len(words):
            return words if len(words) <= _LONGEST_GUESS else None
    return None


def note(
    session: Session, document: Document, version: DocumentVersion, learned: Learned, *, besides: bool = False
) -> None:
    """What a reading told of a version; `besides` what an earlier part of the same reading told.

    Of what came from another house nothing is guessed again.
    """
    if steps.has_come_along(session, version.id, steps.FACTS):
        return
    versions = _oldest_first(session, document)
    titles = _machines_titles(versions)
    version.learned = _kept(_of(version).or_else(learned) if besides else learned)
    if document.current_version_id == version.id and _follow(document, versions, titles):
        document.version += 1
        document.changed_at = now(session)


def follow_current(session: Session, document: Document) -> None:
    """Another version is the current one now."""
    versions = _oldest_first(session, document)
    _follow(document, versions, _machines_titles(versions))


def _follow(document: Document, versions: Sequence[DocumentVersion], titles: Collection[str]) -> bool:
    """Where nobody said anything, the current version's word; what it leaves open, that of those before it.

    `settled` names what people said, so that a day which somebody took away stays away.
    """
    before = document.title, document.document_date, document.language
    told = _told_until(versions, document.current_version_id)
    if "title" not in document.settled and document.title in titles:
        document.title = tidy_title(told.title or "") or title_of_file(versions[0].filename)
    if "document_date" not in document.settled:
        document.document_date = told.dated or document.document_date
    document.language = told.language or document.language
    return before != (document.title, document.document_date, document.language)


def _told_until(versions: Sequence[DocumentVersion], current: UUID) -> Learned:
    told = _NOTHING
    for version in versions:
        told = _of(version).or_else(told)
        if version.id == current:
            break
    return told


def _machines_titles(versions: Sequence[DocumentVersion]) -> set[str]:
    """Any other is a person's."""
    files = {title_of_file(version.filename) for version in versions}
    return files | {tidy_title(title) for version in versions if (title := _of(version).title)}


def _oldest_first(session: Session, document: Document) -> Sequence[DocumentVersion]:
    of_it = select(DocumentVersion).where(DocumentVersion.document_id == document.id)
    return session.scalars(of_it.order_by(DocumentVersion.number)).all()


def _kept(learned: Learned) -> dict[str, str | None]:
    return {**asdict(learned), "dated": learned.dated.isoformat() if learned.dated else None}


def _of(version: DocumentVersion) -> Learned:
    kept = version.learned
    if not kept:
        return _NOTHING
    return Learned(kept["title"], date.fromisoformat(kept["dated"]) if kept["dated"] else None, kept["language"])
