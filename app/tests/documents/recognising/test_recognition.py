"""What recognition promises beside its table: names and contents agree, and no file can hurt it."""

import random
import struct
import subprocess
import sys
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.documents import bad_samples as bad
from tests.documents import samples as good
from tests.documents.recognising.kinds_of_files import ROWS

from pretamane.core.errors import AppError, Unavailable, UnsupportedMedia
from pretamane.documents.recognising import kinds, unknown
from pretamane.documents.recognising.found import Mark
from pretamane.documents.recognising.recognition import Recognised, recognise

SAMPLES = {row.what: (row.name, row.make()) for row in ROWS}
OFTEN = settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


class SomeScanner:
    name, required = "virus scanner", False

    def __init__(self, finds: str | None = None, is_away: bool = False) -> None:
        self.finds, self.is_away, self.asked = finds, is_away, 0

    def probe(self) -> None: ...

    def scan(self, file: Path) -> str | None:
        self.asked += 1
        assert file.is_file()
        if self.is_away:
            raise Unavailable("It is away.")
        return self.finds


@pytest.fixture
def look(tmp_path):
    def look(content: bytes, name: str, **how) -> Recognised:
        file = tmp_path / "received"
        file.write_bytes(content)
        return recognise(file, name, **how)

    return look


def refused(look, content: bytes, name: str, **how) -> AppError:
    with pytest.raises(AppError) as refusal:
        look(content, name, **how)
    return refusal.value


@pytest.mark.parametrize(
    "name", ["invoice", "invoice.2026", "invoice.final", "", "invoice.pdf", "INVOICE.Pdf", "a/b.pdf"]
)
def test_a_pdf_is_one_under_every_name_that_does_not_say_otherwise(look, name):
    assert look(good.pdf(), name).kind is kinds.PDF


@pytest.mark.parametrize("kind", kinds.KINDS, ids=lambda kind: kind.name)
def test_a_program_is_none_of_them_whatever_its_name(look, kind):
    for extension in kind.extensions:
        assert "Windows program" in refused(look, bad.windows_program(), f"a.{extension}").sentence


def test_a_wrong_name_is_refused_with_both_names_and_what_to_do(look):
    refusal = refused(look, good.xlsx(), "hours.docx")

    assert isinstance(refusal, UnsupportedMedia)
    assert refusal.code == "file-misnamed"
    assert "a Word document (.docx)" in refusal.sentence
    assert "an Excel workbook" in refusal.sentence
    assert ".xlsx" in refusal.sentence


def test_a_direction_sign_does_not_hide_what_a_name_ends_in(look):
    assert ".exe" in refused(look, good.pdf(), "invoice\u202efdp.exe\u200b").sentence


def test_every_refusal_is_one_sentence_for_a_client_s_fault(look):
    for row in ROWS:
        if row.outcome == "refused":
            refusal = refused(look, row.make(), row.name)
            sentence = refusal.sentence
            assert refusal.status in (415, 422)
            assert sentence[0].isupper()
            assert sentence.endswith(".")
            assert ". " not in sentence


def test_macros_are_taken_where_the_setting_says_so(look):
    for content, name in [(bad.macros_in(good.docx()), "a.docx"), (bad.named_macro_document(), "a.docm")]:
        assert "macros" in refused(look, content, name).sentence
        assert look(content, name, macros="take").kind is kinds.DOCX


def test_a_macro_document_under_a_password_is_refused_by_its_name(look):
    locked = good.compound("EncryptedPackage")

    assert "macros" in refused(look, locked, "a.xlsm").sentence
    assert look(locked, "a.xlsx").marks == {Mark.LOCKED}


def test_a_document_that_is_two_documents_is_refused(look):
    types = b"</Types>"
    main = kinds.XLSX.media_type + ".main+xml"
    second = f'<Override PartName="/xl/w.xml" ContentType="{main}"/></Types>'.encode()

    both = good.with_parts(good.docx(), {"xl/w.xml": b"<x/>"}, (types, second))

    assert "at once" in refused(look, both, "a.docx").sentence


@pytest.mark.parametrize(
    ("content", "name"), [(good.pdf(), "a.pdf"), (good.picture("JPEG"), "a.jpg"), (good.rtf(), "a.rtf")]
)
def test_a_zip_that_does_not_stand_right_behind_the_end_is_found_too(look, content, name):
    assert "a zip archive at once" in refused(look, content + b"." * 3000 + bad.zip_archive(), name).sentence


def test_a_workbook_inside_a_letter_is_ordinary(look):
    holding = good.with_parts(good.docx(), {"word/embeddings/hours.xlsx": good.xlsx()})

    assert look(holding, "a.docx") == Recognised(kinds.DOCX)


def test_a_pdf_with_an_attached_table_and_a_link_to_a_document_is_ordinary(look):
    attached = b"<< /Type /Filespec /F (factur-x.xml) /EF << /F 4 0 R >> >>"
    link = b"<< /S /Launch /F (appendix.pdf) >>"

    assert look(good.pdf(objects=(attached, link)), "a.pdf") == Recognised(kinds.PDF)


def test_a_pdf_whose_numbers_are_a_little_off_is_not_damaged(look):
    content = good.pdf()
    place = int(content.split(b"startxref\n")[1].split()[0])

    off = content.replace(b"startxref\n%d" % place, b"startxref\n%d" % (place - 7))

    assert look(off, "a.pdf").marks == frozenset()


def test_a_pdf_that_names_its_metadata_s_lock_only_is_not_locked(look):
    assert look(good.pdf(b"/EncryptMetadata true "), "a.pdf").marks == frozenset()


