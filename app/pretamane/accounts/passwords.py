"""Passwords: which are good enough, and how one is kept so that it can be checked but not read."""

import re
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from pretamane.core.errors import Unavailable

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 200
# OWASP's figures for argon2id: 19 MiB, two passes, one lane.
TIME_COST, MEMORY_KIB, LANES = 2, 19 * 1024, 1
# Two cores and 38 MiB: what a small machine can spare while it goes on answering others.
AT_ONCE, PATIENCE_SECONDS = 2, 5.0

_hashing = BoundedSemaphore(AT_ONCE)

# Lists of passwords that leaked are led by these words, said twice or dressed with years, digits and signs.
_WORDS = (
    *("password", "passwort", "passphrase", "admin", "administrator", "welcome", "willkommen", "hello", "letmein"),
    *("qwerty", "qwertz", "azerty", "asdf", "asdfgh", "zxcvbn", "yxcvbn", "uiop", "uiopas", "jkl", "bnm", "secret"),
    *("changeme", "change", "trustno", "iloveyou", "love", "you", "me", "my", "is", "the", "dragon", "monkey"),
    *("football", "baseball", "superman", "batman", "princess", "sunshine", "master", "shadow", "whatever"),
    *("spring", "summer", "autumn", "winter", "company", "office", "practice", "test", "testing", "login", "user"),
    *("correcthorsebatterystaple", "pretamane"),
)
_COMMON = re.compile(rf"(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})+")
_DISGUISES = str.maketrans("@4031$5!7", "aaoelssit")
_ROWS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "qwertzuiop", "asdfghjkl", "1qaz2wsx3edc4rfv")
_FEWEST_DIFFERENT = 5


def why_not(password: str, email: str, name: str) -> str | None:
    """A sentence when this password cannot be taken, for its own sake or for whose it is."""
    length = len(password)
    if length < SHORTEST:
        return f"Please choose at least {SHORTEST} characters; a few words in a row are easy to remember."
    if length > LONGEST:
        return f"Please choose at most {LONGEST} characters."
    if _bare(password) in {_bare(email), _bare(email.partition("@")[0]), _bare(name)} - {""}:
        return "Please choose something other than your own name or e-mail address."
    if _is_common(password):
        return "This is among the first that anybody would guess. Please choose another."
    return None


def _bare(text: str) -> str:
    """Without the digits and signs that people hang on to a name."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold())).rstrip("0123456789")


def _is_common(password: str) -> bool:
    text = unicodedata.normalize("NFKC", password).casefold()
    if len(set(text)) < _FEWEST_DIFFERENT or _is_a_row(text):
        return True
    undressed = (re.sub(r"[\W\d_]+", "", text), re.sub(r"[\W\d_]+", "", text.translate(_DISGUISES)))
    return any(word == "" or _COMMON.fullmatch(word) for word in undressed)


def _is_a_row(text: str) -> bool:
    """Along the keyboard or the alphabet, forwards or backwards, over and over."""
    return any(text in row * (LONGEST // len(row) + 2) for each in _ROWS for row in (each, each[::-1]))


def hashed(password: str) -> str:
    """Takes about a fiftieth of a second of a core: never do it while a connection is held."""
    with _one_of_few():
        return _hasher().hash(_as_bytes(password))


def matches(kept: str | None, password: str) -> bool:
    """Whether it is the one that was kept. Where none was, it takes just as long to say no."""
    from argon2.exceptions import InvalidHashError, VerificationError

    with _one_of_few():
        try:
            _hasher().verify(kept or _nobodys(), _as_bytes(password[: LONGEST + 1]))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Kept with other parameters than today's."""
    return _hasher().check_needs_rehash(kept)


def _as_bytes(password: str) -> bytes:
    """The same whichever keyboard composed its letters."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@contextmanager
def _one_of_few() -> Iterator[None]:
    if not _hashing.acquire(timeout=PATIENCE_SECONDS):
        raise Unavailable(
            "Too many people are signing in just now. Please try again in a moment.",
            code="signing-in-busy",
            headers={"Retry-After": "5"},
        )
    try:
        yield
    finally:
        _hashing.release()


@lru_cache(maxsize=1)
def _hasher() -> "PasswordHasher":
    """Loaded with the first password, not with the process: an idle one carries none of it."""
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=LANES)


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return _hasher().hash(secrets.token_bytes(32))
