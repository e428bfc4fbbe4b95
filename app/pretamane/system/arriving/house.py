"""Arriving from another house: an export of ours, with ids and times as they were."""

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pretamane.accounts import moving as accounts
from pretamane.contacts import moving as contacts
from pretamane.core import audit
from pretamane.core.actors import OPERATOR
from pretamane.core.errors import AppError, CannotStart
from pretamane.core.moving import AT_ONCE, Row, Unfit, identity, identity_or_none
from pretamane.documents.moving import arriving as documents
from pretamane.practice import moving as practice
from pretamane.system.arriving import folders
from pretamane.system.arriving.bringing import Bringing, NotAsListed, Promised
from pretamane.system.arriving.documents import brought, promised, refuse_unless_it_fits
from pretamane.system.arriving.folders import Unreachable
from pretamane.system.arriving.report import (
    DAMAGED,
    KNOWN,
    MISSING,
    QUARANTINED,
    REFUSED,
    TAKEN,
    WOULD_TAKE,
    Line,
    Report,
)
from pretamane.system.leaving import manifest
from pretamane.system.leaving.folder import Folder
from pretamane.system.leaving.manifest import CONTENT

T = TypeVar("T")
Seen = Callable[[str, int | None, int], None]
# A row of ours is shorter, but for a document with thousands of versions.
_LONGEST_ROW: Final = 64 * 1024 * 1024
_FAULTS: Final = (Unfit, ValueError, KeyError, TypeError, AttributeError)


class Arrival:
    """What is here by its id stays as it is, so that a run that was broken off goes on where it ended."""

    def __init__(self, bringing: Bringing, place: Path, report: Report, seen: Seen) -> None:
        self._bringing, self._work, self._place = bringing, bringing.work, place
        self._report, self._seen = report, seen
        self._accounts: dict[UUID, UUID] = {}
        self._contacts: dict[UUID, UUID] = {}
        self._types: dict[UUID, UUID] = {}
        self._tags: dict[UUID, UUID] = {}
        self._lost: set[str] = set()

    def run(self, *, is_only_looking: bool = False) -> None:
        self._prove_the_tables()
        self._lost = {lost.path for lost in manifest.missing(self._place)}
        if not is_only_looking:
            self._work.run_now(_leave_a_trace)
            self._bring_the_house()
        for some in _in_batches(self._rows("documents")):
            self._bring_documents(some, is_only_looking=is_only_looking)
        if not is_only_looking:
            self._each("documents", self._tie)
        for path in sorted(self._lost):
            self._report.tell(Line(path, MISSING, "The house that it comes from did not have it any more."))

    def _prove_the_tables(self) -> None:
        """Before anything is changed here: a table that is not as it was written is not believed."""
        folder = Folder(self._place)
        for file in manifest.read(self._place):
            is_table = file.part == CONTENT and "/" not in file.path
            if is_table and not folder.has(file.path, file.sha256, file.size):
                raise CannotStart(f"{file.path} is missing or not as it was exported; nothing was taken.")

    def _bring_the_house(self) -> None:
        logo = self._logo()
        self._each("practice", lambda session, row: practice.bring(session, row, logo, OPERATOR))
        self._each("accounts", self._account)
        self._each("contacts", self._contact)
        here = {"contacts": self._contacts, "accounts": self._accounts}
        self._each("messages", partial(_with, contacts.bring_message, here))
        self._each("contact_notes", partial(_with, contacts.bring_note, here))
        self._each("blocked_senders", contacts.bring_blocked_sender)
        self._each("answer_templates", contacts.bring_template)
        self._each("document_types", partial(_named, documents.bring_type, self._types))
        self._each("tags", partial(_named, documents.bring_tag, self._tags))
        self._each("retention_rules", self._rule)

    def _logo(self) -> bytes | None:
        try:
            with folders.opened(self._place, "logo") as file:
                return b"".join(folders.pieces(file))
        except Unreachable:
            return None

    def _account(self, session: Session, row: Row) -> None:
        found, _ = accounts.bring(session, row, OPERATOR)
        _note(self._accounts, identity(row, "id"), found)

    def _contact(self, session: Session, row: Row) -> None:
        found, _ = contacts.bring_contact(session, row, self._contacts)
        _note(self._contacts, identity(row, "id"), found)

    def _rule(self, session: Session, row: Row) -> None:
        type_id, tag_id, made_by = (identity_or_none(row, name) for name in ("type_id", "tag_id", "made_by"))
        here = (_here(type_id, self._types), _here(tag_id, self._tags), _here(made_by, self._accounts))
        documents.bring_rule(session, row, *here)

    def _each(self, name: str, bring: Callable[[Session, Row], object]) -> None:
        """Many in one transaction; one that does not fit is told, and keeps no other from coming."""

        def bring_some(session: Session, some: Sequence[Row]) -> list[Line]:
            return [line for row in some if (line := _tried(session, name, bring, row))]

        for some in _in_batches(self._rows(name)):
            for line in self._work.run_now(bring_some, some):
                self._report.tell(line)
            self._seen(name.replace("_", " ").capitalize(), None, len(some))

    def _tie(self, session: Session, row: Row) -> None:
        mail = identity_or_none(row, "part_of")
        if mail is not None:
            documents.tie_to_its_mail(session, identity(row, "id"), mail)

    def _bring_documents(self, some: Sequence[Row], *, is_only_looking: bool) -> None:
        for row in some:
            refuse_unless_it_fits(row)
        here = self._work.run_now(documents.known, [identity(row, "id") for row in some])
        for row in some:
            if identity(row, "id") in here:
                self._tell(row, KNOWN, "It is here already, and stays as it is.")
            elif is_only_looking:
                self._look(self._as_it_left(row))
            else:
                self._bring(self._as_it_left(row))
            self._seen("Documents", None, 1)

    def _as_it_left(self, row: Row) -> Row:
        """Without older versions that the other house had lost: they keep the rest of it from nothing."""
        current = row["current_version_id"]
        there = [each for each in row["versions"] if each["id"] == current or each["path"] not in self._lost]
        return {**row, "versions": there}

    def _look(self, row: Row) -> None:
        lost = [each["path"] for each in row["versions"] if not self._is_whole(each)]
        self._tell(row, DAMAGED if lost else WOULD_TAKE, f"Missing or damaged: {', '.join(lost)}" if lost else "")

    def _is_whole(self, version: Mapping[str, Any]) -> bool:
        return Folder(self._place).has(version["path"], version["sha256"], version["size"])

    def _bring(self, row: Row) -> None:
        renamed = (self._contacts, self._accounts, self._types, self._tags)
        try:
            came = self._bringing.file(brought(row, *renamed), self._promised(row))
        except Unreachable as refusal:
            self._tell(row, DAMAGED if refusal.is_there else MISSING, refusal.sentence)
        except NotAsListed:
            self._tell(row, DAMAGED, "Its bytes are not those that were exported.")
        except AppError as refusal:
            if refusal.status >= 500:
                raise
            self._tell(row, DAMAGED if refusal.status == 413 else REFUSED, refusal.sentence)
        except (*_FAULTS, IntegrityError) as fault:
            self._tell(row, REFUSED, _sentence(fault))
        else:
            outcome = KNOWN if not came.is_new else QUARANTINED if came.quarantine else TAKEN
            self._tell(row, outcome, came.quarantine or "")

    def _promised(self, row: Row) -> list[Promised]:
        return [promised(self._place, version) for version in row["versions"]]

    def _tell(self, row: Row, outcome: str, sentence: str = "") -> None:
        current = [each["path"] for each in row["versions"] if each["id"] == row["current_version_id"]]
        self._report.tell(Line(current[0] if current else str(row["id"]), outcome, sentence, UUID(row["id"])))

    def _rows(self, name: str) -> Iterator[Row]:
        """As `sheets.write_json` has written them: one a line."""
        with folders.opened(self._place, f"{name}.json") as file:
            yield from _rows_in(file, name)


