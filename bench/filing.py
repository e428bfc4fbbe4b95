"""Living with a thousand documents, and with a hundred thousand: `python -m bench filing` measures it alone."""

import hashlib
import http.client
import itertools
import json
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from starlette.testclient import TestClient

from bench.house import House, house
from bench.lists import FEW, MANY, Timed, furnished, in_turn
from pretamane import wiring
from pretamane.core.clock import SystemClock
from pretamane.core.ids import new_id
from pretamane.documents.models import READY, Blob, Document, DocumentVersion
from pretamane.documents.stored import keys
from pretamane.settings import Settings

CHOSEN, BULK_ROUNDS, UPLOADS = 1_000, 30, 100
ZIP_FILES, ZIP_BYTES_EACH = 160, 64 * 2**20
MAY_GROW = 16

_LISTS = {
    "documents": "/api/v1/documents",
    "the page of documents": "/app/documents",
    "documents of a contact": f"/api/v1/documents?contact_id={UUID('00000000-0000-7000-8000-000000000007')}",
    "documents of a type": f"/api/v1/documents?type_id={UUID('00000000-0000-7000-8004-000000000003')}",
    "documents with a tag that half have": "/api/v1/documents?tag=common",
    "documents with a tag that fifty have": "/api/v1/documents?tag=rare",
    "documents with both": "/api/v1/documents?tag=rare&tag=common",
    "documents, a word of the title that half have": "/api/v1/documents?title=letter",
    "documents, a word of the title that fifty have": "/api/v1/documents?title=lease",
    "documents that failed": "/api/v1/documents?state=failed",
    "documents of a quarter": "/api/v1/documents?dated_from=2022-01-01&dated_to=2022-03-31",
    "documents received in a quarter": "/api/v1/documents?received_from=2022-01-01&received_to=2022-03-31",
    "one document": f"/api/v1/documents/{UUID('00000000-0000-7000-8002-000000000777')}",
    "the page of one document": f"/app/documents/{UUID('00000000-0000-7000-8002-000000000777')}",
}

# A contact has twenty documents in either house, and of what is rare there are fifty; they came over four years.
_FURNISH = (
    """
    INSERT INTO contacts (id, email, name, made_at)
    SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'visitor' || n || '@example.org',
        'Visitor ' || n, timestamptz '2020-01-01' + n * interval '1 minute'
    FROM generate_series(0, :rows / 20) AS n
    """,
    """
    INSERT INTO document_types (id, name, made_at)
    SELECT ('00000000-0000-7000-8004-' || lpad(n::text, 12, '0'))::uuid, 'Type ' || n, timestamptz '2020-01-01'
    FROM generate_series(0, 9) AS n
    """,
    """
    INSERT INTO tags (id, name, made_at)
    SELECT ('00000000-0000-7000-8005-' || lpad(n::text, 12, '0'))::uuid, CASE n WHEN 1 THEN 'common' ELSE 'rare' END,
        timestamptz '2020-01-01' FROM generate_series(1, 2) AS n
    """,
    """
    INSERT INTO blobs (id, key, sha256, size, made_at)
    SELECT ('00000000-0000-7000-8001-' || lpad(n::text, 12, '0'))::uuid, 'key ' || n, sha256(n::text::bytea), n,
        timestamptz '2020-01-01' FROM generate_series(1, :rows) AS n
    """,
    """
    WITH filed AS (INSERT INTO documents
        (id, title, contact_id, type_id, document_date, current_version_id, made_at, changed_at, trashed_at)
    SELECT ('00000000-0000-7000-8002-' || lpad(n::text, 12, '0'))::uuid,
        CASE WHEN n % 2 = 0 THEN 'Letter ' ELSE 'Invoice ' END
            || CASE WHEN n % (:rows / 50) = 0 THEN 'lease ' ELSE '' END || n,
        ('00000000-0000-7000-8000-' || lpad((n % (:rows / 20))::text, 12, '0'))::uuid,
        ('00000000-0000-7000-8004-' || lpad((n % 10)::text, 12, '0'))::uuid,
        date '2020-01-01' + (n * 1461::bigint / :rows)::int,
        ('00000000-0000-7000-8003-' || lpad(n::text, 12, '0'))::uuid,
        timestamptz '2020-01-01' + n * (interval '1461 days' / :rows), timestamptz '2024-01-01',
        CASE WHEN n % 50 = 1 THEN timestamptz '2024-02-01' END
    FROM generate_series(1, :rows) AS n)
    INSERT INTO document_versions
        (id, document_id, number, blob_id, filename, media_type, kind, state, reason, page_count, made_at)
    SELECT ('00000000-0000-7000-8003-' || lpad(n::text, 12, '0'))::uuid,
        ('00000000-0000-7000-8002-' || lpad(n::text, 12, '0'))::uuid, 1,
        ('00000000-0000-7000-8001-' || lpad(n::text, 12, '0'))::uuid, n || '.pdf', 'application/pdf', 'pdf',
        CASE WHEN n % (:rows / 50) = 0 THEN 'failed' ELSE 'ready' END,
        CASE WHEN n % (:rows / 50) = 0 THEN 'It is damaged.' END, 1,
        timestamptz '2020-01-01' + n * (interval '1461 days' / :rows)
    FROM generate_series(1, :rows) AS n
    """,
    """
    INSERT INTO document_tags (document_id, tag_id)
    SELECT ('00000000-0000-7000-8002-' || lpad(n::text, 12, '0'))::uuid, '00000000-0000-7000-8005-000000000001'::uuid
    FROM generate_series(2, :rows, 2) AS n
    UNION ALL
    SELECT ('00000000-0000-7000-8002-' || lpad(n::text, 12, '0'))::uuid, '00000000-0000-7000-8005-000000000002'::uuid
    FROM generate_series(:rows / 50, :rows, :rows / 50) AS n
    """,
    "VACUUM ANALYZE contacts, document_types, tags, blobs, documents, document_versions, document_tags",
)

