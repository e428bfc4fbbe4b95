"""What a practice may be told about itself, and what of it is public."""

import re
from functools import cache
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from pretamane.core.addresses import normalised_email
from pretamane.core.errors import Invalid
from pretamane.practice.models import UNNAMED, Practice

LOGO_LIMIT = 256 * 1024
LOGO_PATH = "/api/v1/practice/logo"

CAN_BE_NONE = ("recipient", "logo", "privacy_url", "imprint_url", "terms_url")

_SIGNATURES = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}


@cache
def time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _time_zone(name: str) -> str:
    if name not in time_zones():
        raise ValueError(f"“{name}” is not a time zone; write one like Europe/Berlin")
    return name


def _colour(text: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError(f"“{text}” is not a colour; write one like #1f4b43")
    return text.lower()


def _language(text: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", text):
        raise ValueError(f"“{text}” is not a language; write one like en or pt-BR")
    return text


def _printable(text: str) -> str:
    """A terminal's bytes that were no UTF-8 arrive as lone surrogates, which no database takes."""
    if not text.isprintable():
        raise ValueError("this holds signs that cannot be shown, or is not UTF-8; please write it anew")
    return text


def _address(text: str) -> str:
    _printable(text)
    try:
        parts = urlsplit(text)
    except ValueError:  # half an IPv6 address, say
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"“{text}” is not a web address; write one like https://example.org/privacy")
    return text


def _name(text: str) -> str:
    text = " ".join(text.split())
    if not text or len(text) > 200:
        raise ValueError("a practice's name has 1 to 200 characters")
    return _printable(text)


WebAddress = Annotated[str, AfterValidator(_address)]
Colour = Annotated[str, AfterValidator(_colour)]


class Changes(BaseModel):
    """New values for some of the practice's fields; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, AfterValidator(_name)] | None = None
    language: Annotated[str, AfterValidator(_language)] | None = None
    time_zone: Annotated[str, AfterValidator(_time_zone)] | None = None
    recipient: Annotated[str, AfterValidator(normalised_email)] | None = None
    thanks_visitors: bool | None = None
    primary_colour: Colour | None = None
    accent_colour: Colour | None = None
    logo: bytes | None = None
    privacy_url: WebAddress | None = None
    imprint_url: WebAddress | None = None
    terms_url: WebAddress | None = None

    @classmethod
    def of(cls, **fields: object) -> "Changes":
        """An empty text takes a value away again, where there can be none."""
        given = {name: value for name, value in fields.items() if value is not None}
        given |= {name: None for name in CAN_BE_NONE if given.get(name) == ""}
        try:
            return cls.model_validate(given)
        except ValidationError as invalid:
            raise Invalid("The practice was not changed.", fields=_sentences(invalid)) from None


def _sentences(invalid: ValidationError) -> dict[str, str]:
    def sentence(fault: Any) -> str:
        text: str = fault["msg"].removeprefix("Value error, ")
        return text[0].upper() + text[1:] + "."

    return {str(fault["loc"][0]): sentence(fault) for fault in invalid.errors()}


def logo_type(logo: bytes) -> str:
    if len(logo) > LOGO_LIMIT:
        raise Invalid(f"A logo has at most {LOGO_LIMIT // 1024} KiB.", fields={"logo": "The file is too large."})
    for kind, signature in _SIGNATURES.items():
        if signature.match(logo):
            return kind
    raise Invalid("A logo is a PNG, JPEG or WebP picture.", fields={"logo": "The file is of another kind."})


class PublicPractice(BaseModel):
    """The part of the practice that its website shows."""

    name: str
    language: str = Field(description="As in HTML's lang")
    time_zone: str
    primary_colour: str
    accent_colour: str
    logo_url: str | None
    privacy_url: str | None
    imprint_url: str | None
    terms_url: str | None

    # For the staff's pages, which have the same face; nobody else is told.
    _is_set_up: bool = PrivateAttr(default=True)

    @property
    def is_set_up(self) -> bool:
        return self._is_set_up

    @classmethod
    def of(cls, practice: Practice) -> "PublicPractice":
        own = {name: getattr(practice, name) for name in cls.model_fields if name != "logo_url"}
        face = cls(logo_url=LOGO_PATH if practice.logo_type else None, **own)
        face._is_set_up = practice.is_set_up
        return face

    @classmethod
    def plain(cls) -> "PublicPractice":
        """What is shown while nobody can be asked."""
        return cls(
            name=UNNAMED,
            language="en",
            time_zone="UTC",
            primary_colour="#1f4b43",
            accent_colour="#b3541e",
            logo_url=None,
            privacy_url=None,
            imprint_url=None,
            terms_url=None,
        )
