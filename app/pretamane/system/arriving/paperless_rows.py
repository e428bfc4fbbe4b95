"""The rows of a paperless-ngx export: on the disk and not in memory, and found again by what they are about."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

DOCUMENT: Final = "documents.document"
CORRESPONDENT: Final = "documents.correspondent"
TYPE: Final = "documents.documenttype"
TAG: Final = "documents.tag"
NOTE: Final = "documents.note"
FIELD: Final = "documents.customfield"
VALUE: Final = "documents.customfieldinstance"
USER: Final = "auth.user"

Fields = dict[str, Any]


class Rows:
    def __init__(self, place: Path) -> None:
        self._rows = sqlite3.connect(place, isolation_level=None)
        self._rows.executescript("""
            PRAGMA journal_mode = OFF;
            PRAGMA synchronous = OFF;
            CREATE TABLE kept (model TEXT, pk TEXT, document TEXT, told TEXT, PRIMARY KEY (model, pk)) WITHOUT ROWID;
            CREATE INDEX about ON kept (model, document);
            BEGIN;
        """)

    def keep(self, row: Fields) -> None:
        """Without the text that was read from it: it is read anew."""
        model, pk, fields = row.get("model"), row.get("pk"), row.get("fields")
        if not isinstance(model, str) or not isinstance(fields, dict):
            return
        fields.pop("content", None)
        document = str(fields["document"]) if isinstance(fields.get("document"), int) else None
        values = (model, str(pk), document, json.dumps(row))
        self._rows.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)", values)

    def documents(self) -> Iterator[Fields]:
        return self._read("model = ? ORDER BY CAST(pk AS INTEGER)", DOCUMENT)

    def one(self, model: str, pk: object) -> Fields:
        """Its fields; none of what is not there."""
        found = next(self._read("model = ? AND pk = ?", model, str(pk)), {})
        fields: Fields = found.get("fields", {})
        return fields

    def about(self, model: str, document: object) -> Iterator[Fields]:
        for row in self._read("model = ? AND document = ? ORDER BY CAST(pk AS INTEGER)", model, str(document)):
            yield row["fields"]

    def counts(self) -> dict[str, int]:
        return dict(self._rows.execute("SELECT model, count(*) FROM kept GROUP BY model ORDER BY model"))

    def _read(self, which: str, *values: str) -> Iterator[Fields]:
        wanted = f"SELECT told FROM kept WHERE {which}"  # noqa: S608  # words of ours
        for (told,) in self._rows.execute(wanted, values):
            yield json.loads(told)

    def close(self) -> None:
        self._rows.close()
