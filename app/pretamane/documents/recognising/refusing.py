"""Why a file is not taken: what it is, and what its sender can do."""

from typing import NamedTuple

from pretamane.core.errors import AppError, Invalid, UnsupportedMedia
from pretamane.documents.recognising.kinds import Kind


class Foreign(NamedTuple):
    """A kind of file that is not taken."""

    called: str
    advice: str

    def refusal(self) -> AppError:
        return UnsupportedMedia(f"This is {self.called}, which is not taken: {self.advice}.", code="file-not-taken")


def empty() -> AppError:
    return Invalid("This file is empty: look whether it was saved or copied completely, and send it again.")


def misnamed(extension: str, like: str, content: str, right: str) -> AppError:
    return UnsupportedMedia(
        f"This file is named like {like} (.{extension}), but its content is {content}: "
        f"let its name end in .{right} if that is what you mean to send.",
        code="file-misnamed",
    )


def not_what_it_is_named(kind: Kind, extension: str, why: str) -> AppError:
    return UnsupportedMedia(
        f"This file is named like {kind.called} (.{extension}), but {why}: look whether it is the right file.",
        code="file-misnamed",
    )


def two_in_one(first: str, second: str, kind: Kind | None) -> AppError:
    again = f"save it anew as a .{kind.extension}" if kind else "save it anew"
    return UnsupportedMedia(
        f"This file is {first} and {second} at once, which is a way to hide things and is not taken: "
        f"open it, {again} and send that.",
        code="file-not-taken",
    )


def with_macros(called: str, kind: Kind) -> AppError:
    return UnsupportedMedia(
        f"This is {called} with macros, which are programs and are not taken: "
        f"save it as .{kind.extension}, without macros, and send that.",
        code="file-not-taken",
    )
