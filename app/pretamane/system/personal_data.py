"""Everything about one contact, as a ZIP that is written while it is read: neither a file nor a memory full of it.

Each kind of thing comes in parts of so many rows, in three spellings: for people, for spreadsheets, for programs.
"""

import csv
import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from pretamane.contacts import erasing, personal
from pretamane.contacts.erasing import Person
from pretamane.contacts.exports import harmless
from pretamane.core import audit
from pretamane.core.actors import Actor
from pretamane.core.database import now
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.core.zip_names import Names
from pretamane.core.zip_stream import Entry, stream
from pretamane.documents.moving import personal as documents
from pretamane.documents.moving.personal import Original
from pretamane.notifications import queries as notifications
from pretamane.ports import BlobStore
from pretamane.practice import queries as practice
from pretamane.web import render

ROWS: Final = 200
AUDIT: Final = ("made_at", "act")
TAKEN: Final = "contact.personal-data-taken"
_NO_ID: Final = UUID(int=0)
_HARMFUL: Final = "the file is in quarantine, because it may do harm"
_MISSING: Final = "its bytes are missing from where the practice keeps them"
_log = logging.getLogger("pretamane.system")

Row = Mapping[str, Any]
Read = Callable[[Session, UUID, int], Sequence[tuple[UUID, Row]]]


@dataclass(frozen=True)
class Asked:
    """Whose data, who asked for it and when, and what they are told of what is not in it."""

    person: Person
    facts: Sequence[Row]
    by: Actor
    at: datetime
    zone: str
    practice: str
    left_out: int
    thanked_at: datetime | None


def begin(session: Session, contact_id: UUID, by: Actor) -> Asked:
    """Audited before the first byte leaves, with numbers and no names."""
    person, ours = erasing.person(session, contact_id), practice.current(session)
    left_out = documents.count_left_out(session, person.contacts, by)
    audit.record(session, by, TAKEN, contact_id, messages=len(person.messages), left_out=left_out)
    return Asked(
        person,
        personal.facts(session, person),
        by,
        now(session),
        ours.time_zone,
        ours.name,
        left_out,
        notifications.thanked_at(session, person.contacts),
    )


@dataclass
class PersonalData:
    work: UnitOfWork
    store: BlobStore
    asked: Asked
    _names: Names = field(default_factory=Names)
    _parts: list[tuple[str, str, int]] = field(default_factory=list)
    # Titles, each with the reason.
    _withheld: list[tuple[str, str]] = field(default_factory=list)

    def zip(self) -> Iterator[bytes]:
        return stream(self._entries())

    def _entries(self) -> Iterator[Entry]:
        """What people look at first is written last, for it names all the others."""
        person, by = self.asked.person, self.asked.by
        yield from self._rows("messages", personal.MESSAGE, partial(_of_person, personal.messages, person))
        yield from self._rows("notes and answers", personal.NOTE, partial(_of_person, personal.notes, person))
        yield from self._rows("mails sent", personal.MAIL, partial(_of_person, personal.mails, person))
        yield from self._documents()
        yield from self._rows("what was done", AUDIT, partial(_acts, self._subjects(person, by)))
        yield self._text("contact.json", _as_json(self.asked.facts))
        yield self._text("index.html", self._index())

    def _rows(self, name: str, columns: Sequence[str], read: Read) -> Iterator[Entry]:
        after, part = _NO_ID, 0
        while rows := self.work.run_now(read, after, ROWS):
            after, part = rows[-1][0], part + 1
            yield from self._part(name, part, columns, [row for _, row in rows])

    def _part(self, name: str, part: int, columns: Sequence[str], rows: Sequence[Row]) -> Iterator[Entry]:
        called = name if part == 1 else f"{name} {part}"
        self._parts.append((name, called, len(rows)))
        yield self._text(f"{called}.html", self._page(called.capitalize(), columns, rows))
        yield self._text(f"{called}.csv", _as_csv(columns, rows))
        yield self._text(f"{called}.json", _as_json(rows))

    def _documents(self) -> Iterator[Entry]:
        """The originals of a part, then what is known of them."""
        after, part = _NO_ID, 0
        read = partial(_originals, self.asked.person, self.asked.by)
        while some := self.work.run_now(read, after, ROWS):
            after, part, rows = some[-1].id, part + 1, list[Row]()
            for original in some:
                place = None
                with ExitStack() as reading:
                    if (pieces := self._opened(original, reading)) is not None:
                        place = self._names.free(f"documents/{_called(original)}")
                        yield Entry(place, original.size, original.made_at, partial(iter, pieces))
                rows.append({**original.row, "file": place})
            yield from self._part("documents", part, documents.DOCUMENT, rows)

    def _opened(self, original: Original, reading: ExitStack) -> Iterator[bytes] | None:
        """Whether its bytes are there is known before the ZIP promises them."""
        if original.is_withheld:
            self._withheld.append((original.title, _HARMFUL))
            return None
        try:
            return reading.enter_context(self.store.read(original.key))
        except FileNotFoundError:
            _log.error("the bytes of a document are missing", extra={"version": str(original.id)})  # it says all
            self._withheld.append((original.title, _MISSING))
            return None

    def _subjects(self, person: Person, by: Actor) -> Sequence[UUID]:
        return [*person.ids, *self.work.run_now(documents.ids_of, person.contacts, by)]

    def _text(self, name: str, content: str) -> Entry:
        encoded = content.encode("utf-8", "replace")
        return Entry(name, len(encoded), self.asked.at, lambda: [encoded])

    def _page(self, title: str, columns: Sequence[str], rows: Sequence[Row]) -> str:
        template = render.templates().get_template("system/personal_rows.html")
        return template.render(title=title, columns=columns, rows=rows, asked=self.asked)

    def _index(self) -> str:
        template = render.templates().get_template("system/personal_index.html")
        return template.render(asked=self.asked, parts=self._parts, withheld=self._withheld)


def _of_person(read: Callable[..., Any], person: Person, session: Session, after: UUID, limit: int) -> Any:
    return read(session, person, after, limit)


def _originals(person: Person, by: Actor, session: Session, after: UUID, limit: int) -> Sequence[Original]:
    return documents.originals(session, person.contacts, by, after, limit)


def _acts(subjects: Sequence[UUID], session: Session, after: UUID, limit: int) -> Sequence[tuple[UUID, Row]]:
    """Acts and times; who did it is about somebody else."""
    entries = audit.about(session, subjects, after, limit)
    return [(each.id, {"made_at": each.made_at, "act": each.act}) for each in entries]


def _called(original: Original) -> str:
    """By its day and its title, with the ending of its file; an older version says which it is."""
    ending, dated = PurePath(original.filename).suffix, original.row["document_date"]
    stem = f"{f'{dated} ' if dated else ''}{original.title.removesuffix(ending) or 'Untitled'}"
    return f"{stem}{'' if original.is_current else f' (version {original.number})'}{ending}".replace("/", "_")


def _as_json(rows: Sequence[Row]) -> str:
    return json.dumps([dict(row) for row in rows], default=_spelled, ensure_ascii=False, indent=2)


def _spelled(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _as_csv(columns: Sequence[str], rows: Sequence[Row]) -> str:
    lines = io.StringIO()
    writer = csv.writer(lines, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([harmless(row[name]) for name in columns] for row in rows)
    return "\ufeff" + lines.getvalue()
