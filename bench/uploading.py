"""A raw upload of a gibibyte against a script that writes and hashes as many bytes: `python -m bench.uploading`."""

import hashlib
import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from bench.house import House, house, peak_mebibytes

SIZE = 1024**3
PIECE = 1024 * 1024
ROUNDS = 5
GOAL = "0.6, quiet 0.8"
# No picture, no table: of bytes that mean nothing, only a PDF's beginning and end are looked at before the rules are.
HEAD, TAIL = b"%PDF-1.7\n1 0 obj\n<</Length 1>>\nstream\n", b"\nendstream\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@dataclass
class Uploads:
    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    peak: float = 0


def uploads(folder: Path, rounds: int = ROUNDS) -> Uploads:
    """In turn, so that a machine that gets slower is slower for both."""
    measured = Uploads()
    with house(folder, PRETAMANE_UPLOAD_LIMIT=str(2 * SIZE)) as built:
        for _ in range(rounds + 1):
            measured.ours.append(_seconds_of_ours(built))
            measured.bare.append(_seconds_of_bare(folder))
        measured.peak = peak_mebibytes(built.web)
    del measured.ours[0], measured.bare[0]  # the first round warms up
    return measured


def _pieces(noise: bytes) -> Iterator[bytes]:
    """Other bytes each time: those that are known already would not be stored."""
    yield HEAD.ljust(PIECE, b"\n")
    for _ in range(SIZE // PIECE - 2):
        yield noise
    yield TAIL.rjust(PIECE, b"\n")


def _seconds_of_ours(built: House) -> float:
    noise = os.urandom(PIECE)
    with closing(http.client.HTTPConnection("127.0.0.1", built.port, timeout=600)) as connection:
        headers = {"Authorization": f"Bearer {built.key}", "Content-Length": str(SIZE)}
        started = time.perf_counter()
        connection.request("PUT", "/api/v1/documents?filename=large.pdf", _pieces(noise), headers)
        answer = connection.getresponse()
        said = answer.read()
        took = time.perf_counter() - started
    if answer.status != 201:
        sys.exit(f"the upload was not kept: {said.decode()}")
    return took


def _seconds_of_bare(folder: Path) -> float:
    """In a process of its own, as ours is in one."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.uploading", str(folder / "bare")], stdout=subprocess.PIPE, text=True, check=True
    )
    return float(done.stdout)


def write_and_hash(path: Path) -> float:
    noise = os.urandom(PIECE)
    digest = hashlib.sha256()
    started = time.perf_counter()
    with path.open("wb", buffering=0) as file:
        for piece in _pieces(noise):
            file.write(piece)
            digest.update(piece)
        os.fsync(file.fileno())
    took = time.perf_counter() - started
    path.unlink()
    return took


if __name__ == "__main__":
    print(write_and_hash(Path(sys.argv[1])))
