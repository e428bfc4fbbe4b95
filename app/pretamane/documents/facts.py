"""What a document is about, as far as machines can tell; never against what a person said."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from pretamane.core.database import now
from pretamane.core.texts import one_line
from pretamane.documents import steps
from pretamane.documents.dates import date_of
from pretamane.documents.languages import language_of
from pretamane.documents.models import Document, DocumentVersion
from pretamane.documents.service import LONGEST_TITLE, title_of_file

_LONGEST_GUESS: Final = 120
_SHORTEST_GUESS: Final = 3


@dataclass(frozen=True)
class Learned:
    title: str | None
    dated: date | None
    language: str | None


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


def note(session: Session, document: Document, version: DocumentVersion, learned: Learned) -> None:
    """Where nobody said anything: a title that still is the file's name, a day and a language that are not known."""
    if document.current_version_id != version.id or steps.has_come_along(session, version.id, steps.FACTS):
        return
    before = document.title, document.document_date, document.language
    if learned.title and document.title == title_of_file(version.filename):
        document.title = str(one_line(learned.title))[:LONGEST_TITLE].strip() or document.title
    document.document_date = document.document_date or learned.dated
    document.language = document.language or learned.language
    if before != (document.title, document.document_date, document.language):
        document.version += 1
        document.changed_at = now(session)
