"""What the shipped rules find, and that they leave ordinary papers alone."""

import random
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from tests.documents import bad_samples as bad
from tests.documents import samples as good

from pretamane.documents.recognising import kinds, screening
from pretamane.documents.recognising.recognition import Quarantine, recognise
from pretamane.documents.recognising.screening import OVERLAP, RULES, WINDOW, what_a_rule_says

LORRY_LOAD = 300
TALK = """Please launch the project on Monday|/Launch|the script of the play|/JS and /JavaScript|cmd|setup.exe
see www.example.com|=SUM(A1:A9)|-1|+41 44 123|@office|power-shell|OpenAction|EICAR|objdata|unescape|Collab|<scripture>
<?phpx|DDE|a-b|print(true)""".replace("\n", "|").split("|")


@pytest.fixture
def found(tmp_path):
    def found(content: bytes, kind: kinds.Kind) -> str | None:
        file = tmp_path / "received"
        file.write_bytes(content)
        return what_a_rule_says(file, kind)

    return found


def ordinary(chance: random.Random) -> tuple[bytes, kinds.Kind]:
    """A paper as people write them, also about programs, with streams packed and unpacked."""
    words = " ".join(chance.choices(TALK, k=40))
    packed = zlib.compress(chance.randbytes(2000))
    objects = (
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed),
        b"<< /S /JavaScript /JS (this.print\\(true\\); this.getField\\('sum'\\).value = 3;) >>",
        b"<< /S /URI /URI (https://www.example.com/setup.exe) >>",
        b"<< /S /GoToR /F (appendix.pdf) /D [0 /Fit] >>",
        b"<< /S /Launch /F (appendix.docx) >>",
        b"<< /Type /Filespec /F (factur-x.xml) /UF (factur-x.xml) /EF << /F 4 0 R >> >>",
    )
    text = words.replace("(", "\\(").replace(")", "\\)")
    return chance.choice(
        [
            (good.pdf(objects=tuple(chance.sample(objects, 3)), text=text), kinds.PDF),
            (words.encode(), kinds.TXT),
            (words.replace(" ", ";").encode(), kinds.CSV),
            (good.rtf(words.replace("\\", "")), kinds.RTF),
            (good.picture("JPEG", (chance.randrange(20, 300), 200), quality=chance.randrange(30, 95)), kinds.JPEG),
            (good.picture("PNG", (chance.randrange(20, 300), 200)), kinds.PNG),
            (good.picture("TIFF", (chance.randrange(20, 300), 200)), kinds.TIFF),
        ]
    )


def test_no_rule_minds_ordinary_papers(found):
    chance = random.Random(5)  # noqa: S311 — the same papers in each run

    for _ in range(LORRY_LOAD):
        content, kind = ordinary(chance)
        assert found(content, kind) is None, content[:2000]


@pytest.mark.parametrize("make", [good.docx, good.xlsx, good.pptx, good.mail, good.heic])
def test_no_rule_minds_what_programs_save(found, make):
    for kind in kinds.KINDS:
        assert found(make(), kind) is None


def test_a_rule_minds_only_files_of_its_kind(found):
    assert found(bad.pdf_that_launches(), kinds.PDF)
    assert found(bad.pdf_that_launches(), kinds.TXT) is None


@pytest.mark.parametrize(
    "place", [0, WINDOW - 34, WINDOW - OVERLAP - 34, WINDOW, 2 * WINDOW - OVERLAP - 10, 3 * WINDOW]
)
def test_it_is_found_wherever_in_the_file_it_lies(found, place):
    assert found(b"." * place + bad.TEST_VIRUS + b"." * 100, kinds.TXT)


@pytest.mark.parametrize("name", ["eicar.com", "eicar.txt", "eicar.pdf", "eicar.js", "eicar"])
def test_the_test_virus_is_quarantined_under_every_name(tmp_path, name):
    file = tmp_path / "received"
    file.write_bytes(bad.TEST_VIRUS + b"\r\n")

    assert recognise(file, name).quarantine == Quarantine(screening.TEST_VIRUS)


FAR = b"% nothing\n" * 400_000


@pytest.mark.parametrize(
    "content",
    [
        b"/F (order.exe)\n" + FAR + b"/EF << /F 4 0 R >>",
        b"/EF %x\n<< >>\n" + FAR + b"/UF (order.exe)",
        b"/EF" + b" " * 99 + b"<< >>\n/UF (order.exe)",
    ],
    ids=["behind it", "before it", "apart"],
)
def test_a_program_that_is_attached_is_found_however_far_from_its_name_that_is_told(found, content):
    assert found(b"%PDF-1.7\n" + content, kinds.PDF) == "A program or a script is attached to this PDF."


def test_rich_text_that_loads_an_object_is_found_however_far_the_object_lies(found):
    assert found(b"{\\rtf1{\\object\\objupdate " + FAR + b"\\objdata 01}}", kinds.RTF)


def test_each_rule_says_its_reason_to_people_and_why_it_is_there():
    for file in RULES.rglob("*.yar"):
        for rule in re.split(r"^rule ", file.read_text(), flags=re.MULTILINE)[1:]:
            if further := re.search(r'then = "(\w+)"', rule):
                assert list((RULES / further[1]).glob("*.yar")), rule
                continue
            assert re.search(r'reason = "[A-Z].+\."', rule), rule
            assert re.search(r'why = ".+"', rule), rule


def test_no_file_of_ours_would_be_taken_for_a_virus():
    ours = [*RULES.parents[1].rglob("*.py"), *RULES.rglob("*.yar"), *Path(__file__).parents[2].rglob("*.py")]

    assert not [file for file in ours if bad.TEST_VIRUS in file.read_bytes()]


def test_nothing_heavy_is_loaded_before_the_first_file_comes():
    program = (
        "import sys; import pretamane.documents.recognising.recognition; "
        "sys.exit(', '.join({'yara_x', 'magic', 'pylibmagic', 'puremagic', 'zipfile', 'PIL'} & set(sys.modules)) or 0)"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stderr) == (0, "")


def test_what_would_hold_the_rules_up_is_quarantined(found, monkeypatch):
    monkeypatch.setattr(screening, "LONGEST_SECONDS", 0.05)

    assert found(b"%PDF-1.7\n" + b"/Launch/F(a" * 1_000_000, kinds.PDF) == screening.TOO_LONG