Row = tuple[str, str, str]
_numbers = itertools.count()


def rows() -> list[Row]:
    """The lines of the table of results."""
    with TemporaryDirectory(prefix="pretamane-filing-") as name:
        timed = [each.row(what) for what, each in _measured(Path(name)).items()]
    with TemporaryDirectory(prefix="pretamane-zip-") as name:
        return [*timed, _of_a_large_zip(Path(name))]


def _measured(folder: Path) -> Mapping[str, Timed]:
    settings = Settings.model_validate({"data_dir": folder, "signing_key": "x" * 48, "log_level": "error"})
    with ExitStack() as opened:
        own = opened.enter_context(wiring.OwnPostgres(settings, SystemClock()))
        few = opened.enter_context(furnished(own.settings, "few", FEW, _FURNISH))
        many = opened.enter_context(furnished(own.settings, "many", MANY, _FURNISH))
        for client in (few, many):
            client.headers["Sec-Fetch-Site"] = "same-origin"
        asked = {what: in_turn(few, many, partial(_list, address)) for what, address in _LISTS.items()}
        changed = in_turn(few, many, _file_a_thousand, BULK_ROUNDS)
        return {**asked, "filing 1,000 at once": changed, "an upload": in_turn(few, many, _upload, UPLOADS)}


def _list(address: str, client: TestClient) -> float:
    return _timed(lambda: client.get(address).raise_for_status())


def _file_a_thousand(client: TestClient) -> float:
    """Another day each time, so that every one of them is changed."""
    chosen = [f"00000000-0000-7000-8002-{number:012}" for number in range(1, CHOSEN + 1)]
    day = date(2019, 1, 1) + timedelta(days=next(_numbers))
    wanted = {"documents": chosen, "values": {"document_date": day.isoformat()}}
    return _timed(lambda: client.post("/api/v1/documents/bulk", json=wanted).raise_for_status())


def _upload(client: TestClient) -> float:
    content = f"Words that nobody has sent before: {next(_numbers)}".encode()
    return _timed(lambda: client.put("/api/v1/documents?filename=a.txt", content=content).raise_for_status())


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _of_a_large_zip(folder: Path) -> Row:
    with house(folder) as built:
        ids = _plant(built)
        _take(built, ids[:1])
        before = _mebibytes(built.web, "VmRSS")
        Path(f"/proc/{built.web}/clear_refs").write_text("5", encoding="ascii")  # now becomes the most that it took
        started = time.perf_counter()
        size = _take(built, ids)
        took = time.perf_counter() - started
        grown = _mebibytes(built.web, "VmHWM") - before
    what = f"the web process grows while it sends a ZIP of {size / 2**30:.0f} GiB, MiB"
    return what, f"{grown:.0f} ({size / 2**20 / took:.0f} MiB/s)", f"{MAY_GROW}"


def _plant(built: House) -> list[UUID]:
    """Many documents of the same zeros, which take no room on the disk and are read like all others."""
    platform = wiring.Platform.build(built.settings)
    file, digest, at = built.settings.data_dir / "zeros", hashlib.sha256(b"zeros").digest(), platform.clock.now()
    with file.open("wb") as made:
        made.truncate(ZIP_BYTES_EACH)
    blob = Blob(id=new_id(), key=keys.new_key(digest, at), sha256=digest, size=ZIP_BYTES_EACH, made_at=at)
    platform.archive.store.keep(blob.key, file)
    ids = [new_id() for _ in range(ZIP_FILES)]
    with platform.database.transaction() as session:
        session.add(blob)
        session.flush()
        for each in ids:
            version = DocumentVersion(id=new_id(), document_id=each, number=1, blob_id=blob.id, filename="zeros.txt")
            version.media_type, version.kind, version.state, version.made_at = "text/plain", "text", READY, at
            document = Document(id=each, title="zeros", current_version_id=version.id, made_at=at, changed_at=at)
            session.add_all((document, version))
    return ids


def _take(built: House, ids: list[UUID]) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", built.port, timeout=600)) as connection:
        headers = {"Authorization": f"Bearer {built.key}", "Content-Type": "application/json"}
        chosen = json.dumps({"ids": [str(each) for each in ids]})
        connection.request("POST", "/api/v1/documents/zip", chosen, headers)
        answer, size = connection.getresponse(), 0
        while piece := answer.read(2**20):
            size += len(piece)
    return size


def _mebibytes(process: int, name: str) -> float:
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


if __name__ == "__main__":
    for line in rows():
        print("| " + " | ".join(line) + " |")
