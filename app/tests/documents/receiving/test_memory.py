"""However much travels, the web process grows by a few pieces of it and no more."""

import hashlib
import http.client
import json
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.documents.server import WITHIN, Serving

from pretamane.core.ids import new_id
from pretamane.documents.models import READY, Blob, Document, DocumentVersion
from pretamane.documents.stored import keys

GIB, MIB = 2**30, 2**20
GROWS_AT_MOST = 16 * MIB
PARTS = 16

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how large a process has been")


@pytest.fixture
def served(database_address, tmp_path):
    serving = Serving(tmp_path, database_address)
    yield serving
    serving.end()


def plant(served, size, times=1):
    """Documents of so many zeros, which take no room on the disk and are read like all others."""
    file, digest = served.folder / f"{size} zeros", hashlib.sha256(str(size).encode()).digest()
    with file.open("wb") as made:
        made.truncate(size)
    at = served.platform.clock.now()
    blob = Blob(id=new_id(), key=keys.new_key(digest, at), sha256=digest, size=size, made_at=at)
    served.platform.archive.store.keep(blob.key, file)
    ids = [new_id() for _ in range(times)]
    with served.platform.database.transaction() as session:
        session.add(blob)
        session.flush()
        for each in ids:
            version = DocumentVersion(id=new_id(), document_id=each, number=1, blob_id=blob.id, filename="zeros.txt")
            version.media_type, version.kind, version.state, version.made_at = "text/plain", "text", READY, at
            document = Document(id=each, title="zeros", current_version_id=version.id, made_at=at, changed_at=at)
            session.add_all((document, version))
    return ids


def bytes_that_come(served, method, path, body=None, **headers):
    """How many, and the last of them; none are kept."""
    with closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=WITHIN)) as connection:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Authorization": f"Bearer {served.key}", **named})
        answer = connection.getresponse()
        count, last = 0, b""
        while piece := answer.read(MIB):
            count, last = count + len(piece), piece
        return answer.status, count, last


def grows_by(served, work):
    """From now until the most that it takes meanwhile."""
    process = Path(f"/proc/{served.process.pid}")
    (process / "clear_refs").write_text("5")  # what it takes now becomes the most
    before = _kibibytes(process, "VmRSS")
    outcome = work()
    return outcome, (_kibibytes(process, "VmHWM") - before) * 1024


def _kibibytes(process, name):
    lines = (process / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def address_of(served, document):
    status, headers, _ = served.ask("GET", f"/api/v1/documents/{document}/file")
    assert status == 303
    return headers["location"]


@pytest.mark.parametrize("asked", [{}, {"Range": f"bytes=1-{GIB - 1}"}], ids=["whole", "a range of it"])
def test_a_long_download_does_not_grow_the_web_process(served, asked):
    [large], [small] = plant(served, GIB), plant(served, MIB)
    bytes_that_come(served, "GET", address_of(served, small), Range="bytes=1-9")
    address = address_of(served, large)

    (status, count, _), grown = grows_by(served, lambda: bytes_that_come(served, "GET", address, **asked))

    assert (status, count) == ((206, GIB - 1) if asked else (200, GIB))
    assert grown < GROWS_AT_MOST


def test_a_zip_of_a_gigabyte_does_not_grow_the_web_process(served):
    ids, small = plant(served, GIB // PARTS, PARTS), plant(served, MIB)

    def take(wanted):
        chosen = json.dumps({"ids": [str(each) for each in wanted]})
        return bytes_that_come(served, "POST", "/api/v1/documents/zip", chosen, Content_Type="application/json")

    take(small)
    (status, count, last), grown = grows_by(served, lambda: take(ids))

    assert status == 200
    assert count > GIB
    assert last.rfind(b"PK\5\6") == len(last) - 22
    assert grown < GROWS_AT_MOST


def test_a_zip_whose_bytes_fail_midway_is_cut_off(served):
    """A blob that is shorter than its row says, as a damaged disk leaves it."""
    [whole], [short] = plant(served, MIB), plant(served, 2 * MIB)
    for blob in served.platform.archive.store.kept():
        if blob.size == 2 * MIB:
            path = served.folder / "blobs" / blob.key
            path.chmod(0o600)
            with path.open("r+b") as damaged:
                damaged.truncate(MIB)
    chosen = json.dumps({"ids": [str(whole), str(short)]})

    with pytest.raises(http.client.IncompleteRead):
        bytes_that_come(served, "POST", "/api/v1/documents/zip", chosen, Content_Type="application/json")

    assert "a ZIP was broken off after 1 entries" in served.log
