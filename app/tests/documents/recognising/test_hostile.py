"""All that was made to do harm, sent to a real server in each way: it answers as promised, lives on and stays small."""

import base64
import http.client
import itertools
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

import pytest
from tests.documents.recognising.kinds_of_files import ROWS
from tests.documents.samples import pdf
from tests.documents.server import Answer, Serving
from tests.hostile import everything
from tests.hostile_names import HOSTILE_NAMES

from pretamane.core.errors import AppError
from pretamane.documents.recognising import kinds
from pretamane.documents.recognising.recognition import recognise

T = TypeVar("T")

MORE_MEBIBYTES = 64
LONGER_THAN_A_HEAD = 10_000
BOUNDARY = "----hostile-to-documents"
EXTENSIONS = {kind.media_type: kind.extension for kind in kinds.KINDS}


class Outcome(NamedTuple):
    """What became of a file: its document, or the refusal."""

    status: int
    said: dict[str, Any]

    @property
    def word(self) -> str:
        """As docs/files.md says it."""
        if self.status != 201:
            return "refused"
        current = self.said["current"]
        return "quarantined" if current["state"] == "quarantined" else "marked" if current["marks"] else "taken"


def raw(serving: Serving, name: str, content: bytes) -> Answer:
    query = urlencode({"filename": name}, errors="surrogatepass")
    return serving.ask("PUT", f"/api/v1/documents?{query}", content)


def form(serving: Serving, name: str, content: bytes) -> Answer:
    """As browsers write names."""
    written = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").encode("utf-8", "surrogatepass")
    head = b'--%b\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n\r\n' % (BOUNDARY.encode(), written)
    body = head + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    return serving.ask("POST", "/api/v1/documents", body, Content_Type=f"multipart/form-data; boundary={BOUNDARY}")


def tus(serving: Serving, name: str, content: bytes) -> Answer:
    said = {"Tus_Resumable": "1.0.0", "Upload_Length": str(len(content))}
    named = base64.b64encode(name.encode("utf-8", "surrogatepass")).decode()
    said |= {"Upload_Metadata": f"filename {named}", "Content_Type": "application/offset+octet-stream"}
    answer = serving.ask("POST", "/api/v1/uploads", content, **said)
    return serving.ask("GET", answer[1]["upload-document"]) if "upload-document" in answer[1] else answer


WAYS: dict[str, Callable[[Serving, str, bytes], Answer]] = {"raw": raw, "form": form, "tus": tus}


def sent(serving: Serving, way: str, name: str, content: bytes) -> Outcome:
    status, _, body = WAYS[way](serving, name, content)
    return Outcome(201 if way == "tus" and status == 200 else status, json.loads(body))


def by_their_ways(things: Iterable[T]) -> Iterator[tuple[str, T]]:
    """Each in every way; in a build that runs at each change, the ways take turns."""
    if os.environ.get("CI", "").lower() == "true":
        return zip(itertools.cycle(WAYS), things)
    return ((way, thing) for thing in things for way in WAYS)


def without_a_reason(fates: dict[tuple[str, Any], Outcome]) -> dict[tuple[str, Any], Outcome]:
    """Those that are neither documents nor refused in a sentence."""
    return {each: fate for each, fate in fates.items() if fate.status != 201 and not _says_why(fate)}


def _says_why(outcome: Outcome) -> bool:
    return 400 <= outcome.status < 500 and outcome.said["detail"].endswith((".", "?"))


def promised(way: str, name: str, file: Path) -> int:
    if way == "raw" and not name:
        return 422
    try:
        recognise(file, name)
    except AppError as refusal:
        return refusal.status
    return 201


def mebibytes(process: int, file: str, name: str) -> float:
    lines = Path(f"/proc/{process}/{file}").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024


def at_rest(process: int) -> float:
    return mebibytes(process, "smaps_rollup", "Pss:")


def at_its_peak(process: int) -> float:
    return mebibytes(process, "status", "VmHWM:")


@contextmanager
def staying_small(process: int) -> Iterator[None]:
    """After a first document: what every sender brings along once is not theirs who mean harm."""
    Path(f"/proc/{process}/clear_refs").write_text("5")  # the peak begins again from here
    before, peak = at_rest(process), at_its_peak(process)
    yield
    assert at_rest(process) - before < MORE_MEBIBYTES
    assert at_its_peak(process) - peak < MORE_MEBIBYTES


@pytest.fixture
def serving(tmp_path, database_address) -> Iterator[Serving]:
    served = Serving(tmp_path, database_address)
    assert [sent(served, way, "first.pdf", pdf()).status for way in WAYS] == [201, 201, 201]
    yield served
    served.end()


def assert_unharmed(serving: Serving) -> None:
    assert serving.process.poll() is None, serving.log
    assert "Traceback" not in serving.log
    assert serving.ask("GET", "/api/v1/documents")[0] == 200
    assert list((serving.folder / "spool").iterdir()) == []
    assert list(serving.platform.archive.keeper.verify()) == []


def test_every_kind_of_file_meets_over_http_the_fate_that_is_promised(serving):
    with staying_small(serving.process.pid):
        fates = {(way, row): sent(serving, way, row.name, row.make()) for way in WAYS for row in ROWS}

    assert {(way, row.what): fate.word for (way, row), fate in fates.items() if fate.word != row.outcome} == {}
    assert without_a_reason(fates) == {}
    assert_unharmed(serving)


def test_no_hostile_file_gets_anything_but_a_document_or_a_reason(serving):
    with staying_small(serving.process.pid):
        fates = {
            (way, file.name): sent(serving, way, f"a.{EXTENSIONS[file.media_type]}", file.content)
            for way, file in by_their_ways(everything())
        }

    assert len(fates) >= 400
    assert without_a_reason(fates) == {}
    assert_unharmed(serving)


def test_no_hostile_name_gets_anything_but_a_document_or_a_reason(serving, tmp_path):
    file = tmp_path / "a.pdf"
    file.write_bytes(pdf())
    names = [name for name in HOSTILE_NAMES if len(name) < LONGER_THAN_A_HEAD]
    with staying_small(serving.process.pid):
        fates = {(way, name): sent(serving, way, name, pdf()) for way, name in by_their_ways(names)}

    assert len(names) >= 200
    assert without_a_reason(fates) == {}
    differing = {each: fate.status for each, fate in fates.items() if fate.status != promised(*each, file)}
    assert differing == {}
    assert_unharmed(serving)


def test_a_name_that_is_longer_than_a_requests_head_may_be_does_no_harm(serving):
    for way in WAYS:
        with suppress(OSError, http.client.HTTPException):  # the server closes before it has read all of it
            status = WAYS[way](serving, "a" * LONGER_THAN_A_HEAD * 10, pdf())[0]
            assert status == 201 or 400 <= status < 500  # whether all of the head is read at once is chance

    assert_unharmed(serving)
