"""A visitor's message: what may be typed, and what to say when it cannot be taken."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from pretamane.core.addresses import normalised_email
from pretamane.core.errors import Invalid
from pretamane.core.texts import OneLine, clean, one_line

# Hints about how the form was used are no part of what was said: a retry may send others.
HINTS = frozenset({"seconds_on_form"})


def _nothing_is_none(value: object) -> object:
    value = one_line(value)
    return None if value == "" else value


def _ticked(value: object) -> object:
    """What a form sends for a ticked box; JSON has true and false."""
    return value.strip().lower() in ("on", "true", "yes", "1") if isinstance(value, str) else value


def _seconds(value: object) -> object:
    return None if value == "" else value


# Last in each Annotated, as OneLine is, so that lengths are those of the cleaned text.
NothingIsNone = BeforeValidator(_nothing_is_none)


def with_one_name(typed: Mapping[str, object]) -> Mapping[str, object]:
    """Older forms send first_name and last_name."""
    if typed.get("name"):
        return typed
    parts = [typed.get("first_name"), typed.get("last_name")]
    return {**typed, "name": " ".join(part for part in parts if isinstance(part, str))}


class MessageIn(BaseModel):
    """What a visitor sends. Fields that are not listed are ignored."""

    model_config = ConfigDict(extra="ignore")

    name: Annotated[str, StringConstraints(min_length=1, max_length=200), OneLine]
    email: Annotated[str, StringConstraints(min_length=1, max_length=254), OneLine] = Field(
        examples=["ada@example.org"]
    )
    phone: Annotated[str | None, Field(max_length=40), NothingIsNone] = None
    company: Annotated[str | None, Field(max_length=200), NothingIsNone] = None
    subject: Annotated[str | None, Field(max_length=200), NothingIsNone] = None
    message: Annotated[str, StringConstraints(min_length=1, max_length=10_000), BeforeValidator(clean)]
    consent: Annotated[bool, BeforeValidator(_ticked)] = False
    consent_version: Annotated[str | None, Field(max_length=40), NothingIsNone] = None
    page: Annotated[str | None, Field(max_length=500), NothingIsNone] = None
    seconds_on_form: Annotated[float | None, Field(allow_inf_nan=False), BeforeValidator(_seconds)] = None
    # The honeypot: people do not see this field, and programs that fill in every field do.
    leave_empty: Annotated[str | None, Field(max_length=10_000), NothingIsNone] = None

    spam_below_seconds: ClassVar[float] = 2.0  # nobody types a name, an address and a message in less

    @model_validator(mode="before")
    @classmethod
    def understand_two_names(cls, typed: Any) -> Any:
        return with_one_name(typed) if isinstance(typed, Mapping) else typed

    @property
    def spam_reason(self) -> str | None:
        if self.leave_empty:
            return "filled in the hidden field"
        if self.seconds_on_form is not None and self.seconds_on_form < self.spam_below_seconds:
            return "sent faster than anyone types"
        return None

    def what_was_said(self) -> dict[str, object]:
        return self.model_dump(exclude=set(HINTS))


def understand(typed: Mapping[str, object]) -> MessageIn:
    """A message, or a sentence for each field that cannot be taken."""
    faults: dict[str, str] = {}
    message = None
    try:
        message = MessageIn.model_validate(typed)
    except ValidationError as invalid:
        faults = {str(fault["loc"][0]): _sentence(fault) for fault in invalid.errors()}
    faults |= _email_fault(typed, faults)
    if message and message.consent and not message.consent_version:
        faults["consent_version"] = "Please say which version of the consent text was agreed to."
    if faults or message is None:
        raise Invalid("Please look at the marked fields. Nothing has been sent yet.", fields=faults)
    return message


def _email_fault(typed: Mapping[str, object], known: Mapping[str, str]) -> dict[str, str]:
    """Told beside the other faults, so that nobody has to send a form three times."""
    if "email" in known:
        return {}
    try:
        normalised_email(str(one_line(typed["email"])))
    except ValueError:
        return {"email": "That does not look like an e-mail address. Please write one like name@example.org."}
    return {}


_EMPTY = {
    "name": "Please tell us your name.",
    "email": "Please give an e-mail address that we can answer to.",
    "message": "Please write a message.",
}


def _sentence(fault: Any) -> str:
    field, kind = str(fault["loc"][0]), fault["type"]
    if kind in ("missing", "string_too_short"):
        return _EMPTY[field]
    if kind == "string_too_long":
        return f"Please write at most {fault['ctx']['max_length']:,} characters here."
    if kind == "string_type":
        return "Please write this as text."
    if kind.startswith("bool"):
        return "Please answer with yes or no."
    return "Please write this as a number." if field == "seconds_on_form" else "This cannot be taken as it is."


class Receipt(BaseModel):
    """The message is kept; the reference finds it again."""

    reference: str = Field(description="Short enough to be read out on the phone", examples=["K7MQ-4XDR"])
    received_at: datetime
