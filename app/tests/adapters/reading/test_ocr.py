"""OCR by the real Tesseract, where there is one."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pretamane.adapters.reading.ocr import Tesseract
from pretamane.adapters.reading.room import ReadingRoom
from pretamane.core.errors import Unavailable
from pretamane.ports import Damaged, ReadingStopped
from tests import samples

LETTER = "The rent of March is due\non the third of April.\n\nYours sincerely"


@pytest.fixture
def tesseract(room: ReadingRoom) -> Tesseract:
    if shutil.which("tesseract") is None:
        pytest.skip("Tesseract is not installed")
    return Tesseract(room)


def test_a_scan_is_read_with_the_place_of_each_word(tesseract: Tesseract, file: Callable[[bytes], Path]) -> None:
    read = tesseract.recognise(file(samples.scanned_pdf(LETTER)), "application/pdf", 1, ["deu", "eng"])

    assert read.text.replace("\n\n", "\n").split("\n") == LETTER.replace("\n\n", "\n").split("\n")
    assert [word.text for word in read.words][:3] == ["The", "rent", "of"]
    assert read.words[0].left == pytest.approx(120 / 1240, abs=0.01)
    assert read.words[0].top == pytest.approx(145 / 1754, abs=0.01)


def test_a_photo_is_read_as_well(tesseract: Tesseract, tmp_path: Path) -> None:
    samples.written(LETTER).save(tmp_path / "page.png")

    read = tesseract.recognise(tmp_path / "page.png", "image/png", 1, [])

    assert "third of April" in read.text


def test_languages_that_are_not_installed_are_left_out(tesseract: Tesseract, file: Callable[[bytes], Path]) -> None:
    read = tesseract.recognise(file(samples.scanned_pdf(LETTER)), "application/pdf", 1, ["tlh", "../../etc/passwd"])

    assert "rent" in read.text
    assert "eng" in tesseract.languages()
    assert "osd" not in tesseract.languages()


def test_one_that_takes_too_long_is_stopped(room: ReadingRoom, file: Callable[[bytes], Path], tmp_path: Path) -> None:
    slow = stand_in(room, tmp_path, "exec sleep 60", page_seconds=1)

    with pytest.raises(ReadingStopped, match="too long"):
        slow.recognise(file(samples.scanned_pdf("x")), "application/pdf", 1, [])


def test_one_that_fails_is_said_to_have_failed(
    room: ReadingRoom, file: Callable[[bytes], Path], tmp_path: Path
) -> None:
    broken = stand_in(room, tmp_path, "cat > /dev/null; exit 1")

    with pytest.raises(ReadingStopped, match="could not make anything"):
        broken.recognise(file(samples.scanned_pdf("x")), "application/pdf", 1, [])


@pytest.mark.parametrize(
    "told",
    [b"", b"P5\n0 5\n255\n", b"P5\n2 2\n255\nabc", b"P5\n2 2\n255\nabcde", b"P6\n1 1\n255\nabc", b"P5\n-1 -1\n255\na"],
)
def test_a_cage_that_tells_another_size_than_it_draws_is_not_believed(
    tesseract: Tesseract, room: ReadingRoom, monkeypatch: pytest.MonkeyPatch, told: bytes
) -> None:
    monkeypatch.setattr(room, "raster", lambda *_asked: told)

    with pytest.raises(Damaged, match="could not be drawn"):
        tesseract.recognise(Path("any"), "application/pdf", 1, [])


def stand_in(room: ReadingRoom, folder: Path, does: str, page_seconds: float = 20) -> Tesseract:
    """A program under tesseract's name; where it stands is the only thing that a test may choose."""
    program = folder / "tesseract"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = --list-langs ] && printf "List:\\neng\\n" && exit\n{does}\n', encoding="ascii"
    )
    program.chmod(0o755)
    made = Tesseract(room, page_seconds=page_seconds)
    made._program = str(program)
    return made


def test_where_it_is_not_installed_that_is_what_is_said(
    room: ReadingRoom, file: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    without = Tesseract(room)

    assert without.languages() == frozenset()
    with pytest.raises(Unavailable, match="OCR is not installed here"):
        without.recognise(file(samples.scanned_pdf("x")), "application/pdf", 1, [])
