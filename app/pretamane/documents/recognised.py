"""What a file turned out to be, by its content and its name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Recognised:
    """`quarantine` says why nobody may have it; an administrator decides."""

    kind: str
    media_type: str
    marks: tuple[str, ...] = ()
    quarantine: str | None = None


# Refuses, by an AppError with a sentence, what is not taken.
Recognise = Callable[[Path, str], Recognised]
