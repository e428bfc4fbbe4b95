"""Which passwords are good enough, and how they are kept."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Semaphore

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.accounts.conftest import PASSWORD

from pretamane.accounts import passwords
from pretamane.core.errors import Unavailable

APP = Path(__file__).parents[2]


def why_not(password):
    return passwords.why_not(password, "ada.byron@practice.example", "Ada Augusta Byron")


@pytest.mark.parametrize(
    "good",
    [PASSWORD, "correct horse", "kX9!vq2-Lm0#", "воробьи на проводе", "p" + "assenger pigeon", "é" * 3 + "tourneaux!"],
)
def test_a_few_words_will_do(good):
    assert why_not(good) is None


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("short words", "at least 12"),
        ("", "at least 12"),
        ("x" * 201, "at most 200"),
        *(
            (name, "your own name")
            for name in ("Ada Augusta Byron", "adaaugustabyron1815", "ada.byron@practice.example")
        ),
        ("Ada.Byron-2024!!", "your own name"),
        *((known, "first that anybody") for known in ("passwordpassword", "Password1234!", "p@ssw0rd p@ssw0rd")),
        *(
            (known, "first that anybody")
            for known in ("qwertyuiop123", "QWERTZUIOPasdf1", "administrator1", "iloveyou2024!")
        ),
        *((known, "first that anybody") for known in ("aaaaaaaaaaaa", "abababababab", "123456789012", "0987654321098")),
        *(
            (known, "first that anybody")
            for known in ("abcdefghijklm", "zyxwvutsrqpon", "1qaz2wsx3edc", "Summer2024!!!")
        ),
        *((known, "first that anybody") for known in ("19840512 1984", "!!!!!!!!????..", "correcthorsebatterystaple")),
    ],
)
def test_what_is_guessed_first_is_refused_with_a_sentence(bad, reason):
    assert reason in why_not(bad)


@given(st.text(max_size=250))
def test_every_text_is_taken_or_refused(text):
    told = why_not(text)

    assert told is None or told.endswith(".")


@settings(max_examples=5, deadline=None)
@given(st.text(st.characters(exclude_categories=()), min_size=12, max_size=60))
def test_only_the_same_password_matches(text):
    kept = passwords.hashed(text)

    assert passwords.matches(kept, text)
    assert not passwords.matches(kept, f"{text}.")
    assert text not in kept


def test_a_letter_matches_however_the_keyboard_composed_it(password_hash):
    composed, decomposed = "caf\u00e9 by the river", "cafe\u0301 by the river"

    assert passwords.matches(passwords.hashed(composed), decomposed)
    assert not passwords.matches(password_hash, composed)


def test_nothing_matches_where_no_password_is_set():
    assert not passwords.matches(None, "")
    assert not passwords.matches("none that fits", PASSWORD)


def test_the_parameters_are_those_that_were_decided(password_hash):
    assert password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_few_at_once_are_hashed_and_who_waits_too_long_is_told(monkeypatch):
    monkeypatch.setattr(passwords, "PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(passwords, "_hashing", Semaphore(0))

    with pytest.raises(Unavailable, match="Too many people") as refused:
        passwords.hashed(PASSWORD)

    assert refused.value.headers["Retry-After"] == "5"


def test_everybody_has_a_turn_in_the_end():
    with ThreadPoolExecutor(8) as people:
        kept = list(people.map(passwords.hashed, [PASSWORD] * 8))

    assert len(set(kept)) == 8


def test_an_idle_process_does_not_carry_the_hasher():
    script = "import sys; import pretamane.wiring; print('argon2' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=APP)

    assert shown.stdout.strip() == "False"
