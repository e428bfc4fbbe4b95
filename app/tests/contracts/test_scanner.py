"""What every virus scanner promises: a name, None, or Unavailable, and never None for what it has not looked at.

Over the real protocol; against a real clamd too where CLAMAV_TEST_URL names one.
"""

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clamd_server import Clamd, Manner, listening
from tests.documents import samples
from tests.documents.bad_samples import TEST_VIRUS

from pretamane.adapters.scanner_clamav import CHUNK, ClamavScanner
from pretamane.core.errors import Unavailable
from pretamane.settings_values import clamav_place

REAL = os.environ.get("CLAMAV_TEST_URL")


@pytest.fixture(params=["port", "socket", *(["real"] if REAL else [])])
def scanner(request: pytest.FixtureRequest) -> Iterator[ClamavScanner]:
    if request.param == "real":
        yield ClamavScanner(clamav_place(str(REAL)))
        return
    # A socket's path has to be short.
    with (
        tempfile.TemporaryDirectory() as folder,
        listening(Clamd(), None if request.param == "port" else Path(folder) / "clamd") as clamd,
    ):
        yield ClamavScanner(clamav_place(clamd.url), patience=10)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "received"
    file.write_bytes(samples.pdf())
    return file


def test_nothing_is_found_in_an_ordinary_file(scanner, file):
    assert scanner.scan(file) is None


def test_what_is_found_has_a_name(scanner, file):
    file.write_bytes(TEST_VIRUS)

    assert "eicar" in scanner.scan(file).lower()


def test_one_that_can_be_used_says_so(scanner):
    scanner.probe()


def test_every_byte_is_handed_over(file):
    content = bytes(range(256)) * (CHUNK // 100)
    file.write_bytes(content)

    with listening(Clamd()) as clamd:
        ClamavScanner(clamav_place(clamd.url), patience=10).scan(file)

    assert clamd.streams == [content]


@pytest.mark.parametrize("manner", ["slow", "cut", "garbage", "silent about the end", "error"])
@pytest.mark.parametrize("content", [samples.pdf(), TEST_VIRUS], ids=["ordinary", "virus"])
def test_no_verdict_is_none_that_could_be_trusted(file, manner: Manner, content):
    file.write_bytes(content)

    with listening(Clamd(manner)) as clamd, pytest.raises(Unavailable) as away:
        ClamavScanner(clamav_place(clamd.url), patience=0.3).scan(file)

    assert away.value.sentence.startswith("The virus scanner")
    assert away.value.sentence.endswith(".")


def test_a_file_beyond_its_limit_is_not_scanned_and_the_sentence_says_why(file):
    file.write_bytes(b"words " * 1000)

    with listening(Clamd(limit=1000)) as clamd, pytest.raises(Unavailable, match="larger than the virus scanner takes"):
        ClamavScanner(clamav_place(clamd.url), patience=10).scan(file)


def test_a_large_file_beyond_its_limit_is_not_taken_for_clean(file):
    """It hangs up while we are still sending."""
    file.write_bytes(b"words " * 4_000_000)

    with listening(Clamd(limit=1000)) as clamd, pytest.raises(Unavailable):
        ClamavScanner(clamav_place(clamd.url), patience=10).scan(file)


@pytest.mark.parametrize("manner", ["slow", "cut", "garbage"])
def test_one_that_answers_otherwise_is_away(manner: Manner, monkeypatch):
    monkeypatch.setattr("pretamane.adapters.scanner_clamav.PROBE_SECONDS", 0.3)

    with listening(Clamd(manner)) as clamd, pytest.raises(Unavailable):
        ClamavScanner(clamav_place(clamd.url)).probe()


def test_nobody_there_is_unavailable(file):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"tcp://127.0.0.1:{unused.getsockname()[1]}"

    for place in (url, "unix:/nowhere/clamd.ctl"):
        with pytest.raises(Unavailable, match="cannot be reached"):
            ClamavScanner(clamav_place(place)).scan(file)
