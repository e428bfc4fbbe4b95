"""Documents through the real worker, against pypdfium2 and Tesseract by themselves in the same run."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

from bench import corpus
from bench.house import House, house, peak_mebibytes, worker
from pretamane import wiring

PROCESSES = 2
PATIENCE_SECONDS = 1800.0
_LOOK_SECONDS = 0.2
_PAGES_READ = "SELECT count(*) FROM document_pages WHERE text <> ''"
_THUMBNAILS = "SELECT count(*) FROM document_steps WHERE step = 'thumbnail' AND state = 'done'"


@dataclass(frozen=True)
class Ingest:
    """Seconds each, for the same documents."""

    text: float
    bare: float
    thumbnails: float
    peak_of_web: float
    peak_of_worker: float


def ingest(folder: Path) -> Ingest:
    files = corpus.make_pdfs(folder / "pdfs")
    bare = _seconds_of_bare(files)
    with house(folder / "ingest") as built, closing(_Looking(built)) as looking:
        _send(built, files)
        started = time.perf_counter()
        with worker(built) as working:
            text_took = _until(looking, _PAGES_READ, corpus.PDFS * corpus.PAGES, started)
            thumbnails = _until(looking, _THUMBNAILS, corpus.PDFS, started) - text_took
            peaks = peak_mebibytes(built.web), peak_mebibytes(working.pid)
    return Ingest(text_took, (bare + _seconds_of_bare(files)) / 2, thumbnails, *peaks)


def _seconds_of_bare(files: Sequence[Path]) -> float:
    """Before and after ours, so that a machine that gets slower is slower for both."""
    started = time.perf_counter()
    shares = [[str(file) for file in files[turn::PROCESSES]] for turn in range(PROCESSES)]
    reading = [
        subprocess.Popen([sys.executable, "-m", "bench.corpus", *share], stdout=subprocess.DEVNULL) for share in shares
    ]
    if {process.wait() for process in reading} != {0}:
        sys.exit("pypdfium2 by itself could not read the corpus")
    return time.perf_counter() - started


@dataclass(frozen=True)
class Ocr:
    ours: float
    bare: float
    peak_of_worker: float


def ocr(folder: Path) -> Ocr:
    files = corpus.make_pictures(folder / "pictures")
    bare = _seconds_of_tesseract(files)
    with house(folder / "ocr") as built, closing(_Looking(built)) as looking:
        _send(built, files)
        with worker(built) as working:
            _until(looking, _THUMBNAILS, corpus.PICTURES, time.perf_counter())  # the worker draws all of them first
            started = time.perf_counter()
            ours = _until(looking, _PAGES_READ, corpus.PICTURES, started)
            peak = peak_mebibytes(working.pid)
    return Ocr(ours, (bare + _seconds_of_tesseract(files)) / 2, peak)


def _seconds_of_tesseract(files: Sequence[Path]) -> float:
    asked = ["xargs", f"-P{PROCESSES}", "-I{}", "tesseract", "{}", "stdout", "-l", "eng", "--dpi", "300"]
    started = time.perf_counter()
    subprocess.run(
        [*asked, "-c", "tessedit_create_tsv=1"],
        input="\n".join(str(file) for file in files),
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return time.perf_counter() - started


def _send(built: House, files: Sequence[Path]) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", built.port, timeout=60)) as connection:
        for file in files:
            headers = {"Authorization": f"Bearer {built.key}"}
            connection.request("PUT", f"/api/v1/documents?filename={file.name}", file.read_bytes(), headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 201:
                sys.exit(f"{file.name} was not kept: {said.decode()}")


class _Looking:
    """At the database, from outside."""

    def __init__(self, built: House) -> None:
        self._engine = create_engine(wiring.database_url(built.settings), isolation_level="AUTOCOMMIT")

    def count(self, question: str) -> int:
        with self._engine.connect() as connection:
            return int(connection.execute(text(question)).scalar_one())

    def close(self) -> None:
        self._engine.dispose()


def _until(looking: _Looking, question: str, wanted: int, started: float) -> float:
    while looking.count(question) < wanted:
        took = time.perf_counter() - started
        if took > PATIENCE_SECONDS:
            sys.exit(f"the worker has not come to {wanted} after {took:.0f} s: {question}")
        time.sleep(_LOOK_SECONDS)
    return time.perf_counter() - started
