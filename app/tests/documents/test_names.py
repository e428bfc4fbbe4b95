"""Whatever a file is called, its name is shown safely, offered truly, and leads nowhere."""

import re
import unicodedata
from email.message import EmailMessage
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hostile_names import HOSTILE_NAMES

from pretamane.documents.names import LONGEST, content_disposition, display_name
from pretamane.documents.recognising.kinds import extension_of

_VALUE = re.compile(
    r'(?P<way>inline|attachment); filename="(?P<plain>[ !#-\[\]-~]*)"'
    r"(?:; filename\*=UTF-8''(?P<true>(?:%[0-9A-F]{2}|[A-Za-z0-9!#$&+.^_`|~-])+))?"
)
_ANY = st.one_of(st.text(), st.text(alphabet="ab./\\\"'%;*=\r\n\0 \u202e\u200d\u00e4漢…", max_size=400))


def read(value: str) -> str:
    """As a browser that follows RFC 6266 does: the true name, where there is one beside the plain one."""
    parts = _VALUE.fullmatch(value)
    assert parts is not None, value
    return unquote_to_bytes(parts["true"]).decode() if parts["true"] else parts["plain"]


def is_safe(shown: str) -> bool:
    never = {"Cc", "Cs", "Zl", "Zp"}
    is_clean = all(
        unicodedata.category(sign) not in never and (unicodedata.category(sign) != "Cf" or sign in "\u200c\u200d")
        for sign in shown
    )
    return is_clean and 0 < len(shown) <= LONGEST and not {"/", "\\"} & set(shown) and shown.strip(".") != ""


def test_there_are_two_hundred_hostile_names_and_more():
    assert len(HOSTILE_NAMES) >= 200


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=lambda name: ascii(name)[:40])
def test_a_hostile_name_is_shown_safely_and_comes_back_from_a_download(name):
    assert is_safe(display_name(name))
    assert read(content_disposition(name, "attachment")) == display_name(name)


@given(_ANY)
def test_any_name_is_shown_safely_and_the_same_when_it_is_shown_again(name):
    shown = display_name(name)

    assert is_safe(shown)
    assert display_name(shown) == shown


@given(_ANY)
def test_any_name_comes_back_from_a_download_as_it_is_shown(name):
    assert read(content_disposition(name, "inline")) == display_name(name)


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='/\\%".'), min_size=1))
def test_a_name_in_ascii_is_read_by_an_old_program_too(name):
    header = EmailMessage()
    header["Content-Disposition"] = content_disposition(f"{name}.pdf"[-200:], "attachment")

    assert header.get_filename() == f"{name}.pdf"[-200:]


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("C:\\Users\\ada\\invoice.pdf", "invoice.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("invoice.pdf" + " " * 90 + ".exe", "invoice.pdf .exe"),
        ("a\u2800\u3164.exe", "a .exe"),
        ("Gru\u0308ße.pdf", "Grüße.pdf"),
        ("\u0645\u06cc\u200c\u062e.pdf", "\u0645\u06cc\u200c\u062e.pdf"),
        ("run.js\u200d", "run.js"),
        ("a\r\nb.pdf", "a b.pdf"),
        ("../..", "unnamed"),
        ("a.exe. . ", "a.exe"),
    ],
)
def test_what_misleads_is_taken_out_and_what_is_meant_stays(given_name, shown):
    assert display_name(given_name) == shown


def test_a_long_name_keeps_its_beginning_and_its_extension():
    shown = display_name("ä" * 5000 + ".docx")

    assert len(shown) == LONGEST
    assert shown.startswith("äää")
    assert shown.endswith("….docx")


def test_a_browser_without_rfc_8187_gets_a_name_that_it_can_read():
    value = content_disposition("Grüße “an” 漢.pdf", "attachment")

    assert value.startswith('attachment; filename="Gru_e _an_ _.pdf"; ')
    assert value.endswith("filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%E2%80%9Can%E2%80%9D%20%E6%BC%A2.pdf")


def test_a_wide_slash_is_none_in_the_plain_name():
    assert 'filename=".._a.pdf"' in content_disposition("\uff0e\uff0e\uff0fa.pdf", "inline")


@pytest.mark.parametrize(
    ("name", "extension"),
    [("a.PDF", "pdf"), ("a.pdf.exe", "exe"), ("a", ""), (".pdf", ""), ("a.tar.gz", "gz"), ("a.pdf.", "pdf")],
)
def test_the_extension_is_what_stands_behind_the_last_point(name, extension):
    assert extension_of(name) == extension