def _rows_in(file: Any, name: str) -> Iterator[Row]:
    with io.BufferedReader(file) as lines:
        while line := lines.readline(_LONGEST_ROW):
            if line.startswith(b"{"):
                yield _row(line, name)


def _row(line: bytes, name: str) -> Row:
    try:
        row = json.loads(line.rstrip(b"\n").removesuffix(b","))
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise CannotStart(f"{name}.json has a line that is not as Pretamane writes it.")
    return row


def _with(bring: Callable[..., bool], here: Mapping[str, Any], session: Session, row: Row) -> None:
    bring(session, row, **here)


def _named(
    bring: Callable[[Session, Row], tuple[UUID, bool]], renamed: dict[UUID, UUID], session: Session, row: Row
) -> None:
    found, _ = bring(session, row)
    _note(renamed, identity(row, "id"), found)


def _note(renamed: dict[UUID, UUID], there: UUID, here: UUID) -> None:
    """Only where they differ, which is seldom: so few are held in memory."""
    if there != here:
        renamed[there] = here


def _here(there: UUID | None, renamed: Mapping[UUID, UUID]) -> UUID | None:
    return there and renamed.get(there, there)


def _tried(session: Session, name: str, bring: Callable[[Session, Row], object], row: Row) -> Line | None:
    try:
        with session.begin_nested():
            bring(session, row)
    except (*_FAULTS, IntegrityError, AppError) as fault:
        return Line(f"{name}.json", REFUSED, f"{row.get('id', 'a row')}: {_sentence(fault)}")
    return None


def _sentence(fault: Exception) -> str:
    if isinstance(fault, AppError):
        return fault.sentence
    if isinstance(fault, IntegrityError):
        return "It does not fit to what is here."
    return f"It is not as it was written: {fault}."


def _leave_a_trace(session: Session) -> None:
    audit.record(session, OPERATOR, "house.imported")


def _in_batches(rows: Iterator[T]) -> Iterator[list[T]]:
    while some := list(islice(rows, AT_ONCE)):
        yield some
