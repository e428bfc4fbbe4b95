"""A paperless-ngx export with every field that its document_exporter writes and an import reads, made in a folder."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

from tests.documents import samples

Row = dict[str, Any]
# As the dump has it; nothing of ours ever reads it.
HASHED = {"password": "pbkdf2$never"}  # pragma: allowlist secret  # invented


def row(model: str, pk: int, **fields: Any) -> Row:
    return {"model": model, "pk": pk, "fields": fields}


def document(pk: int, content: bytes, name: str, **fields: Any) -> Row:
    told: Row = {
        "correspondent": None,
        "storage_path": None,
        "title": f"Title {pk}",
        "document_type": None,
        "content": "What OCR had read. " * 50,
        "mime_type": "application/pdf",
        "checksum": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "archive_checksum": None,
        "page_count": 1,
        "created": "2023-05-01",
        "modified": "2023-06-01T10:00:00.123Z",
        "storage_type": "unencrypted",
        "added": "2023-05-02T09:00:00Z",
        "filename": f"000000{pk}.pdf",
        "archive_filename": None,
        "original_filename": name,
        "archive_serial_number": None,
        "owner": None,
        "deleted_at": None,
        "restored_at": None,
        "transaction_id": None,
        "tags": [],
    }
    exported = {"__exported_file_name__": name, "__exported_thumbnail_name__": f"{name}-thumbnail.webp"}
    return {**row("documents.document", pk, **(told | fields)), **exported}


CHOICES = {"select_options": [{"id": "aa11", "label": "Home"}, {"id": "bb22", "label": "Work"}]}
FIELDS = {
    "string": ("value_text", "Reference 7"),
    "url": ("value_url", "https://example.org/7"),
    "date": ("value_date", "2023-07-01"),
    "boolean": ("value_bool", True),
    "integer": ("value_int", 7),
    "float": ("value_float", 1.5),
    "monetary": ("value_monetary", "EUR12.50"),
    "documentlink": ("value_document_ids", [2]),
    "select": ("value_select", "bb22"),
    "longtext": ("value_long_text", "A long\ntext."),
}
_EMPTY = {column: None for column, _ in FIELDS.values()}


def files() -> dict[str, bytes]:
    return {
        "2023-05-01 Invoice.pdf": samples.pdf(),
        "papers/Letter.txt": b"A letter of few words.",
        "Old.docx": samples.docx(),
        "Third.txt": b"In their trash.",
        "Page.html": b"<!DOCTYPE html><html><body>Taken there, not here.</body></html>",
    }


def manifest() -> list[Row]:
    return [*_what_they_are_filed_under(), *_what_means_nothing_here(), *_fields(), *_notes(), *_documents()]


def _what_they_are_filed_under() -> list[Row]:
    return [
        row("documents.correspondent", 1, name="Stadtwerke", match="", matching_algorithm=1, owner=None),
        row("documents.correspondent", 2, name="ada@example.org", match="", owner=None),
        row("documents.tag", 1, name="urgent", color="#a6cee3", is_inbox_tag=False, tn_parent=None),
        row("documents.tag", 2, name="Steuer", color="#ff0000", is_inbox_tag=True, tn_parent=1),
        row("documents.documenttype", 1, name="Invoice", match=""),
    ]


def _what_means_nothing_here() -> list[Row]:
    return [
        row("documents.storagepath", 1, name="By year", path="{{ created_year }}"),
        row("documents.savedview", 1, name="Inbox"),
        row("documents.workflow", 1, name="Sort"),
        row("auth.group", 1, name="family"),
        row("auth.user", 1, username="anna", email="anna@example.org", **HASHED),
        row("guardian.userobjectpermission", 1, permission=1, object_pk="1", user=1),
    ]


def _fields() -> list[Row]:
    """One of each kind, and a value of it."""
    rows = []
    for pk, (kind, (column, value)) in enumerate(FIELDS.items(), 1):
        rows.append(row("documents.customfield", pk, name=f"A {kind}", data_type=kind, extra_data=CHOICES))
        values = {**_EMPTY, column: value, "deleted_at": None}
        rows.append(row("documents.customfieldinstance", pk, document=1, field=pk, **values))
    return rows


def _notes() -> list[Row]:
    return [
        row("documents.note", 1, note="Paid on time.", created="2023-05-04T08:30:00.5Z", document=1, user=1),
        row("documents.note", 2, note="Removed.", created="2023-05-04T08:30:00Z", document=1, user=1, deleted_at="x"),
        row("documents.note", 3, note="By nobody.", created="2023-05-05T08:30:00Z", document=1, user=None),
    ]


def _documents() -> list[Row]:
    named = list(files().items())
    filed = {"correspondent": 1, "document_type": 1, "tags": [1, 2], "storage_path": 1, "owner": 1}
    filed |= {"title": "Invoice of May", "created": "2023-04-30T22:00:00Z", "archive_serial_number": 12}
    invoice = document(1, named[0][1], named[0][0], **filed)
    invoice["__exported_archive_name__"] = "2023-05-01 Invoice-archive.pdf"
    sha256 = hashlib.sha256(named[1][1]).hexdigest()
    return [
        invoice,
        document(2, named[1][1], named[1][0], title="", correspondent=2, checksum=sha256),
        document(3, named[2][1], named[2][0], root_document=1, version_label="draft"),
        document(4, named[3][1], named[3][0], deleted_at="2023-08-01T00:00:00Z"),
        document(5, named[4][1], named[4][0]),
    ]


def write(folder: Path, rows: list[Row], *, is_split: bool = False) -> Path:
    folder.mkdir()
    for name, content in files().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "2023-05-01 Invoice-archive.pdf").write_bytes(samples.pdf(text="An archive version"))
    (folder / "metadata.json").write_text('{"version": "2.20.0"}')
    if is_split:
        rows = _split(folder, rows)
    (folder / "manifest.json").write_text(json.dumps(rows, indent=2, ensure_ascii=False), "utf-8")
    return folder


def _split(folder: Path, rows: list[Row]) -> list[Row]:
    (folder / "json").mkdir()
    for each in [each for each in rows if each["model"] == "documents.document"]:
        about = [other for other in rows if other["fields"].get("document") == each["pk"]]
        (folder / "json" / f"{each['pk']}-manifest.json").write_text(json.dumps([each, *about], indent=2))
    with_own = ("documents.document", "documents.note", "documents.customfieldinstance")
    return [each for each in rows if each["model"] not in with_own]


def zipped(folder: Path, into: Path) -> Path:
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder).as_posix())
    return into