@pytest.mark.parametrize("parts", [200, 70_000])
def test_a_lock_is_found_behind_a_long_table(look, parts):
    """The trailer of a large PDF stands far from the place where its table begins."""
    assert look(good.locked_pdf_of(parts), "a.pdf").marks == {Mark.LOCKED}


def test_a_scanner_is_asked_about_what_is_taken_and_about_nothing_else(look):
    scanner = SomeScanner()

    assert look(good.pdf(), "a.pdf", scanner=scanner).quarantine is None
    refused(look, bad.elf(), "a.pdf", scanner=scanner)

    assert scanner.asked == 1


def test_what_the_scanner_finds_is_quarantined_by_its_name(look):
    quarantine = look(good.pdf(), "a.pdf", scanner=SomeScanner("Win.Test-1")).quarantine

    assert quarantine is not None
    assert "Win.Test-1" in quarantine.reason
    assert not quarantine.is_to_be_scanned_again


def test_without_its_scanner_a_document_is_kept_and_scanned_later(look):
    recognised = look(good.pdf(), "a.pdf", scanner=SomeScanner(is_away=True))

    assert recognised.kind is kinds.PDF
    assert recognised.quarantine is not None
    assert recognised.quarantine.is_to_be_scanned_again
    assert recognised.quarantine.reason == "This file is not scanned for viruses yet: It is away."


@OFTEN
@given(st.sampled_from(sorted(SAMPLES)), st.randoms(use_true_random=False))
def test_a_file_that_was_tampered_with_gets_an_answer(look, what, chance: random.Random):
    name, content = SAMPLES[what]
    changed = bytearray(content[: chance.choice([len(content), chance.randrange(len(content) + 1)])])
    for _ in range(chance.randrange(12)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)

    with suppress(AppError):
        assert look(bytes(changed), name).kind in kinds.KINDS


@OFTEN
@given(
    st.sampled_from([b"", b"%PDF-", b"PK\3\4", b"GIF89a", b"\xff\xd8\xff", b"II*\0", b"MM\0+", b"\x89PNG\r\n\x1a\n"]),
    st.binary(max_size=400),
    st.sampled_from(["a", "a.pdf", "a.docx", "a.txt", "a.eml", "a.heic", "a.tiff"]),
)
def test_any_bytes_get_an_answer(look, head, rest, name):
    with suppress(AppError):
        assert look(head + rest, name).kind in kinds.KINDS


def test_a_million_parts_are_refused_before_they_are_read(tmp_path):
    file = tmp_path / "received"
    file.write_bytes(bad.zip_with_a_million_parts())
    tracemalloc.start()
    try:
        with pytest.raises(UnsupportedMedia, match="more parts than any document"):
            recognise(file, "a.docx")
        assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_list_of_contents_that_explodes_is_read_to_its_cap(tmp_path):
    file = tmp_path / "received"
    file.write_bytes(good.zipped({"[Content_Types].xml": b" " * 200_000_000, "word/document.xml": b"<x/>"}))
    tracemalloc.start()
    try:
        assert recognise(file, "a.docx").marks == {Mark.DAMAGED}
        assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("sector", [0, 1, 2, 0xFFFFFFF0])
def test_a_container_whose_chain_bites_its_tail_gets_an_answer(look, sector):
    content = bytearray(good.compound("EncryptedPackage"))
    content[512 + 4 : 512 + 8] = struct.pack("<L", sector)

    assert look(bytes(content), "a.docx").marks == {Mark.LOCKED}


def test_without_libmagic_every_kind_meets_the_same_fate(look, monkeypatch):
    monkeypatch.setattr(unknown, "_libmagic", lambda: None)

    for row in ROWS:
        if row.outcome == "refused":
            refused(look, row.make(), row.name)
        else:
            assert look(row.make(), row.name).kind.name == row.kind


def test_a_stranger_is_named_by_libmagic(look):
    midi = b"MThd\0\0\0\x06\0\1\0\2\0\x60MTrk" + b"\0" * 40

    assert "sound recording" in refused(look, midi, "tune").sentence


MEASURED = """
import sys, time
from pathlib import Path
from pretamane.documents.recognising.recognition import recognise

def peak():
    return int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1])

recognise(Path(sys.argv[1]), "small.pdf")
before, started = peak(), time.monotonic()
for place, name in zip(sys.argv[2::2], sys.argv[3::2]):
    try:
        recognise(Path(place), name)
    except Exception as refusal:
        sys.stderr.write(f"{name}: {refusal}\\n")
print(peak() - before, time.monotonic() - started)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the most memory that a process had")
def test_the_largest_file_takes_no_more_memory_than_a_small_one(tmp_path):
    """512 MiB of each sort; the first one, small, brings the rules' engine."""
    (tmp_path / "small").write_bytes(good.pdf())
    asked: list[str | Path] = []
    for name, content in [("a.pdf", good.pdf()), ("a.jpg", good.picture("JPEG")), ("a.docx", good.docx())]:
        with (tmp_path / name).open("wb") as file:
            file.write(content[: len(content) // 2])
            file.seek(512 * 1024 * 1024 - len(content))
            file.write(content[len(content) // 2 :])
        asked += [tmp_path / name, name]
    (tmp_path / "a.txt").write_bytes(b"Words on a line.\n" * 2_000_000)
    command: list[str | Path] = [
        sys.executable,
        "-c",
        MEASURED,
        tmp_path / "small",
        *asked,
        tmp_path / "a.txt",
        "a.txt",
    ]

    measured = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True)

    grown, seconds = measured.stdout.split()
    assert int(grown) < 16 * 1024, measured.stderr
    assert float(seconds) < 20
