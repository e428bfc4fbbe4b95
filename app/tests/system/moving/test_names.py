"""Names that every system takes."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pretamane.system.leaving.ledger import Ledger
from pretamane.system.leaving.names import LONGEST_FILE, alike, extension, safe

RESERVED = {"con", "prn", "aux", "nul"} | {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}
ANYTHING = st.text(st.characters(codec=None), max_size=300)


@given(ANYTHING)
@example("..")
@example("a\u0301" * 200)
@example("CON .txt")
@example("\u202etxt.exe")
def test_whatever_it_is_called_the_name_is_taken_by_windows_macos_and_linux(text):
    name = safe(text, "Untitled", LONGEST_FILE)

    assert name
    assert len(name.encode()) <= LONGEST_FILE + 1
    assert not set(name) & set('<>:"/\\|?*')
    assert all(unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn") for sign in name)
    assert name.strip(" .") == name
    assert name.partition(".")[0].strip().casefold() not in RESERVED
    assert unicodedata.is_normalized("NFC", name)


@given(ANYTHING)
def test_a_name_that_is_safe_stays_as_it_is(text):
    name = safe(text, "Untitled", LONGEST_FILE)

    assert safe(name, "Untitled", LONGEST_FILE + 1) == name


@settings(deadline=None)
@given(st.lists(ANYTHING, min_size=2, max_size=20))
@example(["Straße", "STRASSE", "é", "e\u0301", "a", "A", "a (2)", "a"])
def test_no_two_documents_get_names_that_some_disk_takes_for_one(texts):
    ledger = Ledger(Path(":memory:"))
    names = [ledger.free_name(f"documents/{safe(text, 'Untitled', LONGEST_FILE)}", ".pdf") for text in texts]
    ledger.close()

    assert len({alike(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("filename", "ends_in"),
    [
        ("a.PDF", "pdf"),
        ("a.tar.gz", "gz"),
        ("README", "file"),
        ("a.", "file"),
        ("a.p/df", "file"),
        ("a.pdé", "file"),
    ],
)
def test_the_ending_is_the_files_own_where_it_is_a_plain_one(filename, ends_in):
    assert extension(filename, "file") == ends_in
