"""What an export is going to write and how far it has come: in the folder itself, so that any run can go on."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from pretamane.core.errors import CannotStart
from pretamane.system.leaving.names import alike

NAME: Final = ".pretamane-export"
_MADE: Final = """
    CREATE TABLE IF NOT EXISTS ours (path TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS files (
        path TEXT PRIMARY KEY, part TEXT, sha256 TEXT, size INTEGER, key TEXT, document TEXT, version TEXT,
        fate TEXT NOT NULL DEFAULT ''
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS taken (name TEXT PRIMARY KEY, next INTEGER) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS folders (whose TEXT PRIMARY KEY, folder TEXT) WITHOUT ROWID;
"""


_FILES: Final = "SELECT path, part, sha256, size, key, document, version FROM files"


class File(NamedTuple):
    """`part` is “content”, or “house” for what another house does not take over."""

    path: str
    part: str
    sha256: str
    size: int
    key: str | None = None
    document: str | None = None
    version: str | None = None


class Ledger:
    """On the disk and not in memory, however many documents there are."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._rows = sqlite3.connect(place, isolation_level=None, timeout=0)
        try:
            # Held until the end: nobody else exports into this folder meanwhile.
            self._rows.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._rows.execute("PRAGMA synchronous = NORMAL")
            self._rows.execute("BEGIN EXCLUSIVE")
            for statement in filter(str.strip, _MADE.split(";")):
                self._rows.execute(statement)
            self._rows.execute("COMMIT")
        except sqlite3.OperationalError as failure:
            raise CannotStart(f"{place.parent} cannot be exported into just now: {failure}.") from failure
        except sqlite3.DatabaseError as failure:
            raise CannotStart(f"{place} is not what an export leaves: {failure}.") from failure

    def begin_plan(self) -> None:
        """What any run meant to write stays known as ours."""
        self._rows.execute("BEGIN")
        for table in ("files", "taken", "folders"):
            self._rows.execute(f"DELETE FROM {table}")  # noqa: S608  # words of ours

    def end_plan(self) -> None:
        self._rows.execute("INSERT OR IGNORE INTO ours SELECT path FROM files")
        self._rows.execute("COMMIT")

    def add(self, file: File) -> None:
        self._rows.execute(
            "INSERT INTO files (path, part, sha256, size, key, document, version) VALUES (?, ?, ?, ?, ?, ?, ?)", file
        )

    def own(self, paths: Iterable[str]) -> None:
        """Before any of them is written, so that whoever goes on after a crash knows them again."""
        self._rows.execute("BEGIN")
        self._rows.executemany("INSERT OR IGNORE INTO ours VALUES (?)", ((path,) for path in paths))
        self._rows.execute("COMMIT")

    def is_ours(self, path: str) -> bool:
        return self._rows.execute("SELECT 1 FROM ours WHERE path = ?", (path,)).fetchone() is not None

    def is_planned(self, path: str) -> bool:
        return self._rows.execute("SELECT 1 FROM files WHERE path = ?", (path,)).fetchone() is not None

    def free_name(self, stem: str, end: str = "") -> str:
        """The first of its name as it is, others numbered."""
        while True:
            number = self._next(alike(stem + end))
            name = f"{stem}{end}" if number == 1 else f"{stem} ({number}){end}"
            if number == 1 or self._next(alike(name)) == 1:
                return name

    def _next(self, name: str) -> int:
        counted = "INSERT INTO taken VALUES (?, 2) ON CONFLICT (name) DO UPDATE SET next = next + 1 RETURNING next - 1"
        number: int = self._rows.execute(counted, (name,)).fetchall()[0][0]
        return number

    def folder_of(self, whose: str, wanted: str) -> str:
        """The same each time for one contact, and another one for each."""
        found = self._rows.execute("SELECT folder FROM folders WHERE whose = ?", (whose,)).fetchone()
        if found is not None:
            return str(found[0])
        folder = self.free_name(wanted)
        self._rows.execute("INSERT INTO folders VALUES (?, ?)", (whose, folder))
        return folder

    def files(self) -> Iterator[File]:
        """What is there, in the order in which folders are walked: name by name."""
        for row in self._rows.execute(f"{_FILES} WHERE fate = '' ORDER BY replace(path, '/', char(1))"):
            yield File(*row)

    def originals(self) -> Iterator[File]:
        """Those whose bytes are in the store; some at a time, so that each may be noted on the way."""
        after, wanted = "", f"{_FILES} WHERE key IS NOT NULL AND path > ? ORDER BY path LIMIT 500"
        while some := [File(*row) for row in self._rows.execute(wanted, (after,)).fetchall()]:
            yield from some
            after = some[-1].path

    def how_many(self) -> int:
        """Originals."""
        return int(self._rows.execute("SELECT count(key) FROM files").fetchone()[0])

    def note(self, file: File, fate: str) -> None:
        self._rows.execute("UPDATE files SET fate = ? WHERE path = ?", (fate, file.path))

    def faults(self) -> Iterator[tuple[File, str]]:
        wanted = (
            "SELECT fate, path, part, sha256, size, key, document, version FROM files WHERE fate <> '' ORDER BY path"
        )
        for fate, *row in self._rows.execute(wanted):
            yield File(*row), fate

    def close(self) -> None:
        self._rows.close()

    def remove(self) -> None:
        self.close()
        for end in ("", "-journal", "-wal", "-shm"):
            self.place.with_name(self.place.name + end).unlink(missing_ok=True)
