"""What is an e-mail address, and when two are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pretamane.core.addresses import normalised_email


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        ("  ada@example.org\n", "ada@example.org"),
        ("ada+form@example.org", "ada+form@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@Straße.de", "ada@xn--strae-oqa.de"),
        ("ada@strasse.de", "ada@strasse.de"),
        ("ada@xn--strae-oqa.de", "ada@xn--strae-oqa.de"),
        ("jose\u0301@example.org", "jos\u00e9@example.org"),
        ("\uff41da@example.org", "ada@example.org"),
        ("o'brien_1@sub.mail.example.co.uk", "o'brien_1@sub.mail.example.co.uk"),
    ],
)
def test_one_mailbox_has_one_spelling(typed, kept):
    assert normalised_email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *("", "@", "ada", "ada@", "@example.org", "ada@example", "ada@@example.org", "a@b@example.org"),
        *("ada byron@example.org", "ada@exa mple.org", "ada@-example.org", "ada@example-.org", "ada@example..org"),
        *(".ada@example.org", "ada.@example.org", "a..da@example.org", "ada@.example.org", "ada@example.org."),
        *("ada@example.org,eve@example.org", "<ada@example.org>", "ada@[192.0.2.1]", 'a"da@example.org'),
        *("a\udcffda@example.org", "a\u200bda@example.org", "ada@xn--zzzzzz.de", "ada@ex\udcffample.org"),
        *("ada\r\nBcc: eve@example.org", "ada@example.org\x00", "a" * 65 + "@example.org", f"a@{'b.' * 130}org"),
    ],
)
def test_what_is_no_address_is_refused_in_a_sentence(typed):
    with pytest.raises(ValueError, match="does not look like an e-mail address"):
        normalised_email(typed)


@given(st.text(max_size=80))
def test_whatever_is_typed_is_normalised_for_good_or_refused(typed):
    for tried in (typed, f"{typed}@example.org", f"ada@{typed}"):
        try:
            once = normalised_email(tried)
        except ValueError:
            continue
        assert normalised_email(once) == once
        assert once == once.lower()
        assert len(once) <= 254
        assert not any(character.isspace() for character in once)


@given(st.emails())
def test_upper_and_lower_case_make_no_second_mailbox(address):
    try:
        kept = normalised_email(address)
    except ValueError:
        return
    assert normalised_email(address.upper()) == kept
