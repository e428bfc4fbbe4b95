"""What leaves, and under which names: tables as JSON, one row a line, and as CSV for spreadsheets."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from pretamane.accounts import moving as accounts
from pretamane.contacts import moving as contacts
from pretamane.core.audit import AuditEntry, AuditSeal
from pretamane.core.http.tables import MARK, harmless
from pretamane.core.moving import Row, Sheet, plain, sheet, written
from pretamane.documents.moving import leaving as documents
from pretamane.practice import moving as practice
from pretamane.system.leaving.folder import Digesting, Folder
from pretamane.system.leaving.ledger import File, Ledger
from pretamane.system.leaving.manifest import CONTENT, HOUSE

AUDIT: Final = sheet(
    "audit",
    select(
        *(AuditSeal.number.label("seal"), AuditSeal.hash.label("seal_hash"), AuditEntry.id, AuditEntry.made_at),
        *(AuditEntry.account_id, AuditEntry.actor, AuditEntry.key_id, AuditEntry.act, AuditEntry.subject),
        *(AuditEntry.details, AuditEntry.request_id),
    )
    .outerjoin(AuditSeal, AuditSeal.entry_id == AuditEntry.id)
    .order_by(AuditSeal.number, AuditEntry.made_at, AuditEntry.id),
    is_own=True,
)
SHEETS: Final = (
    *(practice.SHEET, accounts.SHEET, *contacts.SHEETS, documents.TYPES, documents.TAGS, documents.RULES),
    *(documents.READINGS, AUDIT),
)
DOCUMENTS: Final = "documents"
VERSIONS: Final = "versions"
LISTS: Final = ("tag_ids", "reader_ids")
DOCUMENT_COLUMNS: Final = (*documents.DOCUMENT, *documents.NAMES, *LISTS)
VERSION_COLUMNS: Final = ("document_id", *documents.VERSION, "path")


def write_sheet(session: Session, each: Sheet, folder: Folder, ledger: Ledger) -> None:
    part = HOUSE if each.is_own else CONTENT
    with folder.writing(f"{each.name}.json") as into:
        write_json(into, (written(row) for row in each.rows(session)))
    ledger.add(File(f"{each.name}.json", part, into.sha256, into.size))
    with folder.writing(f"{each.name}.csv") as table:
        begin_csv(table, each.columns)
        for row in each.rows(session):
            write_csv(table, each.columns, row)
    ledger.add(File(f"{each.name}.csv", part, table.sha256, table.size))


def write_json(into: Digesting, lines: Iterator[str]) -> None:
    into.write(b"[")
    before = "\n"
    for line in lines:
        into.write((before + line).encode())
        before = ",\n"
    into.write(b"\n]\n")


def begin_csv(into: Digesting, columns: Sequence[str]) -> None:
    into.write((MARK + _line(columns)).encode())


def write_csv(into: Digesting, columns: Sequence[str], row: Row) -> None:
    into.write(_line([_cell(row[name]) for name in columns]).encode())


def _cell(value: object) -> str:
    told = plain(value)
    if isinstance(told, dict):
        told = written(told)
    if isinstance(told, bool):
        told = "yes" if told else "no"
    return harmless(told)


def _line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return line.getvalue()
