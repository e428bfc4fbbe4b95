"""When two e-mail addresses are the same mailbox."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pretamane.core.addresses import normalised_email


@given(st.emails(), st.sampled_from([str.upper, str.lower, str.title, str.swapcase]))
def test_case_makes_no_other_mailbox(address: str, written: type[str]) -> None:
    try:
        normalised = normalised_email(address)
    except ValueError:
        return

    assert normalised_email(written(address)) == normalised


@given(st.emails() | st.text() | st.builds("{}@{}.example".format, st.text(max_size=10), st.text(max_size=10)))
def test_what_is_normalised_once_stays_as_it_is(address: str) -> None:
    try:
        normalised = normalised_email(address)
    except ValueError:
        return

    assert normalised_email(normalised) == normalised
    assert normalised.split() == [normalised]
    assert len(normalised) <= 254


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        (" Ada@Example.ORG ", "ada@example.org"),
        ("ada+forms@example.org", "ada+forms@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ("jose\u0301@example.org", "josé@example.org"),
        ("ada@例え。テスト", "ada@xn--r8jz45g.xn--zckzah"),
    ],
)
def test_one_mailbox_has_one_spelling(written: str, normalised: str) -> None:
    assert normalised_email(written) == normalised


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "ada",
        "ada@",
        "@example.org",
        "ada@example",
        "a b@example.org",
        "ada@exa mple.org",
        "ada@-example.org",
        "ada@example..org",
        ".ada@example.org",
        "ada.@example.org",
        "a..b@example.org",
        "a@b@example.org",
        "ada\x00@example.org",
        "ada@example.org\nBcc: all@example.org",
        "a" * 65 + "@example.org",
        "ada@" + "a." * 130 + "org",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not look like an e-mail address"):
        normalised_email(text)
