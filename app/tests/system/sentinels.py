"""Words that nobody else would write, looked for wherever a house keeps anything."""

import gzip
import io
import re
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pretamane.adapters.postgres_binaries import find_binaries

PERSON = {
    "name": "Zqname Xvname",
    "phone": "+49 30 7719 4242",
    "company": "Zqcompany",
    "subject": "Zqsubject",
    "message": "Zqmessage, please.",
    "page": "/zqpage.html",
}
EMAIL, OTHER_EMAIL = "zqaddress@zqdomain.example", "zqother@zqelsewhere.example"
WORDS = {
    **{name: value.strip("/+").split(",")[0] for name, value in PERSON.items()},
    "e-mail": EMAIL,
    "e-mail of one merged into them": OTHER_EMAIL,
    "contact's tag": "zqcontacttag",
    "note on the contact": "zqcontactnote",
    "note on a message": "zqmessagenote",
    "answer": "zqanswer",
    "spam without a contact": "zqspammessage",
    "file's name": "zqfilename",
    "title": "zqtitle",
    "former title": "zqformertitle",
    "document's notes": "zqdocumentnotes",
    "document's tag": "zqdocumenttag",
    "text": "zqtext",
    "text of an office file": "zqofficetext",
    "recognised text": "MOZAMBIQUE",
    "attachment's name": "zqattachment",
    "refused attachment": "zqrefused",
    "upload on its way, its name": "zqunfinished",
    "upload on its way, its bytes": "zquploadedbytes",
    "another version on its way, its name": "zqonto",
    "another version on its way, its bytes": "zqversionsbytes",
    "failure of a job": "zqfailure",
}
HEX = re.compile(rb"\\\\?x([0-9a-f]{8,})")


def dumped(owner_address: str) -> bytes:
    """Every row of every table as PostgreSQL writes it down itself, and what its bytes say."""
    command = [
        str(find_binaries() / "pg_dump"),
        "--data-only",
        "--inserts",
        "--dbname",
        owner_address.replace("+psycopg2", ""),
    ]
    rows = subprocess.run(command, check=True, capture_output=True).stdout
    return rows + b"".join(bytes.fromhex(_even(found[1])) for found in HEX.finditer(rows))


def _even(digits: bytes) -> str:
    return digits[: len(digits) // 2 * 2].decode()


def files_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Also what is packed in them; the database's own files are its own matter (docs/erasure.md)."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            yield str(path.relative_to(folder)), path.name.encode() + b"\n" + content + _unpacked(content)


def _unpacked(content: bytes) -> bytes:
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return b"\n".join(archive.read(name) for name in archive.namelist())
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else b""


@dataclass
class House:
    """Where to look."""

    owner_address: str
    folder: Path
    lines: io.StringIO

    def places(self) -> Iterator[tuple[str, bytes]]:
        yield "database", dumped(self.owner_address)
        yield "log", self.lines.getvalue().encode()
        yield from files_in(self.folder)

    def where(self, words: dict[str, str]) -> dict[str, list[str]]:
        """Of each word, the places that have it, in whatever case."""
        places = [(name, content.lower()) for name, content in self.places()]
        return {
            label: [name for name, content in places if word.lower().encode() in content]
            for label, word in words.items()
        }

    def still_has(self, words: dict[str, str]) -> dict[str, list[str]]:
        return {label: places for label, places in self.where(words).items() if places}
