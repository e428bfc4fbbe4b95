"""Secrets that machines carry."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from pretamane.core import tokens
from pretamane.core.tokens import ApiKey


def test_a_key_is_read_back_and_shows_only_its_prefix():
    key = ApiKey.draw()

    assert ApiKey.read(str(key)) == key
    assert str(key).startswith(f"pmk_{key.prefix}_")
    assert key.secret not in repr(key)


def test_no_single_mistyped_character_passes():
    text = str(ApiKey.draw())

    mistyped = (
        text[:at] + sign + text[at + 1 :] for at, sign in product(range(len(text)), "0aZ_-é") if text[at] != sign
    )

    assert [wrong for wrong in mistyped if ApiKey.read(wrong) is not None] == []


@given(st.text())
def test_what_is_no_key_is_refused_quietly(text):
    assert ApiKey.read(text) is None
    assert ApiKey.read(f"pmk_{text}") is None


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_has_a_hash_that_is_its_own(text):
    assert tokens.hash_of(text) == tokens.hash_of(text)
    assert tokens.hash_of(text) != tokens.hash_of(f"{text}.")
    assert not tokens.is_same(tokens.hash_of(text), tokens.hash_of(f"{text}."))


def test_tokens_and_keys_are_drawn_anew():
    assert len({tokens.new_token() for _ in range(100)}) == 100
    assert len({ApiKey.draw().prefix for _ in range(100)}) == 100
