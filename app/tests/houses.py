"""Whole houses that commit for real: each with a database and a data folder of its own, and a life in it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from pydantic import SecretStr
from sqlalchemy import text
from tests.conftest import make_settings
from tests.documents import samples

import pretamane
from pretamane.core.actors import OPERATOR
from pretamane.core.jobs import run_due
from pretamane.documents.service import Arrival
from pretamane.wiring import Platform, tasks

AT = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
_NAMES = UUID("0d9ba5a5-8e2f-4d63-9b8c-6b1f6c5a7d10")


def known_id(name: str) -> UUID:
    return uuid5(_NAMES, name)


class House:
    def __init__(self, folder: Path, address: str) -> None:
        folder.mkdir()
        self.folder, self.address = folder, address
        # Settings for its commands, by their names in the environment.
        self.settings: dict[str, str] = {}
        self.platform = Platform.build(make_settings(folder, database_url=SecretStr(address)))

    def do(self, statement: str, **values: object) -> None:
        self.platform.work.run_now(lambda session: session.execute(text(statement), values))

    def ask(self, question: str, **values: object) -> list[Any]:
        return self.platform.work.run_now(
            lambda session: [tuple(row) for row in session.execute(text(question), values)]
        )

    def file(self, name: str, content: bytes, **said: Any) -> UUID:
        archive = self.platform.archive
        with archive.spool.filling(limit=10**9) as filling:
            filling.write(content)
            kept = filling.whole()
            arrival = Arrival(name, "put", identity=known_id(name), **said)
            filed = archive.receiving.file(kept, arrival, OPERATOR, self.platform.work.run_now)
        return filed.document.id

    def do_jobs(self) -> None:
        run_due(tasks(self.platform), self.platform.work, self.platform.clock)

    def command(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "pretamane", *arguments],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(Path(pretamane.__file__).parents[1]),
                "PRETAMANE_DATABASE_URL": self.address,
                "PRETAMANE_DATA_DIR": str(self.folder),
                "PRETAMANE_DISK_RESERVE": "0",
                "PYTHONIOENCODING": "utf-8",
                **self.settings,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        process = self.command(*arguments)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def run_and_kill(self, seconds: float, *arguments: str) -> bool:
        """Whether it was killed before it came to its end."""
        process = self.command(*arguments)
        time.sleep(seconds)
        was_running = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return was_running

    def close(self) -> None:
        self.platform.close()
        self.platform.database.bind.engine.dispose()
        self.platform.rate_limits.windows.bind.engine.dispose()


def furnish(house: House) -> None:
    """Something of everything that a house can hold."""
    _people(house)
    _filing(house)
    _documents(house)
    house.do_jobs()


def _insert(house: House, table: str, **values: object) -> None:
    names = ", ".join(values)
    places = ", ".join(f":{name}" for name in values)
    house.do(f"INSERT INTO {table} ({names}) VALUES ({places})", **values)  # noqa: S608  # words of ours


def _people(house: House) -> None:
    house.do(
        "UPDATE practice SET name = 'Weber & Söhne', language = 'de', recipient = 'office@example.org', "
        "logo = :logo, logo_type = 'image/png', storage_quota = 123456789, changed_at = :at",
        logo=samples.picture("PNG"),
        at=AT,
    )
    for name, role, left in (("Vera", "viewer", None), ("Stefan", "staff", AT), ("Ada", "admin", None)):
        email = f"{name.lower()}@practice.example"
        values = {"id": known_id(name), "email": email, "name": name, "role": role, "made_at": AT, "version": 3}
        values |= {"deactivated_at": left, "password_hash": "never leaves"}  # pragma: allowlist secret  # invented
        _insert(house, "accounts", **values)
    for name, email, merged in (
        ("ada", "ada@example.org", None),
        ('Zoë ./\\:*?"<>| von Ümlaut ' + "lang " * 40, "zoe@example.org", None),
        ("CON", "con@example.org", None),
        ("ada", "ada2@example.org", None),
        ("=1+1", "sum@example.org", known_id("ada")),
    ):
        identity = known_id("ada" if email == "ada@example.org" else email)
        values = {"id": identity, "email": email, "name": name, "made_at": AT, "changed_at": AT, "merged_into": merged}
        _insert(house, "contacts", **values, phone="+49 30 1", company="O’Neill", tags=["vip", "ä"], known_as="Alt")
    _messages(house)


def _messages(house: House) -> None:
    said: dict[str, object] = {
        "name": "Ada",
        "email": "ada@example.org",
        "phone": None,
        "company": None,
        "subject": "A\tB",
    }
    said |= {"message": "Line\nbreak “quoted” 😀", "consented": True, "consent_version": "1", "page": "/contact.html"}
    dates = {"received_at": AT, "changed_at": AT}
    _insert(
        house, "submissions", id=known_id("message"), reference="ABCD-EFGH", contact_id=known_id("ada"), status="open",
        assignee_id=known_id("Ada"), **said, **dates,
    )  # fmt: skip
    _insert(
        house, "submissions", id=known_id("spam"), reference="ABCD-EFGJ", status="spam", spam_reason="a program",
        **said, **dates,
    )  # fmt: skip
    for number, about in enumerate(({"submission_id": known_id("message")}, {"contact_id": known_id("ada")})):
        by = {"author_id": known_id("Ada"), "author_name": "Ada", "made_at": AT, "sent_at": AT if number == 0 else None}
        kind = "answer" if number == 0 else "note"
        _insert(house, "notes", id=known_id(f"note {number}"), kind=kind, text="Noted.", **by, **about)
    _insert(house, "blocked_senders", email="spam@example.net", made_at=AT, blocked_by="Ada")
    _insert(house, "answer_templates", id=known_id("t"), title="Thanks", text="Thank you.", version=2, changed_at=AT)


def _filing(house: House) -> None:
    for name in ("Invoice", "Vertrag"):
        _insert(house, "document_types", id=known_id(name), name=name, is_expected=name == "Invoice", made_at=AT)
    for name in ("urgent", "2024"):
        _insert(house, "tags", id=known_id(name), name=name, made_at=AT)
    rule = {"id": known_id("rule"), "name": "Ten years", "type_id": known_id("Invoice"), "keep_days": 3650}
    rule |= {"counted_from": "document_date", "made_at": AT, "made_by": known_id("Ada"), "version": 4}
    _insert(house, "retention_rules", **rule, in_force_since=AT)


def _documents(house: House) -> None:
    plain = house.file("plain.txt", b"Just a few words.", contact_id=known_id("ada"))
    filed = house.file("invoice.pdf", samples.pdf(), contact_id=known_id("ada"), title="Invoice: May / June?")
    twin = house.file("twin.pdf", samples.pdf(), contact_id=known_id("ada"), title="invoice: may / june?")
    held = house.file("held.docx", samples.docx(), contact_id=known_id("con@example.org"), title="nul")
    trashed = house.file("trashed.txt", b"Away with it.", title="…/../../etc/passwd")
    house.file("scan.png", samples.picture("PNG"), contact_id=known_id("zoe@example.org"))
    house.file("other.txt", b"Hers.", contact_id=known_id("ada2@example.org"), title="Another Ada’s")
    house.file("papers.eml", samples.mail())
    house.file("offer.csv", b"=cmd|' /C calc'!A0,1\n2,3\n")
    house.do_jobs()
    house.do("UPDATE documents SET made_at = :at, changed_at = :at, received_by = :by", at=AT, by=known_id("Ada"))
    house.do("UPDATE document_versions SET made_at = :at, made_by = :by", at=AT, by=known_id("Ada"))
    house.do(
        "UPDATE documents SET type_id = :type, notes = :notes, document_date = :day WHERE id IN (:a, :b)",
        type=known_id("Invoice"), notes="Paid.\n\n=SUM(A1)", day=date(2024, 5, 1), a=filed, b=twin,
    )  # fmt: skip
    house.do("UPDATE documents SET document_date = NULL WHERE id = :id", id=plain)
    for document, tag in ((filed, "urgent"), (filed, "2024"), (held, "2024")):
        _insert(house, "document_tags", document_id=document, tag_id=known_id(tag))
    house.do(
        "UPDATE documents SET is_restricted = true, held_at = :at, held_by = :by, hold_reason = 'A trial.' "
        "WHERE id = :id",
        at=AT, by=known_id("Ada"), id=held,
    )  # fmt: skip
    _insert(house, "document_readers", document_id=held, account_id=known_id("Vera"))
    house.do("UPDATE documents SET trashed_at = :at WHERE id = :id", at=datetime.now(UTC), id=trashed)
    _second_version(house, plain)


def _second_version(house: House, document: UUID) -> None:
    """Of the same bytes as another document's: they are kept once."""
    house.do(
        "INSERT INTO document_versions (id, document_id, number, blob_id, filename, media_type, kind, state, made_at) "
        "SELECT :id, :document, 2, blob_id, 'plain, again.pdf', media_type, kind, 'ready', made_at "
        "FROM document_versions WHERE document_id = :other",
        id=known_id("second version"), document=document, other=known_id("invoice.pdf"),
    )  # fmt: skip
    house.do("UPDATE documents SET current_version_id = :v WHERE id = :id", v=known_id("second version"), id=document)


def contents(export: Path, part: str = "content") -> list[dict[str, Any]]:
    """The manifest's files that another house takes over: all that is compared, and nothing left out."""
    told = json.loads((export / "manifest.json").read_text("utf-8"))
    assert told["missing"] == []
    return [file for file in told["files"] if file["part"] == part]


def files_in(folder: Path) -> Sequence[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
