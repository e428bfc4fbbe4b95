"""Every kind that is taken, read through a real cage."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageStat
from tests.adapters.reading.conftest import Read
from tests.samples import TITLE, WORDS, Sample

from pretamane.adapters.reading.inside.paper import cut
from pretamane.adapters.reading.inside.telling import clean
from pretamane.adapters.reading.kinds import KINDS
from pretamane.adapters.reading.room import ReadingRoom
from pretamane.ports import Attachment, Damaged, PasswordNeeded, Unreadable, Writer, WrongPassword
from tests import samples

EVERY_KIND = samples.every_kind()
BY_NAME = {sample.name: sample for sample in EVERY_KIND}


def test_no_kind_is_without_a_sample() -> None:
    same = {"text/rtf": "application/rtf", "image/heif": "image/heic"}

    assert {sample.media_type for sample in EVERY_KIND} == {same.get(kind, kind) for kind in KINDS}


@pytest.mark.parametrize("sample", EVERY_KIND, ids=repr)
def test_the_words_of_every_kind_are_found(read: Read, sample: Sample) -> None:
    document = read(sample.content, sample.media_type)

    assert sample.words in document.text
    assert document.facts.pages == len(document.pages)
    assert [page.number for page in document.pages] == list(range(1, len(document.pages) + 1))


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("letter.pdf", [WORDS, "Second page"]),
        ("letter.docx", [f"{TITLE}\n{WORDS}", "\nMüller\t42"]),
        ("rents.xlsx", [f"Rents\n{WORDS}\t12\t\t3.5", "Empty"]),
        ("talk.pptx", [f"{TITLE}\n{WORDS}\nSay it slowly.", "The end"]),
        ("letter.odt", [f"{TITLE}\n{WORDS}", "Second page"]),
        ("rents.ods", [f"Rents\n{WORDS}", f"More\n{WORDS}"]),
        ("talk.odp", [WORDS, "The end"]),
        ("letter.rtf", [WORDS, " Second page"]),
        ("note.txt", [f"{TITLE}\n\n{WORDS}"]),
        ("rents.csv", [f"name;rent\n{WORDS};12"]),
        ("photo.png", [""]),
    ],
)
def test_each_kind_has_its_own_pages(read: Read, name: str, texts: list[str]) -> None:
    document = read(BY_NAME[name].content, BY_NAME[name].media_type)

    assert [page.text.rstrip() for page in document.pages] == texts


@pytest.mark.parametrize("name", ["letter.pdf", "letter.docx", "talk.pptx", "letter.odt", "letter.rtf", "mail.eml"])
def test_a_title_is_found_in_what_the_document_says_of_itself_or_in_its_heading(read: Read, name: str) -> None:
    assert read(BY_NAME[name].content, BY_NAME[name].media_type).facts.title == TITLE


@pytest.mark.parametrize("name", ["letter.pdf", "letter.docx", "letter.odt", "letter.rtf", "mail.eml"])
def test_a_date_is_found_in_what_the_document_says_of_itself(read: Read, name: str) -> None:
    assert read(BY_NAME[name].content, BY_NAME[name].media_type).facts.dated == date(2026, 3, 2)


def test_a_pdf_without_a_title_is_named_by_its_largest_letters(read: Read) -> None:
    content = samples.pdf(["Page 1 of 1\nnot this"], title="Microsoft Word - x.docx")
    larger = content.replace(
        b"(Page 1 of 1) Tj T*", b"(Page 1 of 1) Tj T* 0 -100 Td /F1 20 Tf (Lease) Tj T* /F1 11 Tf "
    )

    assert read(larger, "application/pdf").facts.title == "Lease"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_in_whatever_it_was_written(read: Read, encoding: str) -> None:
    assert read(WORDS.encode(encoding), "text/plain").text == WORDS


def test_no_control_character_comes_out_of_any_text(read: Read) -> None:
    document = read(b"one\0two\x1b[31m\x07three\r\nfour\x85", "text/plain")

    assert document.text == "onetwo[31mthree\nfour…"


def test_long_text_is_cut_at_the_ends_of_paragraphs(read: Read) -> None:
    paragraphs = [f"Paragraph {number}. " + "word " * 100 for number in range(40)]

    pages = read("\n".join(paragraphs).encode(), "text/plain").pages

    assert "\n".join(page.text for page in pages) == "\n".join(paragraphs)
    assert all(3000 <= len(page.text) < 3600 for page in pages[:-1])


def test_a_line_that_never_ends_loses_no_letter(read: Read) -> None:
    line = "word " * 60_000

    assert "".join(page.text for page in read(line.encode(), "text/plain").pages).replace("\n", "") == line


def test_a_letterhead_is_read_once(read: Read) -> None:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Ådland & Söhne"
    document.sections[0].footer.paragraphs[0].text = "Account 12 34"
    document.add_paragraph("Dear Zoë")
    document.add_section()
    kept = io.BytesIO()
    document.save(kept)

    assert read(kept.getvalue(), BY_NAME["letter.docx"].media_type).text.split() == (
        ["Ådland", "&", "Söhne", "Dear", "Zoë", "Account", "12", "34"]
    )


def test_a_locked_pdf_says_so_and_opens_by_its_password(read: Read, locked_pdf: bytes) -> None:
    with pytest.raises(PasswordNeeded, match="give its password") as needed:
        read(locked_pdf, "application/pdf")
    with pytest.raises(WrongPassword):
        read(locked_pdf, "application/pdf", "guess")

    assert needed.value.helps
    assert WORDS in read(locked_pdf, "application/pdf", "sesame").text


def test_a_locked_office_file_says_that_no_password_helps(read: Read) -> None:
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4096)

    with pytest.raises(PasswordNeeded, match="cannot be read here even with it") as needed:
        read(ole, BY_NAME["letter.docx"].media_type)

    assert not needed.value.helps


def test_a_scan_needs_ocr_and_a_letter_does_not(read: Read) -> None:
    scanned, letter = (
        read(samples.scanned_pdf("Rent"), "application/pdf"),
        read(samples.pdf(["Rent"]), "application/pdf"),
    )

    assert [page.needs_ocr for page in (*scanned.pages, *letter.pages)] == [True, False]
    assert not read(samples.pdf([""]), "application/pdf").pages[0].needs_ocr


def test_a_mail_gives_its_attachments_as_they_were(read: Read) -> None:
    kept: dict[str, bytes] = {}
    inner = samples.eml(subject="Inside")
    bill = samples.pdf(["The bill"]) + b"%" * 3_000_000

    @contextmanager
    def keep(attachment: Attachment) -> Iterator[Writer]:
        place = io.BytesIO()
        yield place
        kept[f"{attachment.name} ({attachment.media_type})"] = place.getvalue()

    attached = [("Größe\n.pdf", "application/pdf", bill), ("note.eml", "text/plain", inner)]
    read(samples.eml(*attached), "message/rfc822", keep=keep)

    assert kept == {"Größe .pdf (application/pdf)": bill, "note.eml (text/plain)": inner}


def test_a_mail_whose_attachments_nobody_wants_is_read_all_the_same(read: Read) -> None:
    assert WORDS in read(BY_NAME["mail.eml"].content, "message/rfc822").text


def test_a_mail_in_html_is_read_without_its_tags_and_scripts(read: Read) -> None:
    html = b"<html><head><style>p{}</style></head><p>Dear <b>Zo&euml;</b></p><script>alert(1)</script>Yours</html>"
    mail = b"Subject: x\nContent-Type: text/html\n\n" + html

    assert "Dear Zoë" in read(mail, "message/rfc822").text
    assert "alert" not in read(mail, "message/rfc822").text


def test_every_frame_of_a_tiff_is_a_page(read: Read, room: ReadingRoom, file: Callable[[bytes], Path]) -> None:
    content = samples.picture("TIFF", frames=3, dpi=(300, 300))

    pages = read(content, "image/tiff").pages
    drawn = [Image.open(io.BytesIO(room.picture(file(content), "image/tiff", number, 60))) for number in (1, 2, 3)]

    assert [(page.width, page.height, page.needs_ocr) for page in pages] == [(28.8, 19.2, True)] * 3
    assert [round(ImageStat.Stat(image).mean[1] / 40) for image in drawn] == [0, 1, 2]


@pytest.mark.parametrize("sample", [BY_NAME["letter.pdf"], *samples.pictures()], ids=repr)
def test_what_can_be_drawn_is_drawn_as_webp_no_wider_than_asked(
    room: ReadingRoom, file: Callable[[bytes], Path], sample: Sample
) -> None:
    drawn = Image.open(io.BytesIO(room.picture(file(sample.content), sample.media_type, 1, 50)))

    assert (drawn.format, drawn.width) == ("WEBP", 50)


def test_kinds_that_are_not_read_or_not_drawn_say_so(read: Read, room: ReadingRoom) -> None:
    spreadsheet = BY_NAME["rents.xlsx"]

    with pytest.raises(Unreadable, match="not read here"):
        read(b"MZ", "application/x-msdownload")
    with pytest.raises(Unreadable, match="no pictures"):
        room.picture(Path("rents.xlsx"), spreadsheet.media_type, 1, 50)
    assert (room.can_read(spreadsheet.media_type), room.can_picture(spreadsheet.media_type)) == (True, False)


def test_a_page_that_is_not_there_cannot_be_drawn(room: ReadingRoom, file: Callable[[bytes], Path]) -> None:
    with pytest.raises(Damaged, match="no page 3"):
        room.picture(file(BY_NAME["letter.pdf"].content), "application/pdf", 3, 50)


def test_a_word_stands_where_it_is_drawn_also_on_a_turned_page(
    room: ReadingRoom, file: Callable[[bytes], Path]
) -> None:
    upright = samples.pdf(["Rent due"])
    turned = upright.replace(b"/MediaBox", b"/Rotate 90/MediaBox")

    words, on_its_side = room.words(file(upright), 1), room.words(file(turned), 1)

    assert [word.text for word in words] == [word.text for word in on_its_side] == ["Rent", "due"]
    assert words[0].left == pytest.approx(72 / 595, abs=0.01)
    assert words[0].top == pytest.approx(54 / 842, abs=0.01)
    assert on_its_side[0].top == pytest.approx(72 / 595, abs=0.01)
    assert on_its_side[0].left == pytest.approx(1 - 64 / 842, abs=0.01)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        *(("1", "PNG"), ("L", "PNG"), ("LA", "PNG"), ("P", "GIF"), ("RGBA", "PNG"), ("I;16", "PNG"), ("I;16", "TIFF")),
        *(("CMYK", "JPEG"), ("CMYK", "TIFF"), ("F", "TIFF"), ("I", "TIFF"), ("LAB", "TIFF"), ("YCbCr", "JPEG")),
    ],
)
def test_every_sort_of_pixel_can_be_drawn(room: ReadingRoom, tmp_path: Path, mode: str, kind: str) -> None:
    path = tmp_path / "picture"
    Image.new(mode, (80, 40)).save(path, kind)

    assert Image.open(io.BytesIO(room.picture(path, f"image/{kind.lower()}", 1, 40))).size == (40, 20)


@pytest.mark.parametrize(("mode", "white"), [("I;16", 65_535), ("I", 4_095), ("F", 1.0)])
def test_deep_pixels_keep_their_light_and_dark(room: ReadingRoom, tmp_path: Path, mode: str, white: float) -> None:
    path = tmp_path / "picture"
    picture = Image.new(mode, (80, 40))
    picture.paste(white, (40, 0, 80, 40))
    picture.save(path, "TIFF")

    drawn = Image.open(io.BytesIO(room.picture(path, "image/tiff", 1, 80))).convert("L")

    assert ImageStat.Stat(drawn.crop((0, 0, 30, 40))).mean[0] < 20
    assert ImageStat.Stat(drawn.crop((50, 0, 80, 40))).mean[0] > 235


def test_a_photo_is_turned_upright(read: Read, room: ReadingRoom, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[306] = "2026:03:02 09:00:00"
    Image.new("RGB", (80, 40)).save(path, "JPEG", exif=exif)

    document = read(path.read_bytes(), "image/jpeg")

    assert Image.open(io.BytesIO(room.picture(path, "image/jpeg", 1, 20))).size == (20, 40)
    assert (document.pages[0].width, document.pages[0].height) == (40, 80)
    assert document.facts.dated == date(2026, 3, 2)


@given(lines=st.lists(st.text(max_size=9000), max_size=20))
@settings(max_examples=50, deadline=None)
def test_however_long_its_lines_text_is_cut_without_a_loss(lines: list[str]) -> None:
    text = "".join(page.text for page in cut(lines))

    assert text.replace("\n", "") == clean("".join(lines)).replace("\n", "")


@pytest.mark.parametrize("media_type", KINDS)
@given(content=st.binary(min_size=1, max_size=2000))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused(
    room: ReadingRoom, file: Callable[[bytes], Path], media_type: str, content: bytes
) -> None:
    with suppress(Unreadable), room.read(file(content), media_type) as reading:
        assert all("\0" not in page.text for batch in reading for page in batch)
