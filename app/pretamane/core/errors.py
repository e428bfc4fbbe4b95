"""Every refusal the app gives: a stable code, a status, a sentence for a person."""

from collections.abc import Mapping

_MEBI = 1024 * 1024


class AppError(Exception):
    """A refusal; one place (core/http/problems.py) turns it into an answer."""

    status = 400
    code = "refused"

    def __init__(
        self,
        sentence: str,
        *,
        code: str | None = None,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code or type(self).code
        self.fields = dict(fields or {})
        self.headers = dict(headers or {})
        self.members = dict(members or {})  # of the problem, beside those that all have (RFC 9457)


class Malformed(AppError):
    status, code = 400, "malformed"


class SignInNeeded(AppError):
    """Nobody is known to be asking. Pages send people to sign in; the API says how to."""

    status, code = 401, "sign-in-needed"


class Forbidden(AppError):
    status, code = 403, "forbidden"


class NotFound(AppError):
    status, code = 404, "not-found"


class Conflict(AppError):
    status, code = 409, "conflict"


class Gone(AppError):
    """It was there, and will not come back."""

    status, code = 410, "gone"


class ChangedMeanwhile(AppError):
    """What the asker had seen is no longer what is there; nothing was overwritten."""

    status, code = 412, "changed-meanwhile"


class TooLarge(AppError):
    status, code = 413, "too-large"

    @classmethod
    def beyond(cls, limit: int) -> "TooLarge":
        told = f"{limit // _MEBI} MiB" if limit >= _MEBI else f"{limit // 1024} KiB"
        return cls(f"That is more than the {told} that this address takes.")


class UnsupportedMedia(AppError):
    status, code = 415, "unsupported-media-type"


class Invalid(AppError):
    """Well-formed, but some fields cannot be taken; `fields` says why, one sentence each."""

    status, code = 422, "invalid"


class Locked(AppError):
    """Somebody else is at it just now."""

    status, code = 423, "locked"


class VersionNeeded(AppError):
    """A change that does not say which version it changes could overwrite somebody else's."""

    status, code = 428, "version-needed"


class Undeliverable(AppError):
    """No mail reaches this address, now or later; trying again would only annoy the server that said so.

    A job that lets it pass is given up at once.
    """

    status, code = 422, "undeliverable"


class TooMany(AppError):
    status, code = 429, "too-many-requests"


class Unavailable(AppError):
    """Something that the request needs is away for now; nothing was saved unless a retry says otherwise."""

    status, code = 503, "unavailable"


class NoRoom(AppError):
    """The disk is nearly full, and what is left belongs to the database."""

    status, code = 507, "no-room"


class CannotStart(Exception):
    """A command cannot do its work here; the message is the one sentence printed before exit code 2."""
