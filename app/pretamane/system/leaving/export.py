"""Leaving: rows of one moment first, then the bytes, then what is no longer ours, and the manifest at the very end."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from pretamane.core import audit
from pretamane.core.actors import OPERATOR
from pretamane.core.database import Database
from pretamane.core.errors import CannotStart
from pretamane.core.moving import Row, plain
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.documents import queries as document_queries
from pretamane.documents.models import QUARANTINED
from pretamane.documents.moving import leaving as documents
from pretamane.ports import BlobStore
from pretamane.practice import moving as practice
from pretamane.system.leaving import ledger as ledgers
from pretamane.system.leaving import manifest, sheets
from pretamane.system.leaving.folder import Folder
from pretamane.system.leaving.ledger import File, Ledger
from pretamane.system.leaving.manifest import CONTENT
from pretamane.system.leaving.names import LONGEST_FILE, LONGEST_FOLDER, extension, safe
from pretamane.system.leaving.readme import README

NOBODYS: Final = "Without contact"
GONE: Final = "removed"
MISSING: Final = "missing"
DAMAGED: Final = "damaged"

LOGO: Final = "logo"
_OWN: Final = (ledgers.NAME, f"{ledgers.NAME}-journal")
_TABLES: Final = (*(each.name for each in sheets.SHEETS), sheets.DOCUMENTS, sheets.VERSIONS)
# Under these names each export writes, whatever is in the house.
_PATHS: Final = ("README.txt", LOGO, *(f"{name}.{end}" for name in _TABLES for end in ("json", "csv")))

# Called with what is under way, how much of it there is in all, and how much more is done.
Seen = Callable[[str, int, int], None]


class Export:
    def __init__(self, database: Database, store: BlobStore, place: Path, seen: Seen) -> None:
        self._database, self._store, self._seen = database, store, seen
        self._folder = Folder(place)
        prepare(place)
        self._ledger = Ledger(place / ledgers.NAME)

    def run(self) -> list[tuple[File, str]]:
        """What could not be written, and why; the rest is there, whole, and the manifest says so."""
        try:
            self._refuse_what_is_not_ours()
            UnitOfWork(self._database).run_now(_leave_a_trace)
            with self._database.one_moment() as session:
                self._write_rows(session)
            self._remove_what_is_left_over()
            self._copy_originals()
            return self._finish()
        finally:
            self._ledger.close()

    def _refuse_what_is_not_ours(self) -> None:
        """An export that was finished has left its list in place of the ledger."""
        place = self._folder.place
        if manifest.is_one(place):
            self._ledger.own(file.path for file in manifest.read(place))
            self._ledger.own([manifest.NAME])
        for path in self._folder.paths(without=_OWN):
            if not self._ledger.is_ours(path):
                raise CannotStart(f"{place} holds something that is not of an export: {path}. Choose an empty folder.")
        # From here on the folder is under way; a list would claim that it is whole.
        (place / manifest.NAME).unlink(missing_ok=True)

    def _write_rows(self, session: Session) -> None:
        self._ledger.own(_PATHS)
        self._ledger.begin_plan()
        self._write_text("README.txt", README)
        for each in sheets.SHEETS:
            sheets.write_sheet(session, each, self._folder, self._ledger)
            self._seen("Rows", len(sheets.SHEETS) + 1, 1)
        self._write_logo(session)
        self._write_documents(session)
        self._seen("Rows", len(sheets.SHEETS) + 1, 1)
        self._ledger.end_plan()

    def _write_text(self, path: str, text: str) -> None:
        with self._folder.writing(path) as into:
            into.write(text.encode())
        self._ledger.add(File(path, CONTENT, into.sha256, into.size))

    def _write_logo(self, session: Session) -> None:
        if (picture := practice.logo(session)) is not None:
            with self._folder.writing(LOGO) as into:
                into.write(picture)
            self._ledger.add(File(LOGO, CONTENT, into.sha256, into.size))

    def _write_documents(self, session: Session) -> None:
        """The names of files are given on the way, in the order of the documents: so they are the same each time."""
        with self._folder.writing(f"{sheets.DOCUMENTS}.json") as lines:
            sheets.write_json(lines, (self._document(row) for row in documents.documents(session)))
        self._ledger.add(File(f"{sheets.DOCUMENTS}.json", CONTENT, lines.sha256, lines.size))
        written = self._folder.place / f"{sheets.DOCUMENTS}.json"
        with self._folder.writing(f"{sheets.DOCUMENTS}.csv") as table:
            sheets.begin_csv(table, sheets.DOCUMENT_COLUMNS)
            for row in rows_in(written):
                sheets.write_csv(table, sheets.DOCUMENT_COLUMNS, row)
        self._ledger.add(File(f"{sheets.DOCUMENTS}.csv", CONTENT, table.sha256, table.size))
        with self._folder.writing(f"{sheets.VERSIONS}.csv") as table:
            sheets.begin_csv(table, sheets.VERSION_COLUMNS)
            for row in rows_in(written):
                for version in row["versions"]:
                    sheets.write_csv(table, sheets.VERSION_COLUMNS, {"document_id": row["id"], **version})
        self._ledger.add(File(f"{sheets.VERSIONS}.csv", CONTENT, table.sha256, table.size))

    def _document(self, row: Row) -> str:
        told: dict[str, Any] = plain(row)
        folder = self._folder_for(told)
        for version in told["versions"]:
            self._plan(told, version, folder)
        return json.dumps(told, ensure_ascii=False)

    def _folder_for(self, told: dict[str, Any]) -> str:
        if told["contact_id"] is None:
            return self._ledger.folder_of("", NOBODYS)
        return self._ledger.folder_of(told["contact_id"], safe(told["contact_name"], "Nameless", LONGEST_FOLDER))

    def _plan(self, told: dict[str, Any], version: dict[str, Any], folder: str) -> None:
        key, is_kept_back = version.pop("key"), version.pop("state") == QUARANTINED
        top = "quarantine" if is_kept_back else "trash" if told["trashed_at"] else "documents"
        if told["is_restricted"] and top == "documents":
            top = "restricted"
        end = f".{extension(version['filename'], 'file')}"
        if version["id"] != told["current_version_id"]:
            end = f" (version {version['number']}){end}"
        day = told["document_date"] or told["made_at"][:10]
        stem = f"{top}/{folder}/{day} {safe(told['title'], 'Untitled', LONGEST_FILE)}"
        version["path"] = self._ledger.free_name(stem, end)
        proof = (version["sha256"], version["size"])
        self._ledger.add(File(version["path"], CONTENT, *proof, key, told["id"], version["id"]))

    def _copy_originals(self) -> None:
        """No connection is held while bytes travel. What is whole already is read, not copied."""
        count = self._ledger.how_many()
        for file in self._ledger.originals():
            if not self._folder.has(file.path, file.sha256, file.size) and (fate := self._copy(file)):
                self._ledger.note(file, fate)
                self._folder.remove(file.path)
            self._seen("Originals", count, 1)

    def _copy(self, file: File) -> str | None:
        with ExitStack() as reading:
            try:
                pieces = reading.enter_context(self._store.read(str(file.key)))
            except FileNotFoundError:
                return self._why_it_is_not_there(file)
            with self._folder.writing(file.path) as into:
                for piece in pieces:
                    into.write(piece)
        return None if (into.sha256, into.size) == (file.sha256, file.size) else DAMAGED

    def _why_it_is_not_there(self, file: File) -> str:
        is_there = UnitOfWork(self._database).run_now(document_queries.has_bytes, str(file.key))
        return MISSING if is_there else GONE

    def _remove_what_is_left_over(self) -> None:
        """Before anything is copied: some disks take names for one that differ in their case alone."""
        for path in self._folder.paths(without=_OWN):
            if not self._ledger.is_planned(path):
                self._folder.remove(path)

    def _finish(self) -> list[tuple[File, str]]:
        with self._folder.writing(manifest.NAME) as into:
            manifest.write(self._ledger, into)
        self._folder.make_durable()
        faults = list(self._ledger.faults())
        self._ledger.remove()
        return faults


def _leave_a_trace(session: Session) -> None:
    audit.record(session, OPERATOR, "house.exported")


def rows_in(file: Path) -> Iterator[dict[str, Any]]:
    """What `sheets.write_json` has written."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("{"):
                yield json.loads(line.rstrip("\n").removesuffix(","))


def prepare(place: Path) -> None:
    """Nobody but its owner looks into a folder that is made here."""
    if place.is_dir():
        is_export = (place / ledgers.NAME).exists() or manifest.is_one(place)
        if not is_export and any(Folder(place).paths()):
            raise CannotStart(f"{place} is not empty and holds no export. Choose an empty folder.")
        if not os.access(place, os.W_OK | os.X_OK):
            raise CannotStart(f"Nothing can be written to {place}.")
        return
    if place.exists() or place.is_symlink():
        raise CannotStart(f"{place} is no folder.")
    try:
        place.mkdir(mode=0o700, parents=True)
    except OSError as failure:
        raise CannotStart(f"{place} cannot be made: {failure.strerror}.") from failure
