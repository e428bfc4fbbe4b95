"""ZIPs that are written as they are read, opened by programs of other people."""

import io
import logging
import shutil
import subprocess
import tracemalloc
import zipfile
from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pretamane.core.zip_names import LONGEST_PART, Names
from pretamane.core.zip_stream import Entry, NotWhole, stream

AT = datetime(2026, 11, 21, 13, 37, 42, tzinfo=UTC)
MIB = b"\7" * 2**20


def entry(name, content=b"hello", size=None, at=AT):
    return Entry(name, len(content) if size is None else size, at, lambda: [content[:3], b"", content[3:]])


def unpacked(entries):
    with zipfile.ZipFile(io.BytesIO(b"".join(stream(entries)))) as opened:
        assert opened.testzip() is None
        return {one.filename: opened.read(one) for one in opened.infolist()}


def test_what_goes_in_comes_out():
    assert unpacked([entry("letter.pdf", b"%PDF"), entry("Müller/Übersicht ✓.txt", b""), entry("c", b"x" * 9)]) == {
        "letter.pdf": b"%PDF",
        "Müller/Übersicht ✓.txt": b"",
        "c": b"x" * 9,
    }


def test_one_without_entries_is_a_zip_too():
    assert unpacked([]) == {}


needs_unzip = pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")


@needs_unzip
def test_unzip_opens_it(tmp_path):
    file = tmp_path / "some.zip"
    file.write_bytes(b"".join(stream([entry("Müller.pdf", b"%PDF"), entry("sub/b.txt"), entry("c")])))

    tested = subprocess.run(["unzip", "-t", file], capture_output=True, text=True, check=False)
    subprocess.run(["unzip", "-q", file, "-d", tmp_path / "out"], check=True, env={"LC_ALL": "C.UTF-8", "TZ": "UTC-5"})

    assert tested.returncode == 0, tested.stdout
    unzipped = tmp_path / "out" / "Müller.pdf"
    assert (unzipped.read_bytes(), unzipped.stat().st_mtime) == (b"%PDF", AT.timestamp())


@needs_unzip
def test_unzip_opens_one_of_more_entries_than_a_plain_zip_can_count(tmp_path):
    file = tmp_path / "many.zip"
    with file.open("wb") as written:
        written.writelines(stream(entry(f"{number}") for number in range(70_000)))

    tested = subprocess.run(["unzip", "-tq", file], capture_output=True, text=True, check=False)

    assert (tested.returncode, tested.stderr) == (0, "")
    with zipfile.ZipFile(file) as opened:
        assert len(opened.infolist()) == 70_000


def test_the_day_is_told_and_one_before_1980_is_told_as_near_as_can_be():
    made = b"".join(stream([entry("a"), entry("b", at=datetime(1970, 1, 1, tzinfo=UTC))]))

    with zipfile.ZipFile(io.BytesIO(made)) as opened:
        assert [one.date_time for one in opened.infolist()] == [(2026, 11, 21, 13, 37, 42), (1980, 1, 1, 0, 0, 0)]


class Holes(io.RawIOBase):
    """A file that keeps no run of sevens: gigabytes cost nothing, and every other byte is there."""

    def __init__(self, pieces):
        self._kept, self._size, self._at = {}, 0, 0
        for piece in pieces:
            if piece is not MIB:
                self._kept[self._size] = piece
            self._size += len(piece)

    def seekable(self):
        return True

    def readable(self):
        return True

    def seek(self, offset, whence=0):
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self):
        return self._at

    def readinto(self, room):
        wanted = min(len(room), max(0, self._size - self._at), len(MIB))
        found = bytearray(MIB[:wanted])
        for start, piece in self._kept.items():
            begin, end = max(start, self._at), min(start + len(piece), self._at + wanted)
            if begin < end:
                found[begin - self._at : end - self._at] = piece[begin - start : end - start]
        room[:wanted] = found
        self._at += wanted
        return wanted


