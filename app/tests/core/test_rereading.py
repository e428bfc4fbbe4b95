import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pretamane.core import rereading


@pytest.fixture
def told() -> Iterator[threading.Event]:
    told = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: told.set())
    yield told
    signal.signal(signal.SIGTERM, before)


def test_a_process_is_told_to_end_once_the_file_says_something_new(tmp_path: Path, told: threading.Event) -> None:
    file = tmp_path / "address"
    file.write_text("old\n")
    rereading.end_when(lambda text: text == "new", file, every=0.01)

    assert not told.wait(0.1)
    (tmp_path / "next").write_text("new\n")
    (tmp_path / "next").replace(file)

    assert told.wait(5)


def test_a_file_that_is_away_or_no_text_says_nothing(tmp_path: Path) -> None:
    file = tmp_path / "address"

    assert rereading.read(file) == ""
    file.write_bytes(b"\xff\xfe")
    assert rereading.read(file) == ""