def of_sevens(name, mebibytes):
    return Entry(name, mebibytes * 2**20, AT, lambda: (MIB for _ in range(mebibytes)))


def test_more_than_four_gigabytes_in_one_entry_and_in_all_are_told_by_zip64():
    entries = [entry("before", b"first"), of_sevens("large", 4097), entry("behind", b"last")]

    with zipfile.ZipFile(io.BufferedReader(Holes(stream(entries)))) as opened:
        sizes = {one.filename: one.file_size for one in opened.infolist()}
        assert sizes == {"before": 5, "large": 4097 * 2**20, "behind": 4}
        assert opened.read("behind") == b"last"
        with opened.open("large") as large:
            assert large.read(2**20) == MIB


def test_a_gigabyte_takes_no_more_memory_than_a_piece():
    tracemalloc.start()
    total = sum(len(piece) for piece in stream([of_sevens(f"{number}", 64) for number in range(16)]))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert total > 2**30
    assert most < 2 * 2**20


@pytest.mark.parametrize("content", [b"hell", b"hello, and more"])
def test_an_entry_of_another_size_than_was_said_breaks_it_off(content, caplog):
    pieces = stream([entry("a"), entry("b", content, size=5), entry("c")])

    with caplog.at_level(logging.ERROR, "pretamane.zip"), pytest.raises(NotWhole):
        list(pieces)

    assert "broken off after 1 entries" in caplog.text


def test_a_failure_midway_leaves_no_zip_that_looks_whole():
    def failing():
        yield b"half"
        raise OSError("gone")

    came: list[bytes] = []
    with pytest.raises(OSError, match="gone"):
        came.extend(stream([entry("a"), Entry("b", 8, AT, failing)]))

    assert not zipfile.is_zipfile(io.BytesIO(b"".join(came)))


@pytest.mark.parametrize(
    ("given_name", "safe_name"),
    [
        ("/etc/passwd", "etc/passwd"),
        ("../../up.txt", "up.txt"),
        ("..\\..\\up.txt", "up.txt"),
        ("C:\\here\\a.txt", "C_/here/a.txt"),
        ("./a//b/./c", "a/b/c"),
        ("bad\0name\n.txt", "badname.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("CON", "_CON"),
        ("aux.pdf", "_aux.pdf"),
        ("com1/x", "_com1/x"),
        ("console.txt", "console.txt"),
        ("what? no: yes*.txt", "what_ no_ yes_.txt"),
        ("ends with points...", "ends with points"),
        ("…", "…"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("\ud800.txt", ".txt"),
    ],
)
def test_a_name_becomes_one_that_every_system_can_write(given_name, safe_name):
    assert list(unpacked([entry(given_name)])) == [safe_name]


def test_names_that_come_again_are_numbered_even_where_only_the_case_differs():
    names = ["a.pdf", "A.pdf", "a.pdf", "a (2).pdf", "b/a.pdf", "b", "b/c"]

    assert list(unpacked([entry(name) for name in names])) == [
        *("a.pdf", "A (2).pdf", "a (3).pdf", "a (2) (2).pdf", "b/a.pdf", "b (2)", "b/c")
    ]


def test_ten_thousand_of_one_name_are_numbered_at_once():
    names = Names()

    assert [names.free("scan.pdf") for _ in range(10_000)][-1] == "scan (10000).pdf"


@given(some.lists(some.text(alphabet=some.characters() | some.sampled_from("./\\:aA ")), max_size=8))
def test_whatever_is_asked_for_every_name_is_safe_and_comes_once(wanted):
    names = Names()

    given_out = [names.free(name) for name in wanted]

    assert len({name.casefold() for name in given_out}) == len(wanted)
    for name in given_out:
        path = PurePosixPath(name)
        assert not path.is_absolute()
        assert all(part not in ("", ".", "..") and len(part.encode()) <= LONGEST_PART + 10 for part in name.split("/"))
        assert not any(sign in name for sign in '\\\0\n:*?"<>|')
