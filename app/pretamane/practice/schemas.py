"""What a practice may be told about itself, and what of it is public."""

import re
from functools import cache
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationError

from pretamane.core.addresses import normalised_email
from pretamane.core.errors import Invalid
from pretamane.practice.models import UNNAMED, Practice

LOGO_LIMIT = 256 * 1024
LOGO_PATH = "/api/v1/practice/logo"

CAN_BE_NONE = ("recipient", "logo", "privacy_url", "imprint_url", "terms_url", "storage_quota")
# Of the quota: from then on administrators are warned.
NEARLY_FULL, FULL = 80, 100

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


_UNITS = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
MOST_BYTES = 2**60


def _bytes(given: object) -> object:
    """A number of bytes, or words such as “50 GB”, as people's own computers count them."""
    if not isinstance(given, str):
        return given
    said = re.fullmatch(r"(\d{1,15})(?:[.,](\d{1,3}))?\s*([kmgt]?b)?", given.strip().lower())
    if said is None:
        raise ValueError(f"“{given}” is no amount of storage; write one like 50 GB")
    whole, part, unit = said.groups()
    return int(float(f"{whole}.{part or 0}") * _UNITS[unit or ""])


def _quota(count: int) -> int:
    if not 10**6 <= count <= MOST_BYTES:
        raise ValueError("a quota is at least 1 MB; write one like 50 GB")
    return count


def in_units(count: int) -> str:
    """The same the other way round, for a form: no digit of it may be lost."""
    for unit in ("TB", "GB", "MB"):
        if count % _UNITS[unit.lower()] == 0:
            return f"{count // _UNITS[unit.lower()]} {unit}"
    return str(count)


def _name(text: str) -> str:
    text = " ".join(text.split())
    if not text or len(text) > 200:
        raise ValueError("a practice's name has 1 to 200 characters")
    return _printable(text)


WebAddress = Annotated[str, AfterValidator(_address)]
Colour = Annotated[str, AfterValidator(_colour)]
Quota = Annotated[int, AfterValidator(_quota), BeforeValidator(_bytes)]


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
    storage_quota: Quota | None = None

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
    _fullness: int = PrivateAttr(default=0)

    @property
    def is_set_up(self) -> bool:
        return self._is_set_up

    @property
    def is_nearly_full(self) -> bool:
        return self._fullness >= NEARLY_FULL

    @property
    def is_full(self) -> bool:
        return self._fullness >= FULL

    @classmethod
    def of(cls, practice: Practice) -> "PublicPractice":
        own = {name: getattr(practice, name) for name in cls.model_fields if name != "logo_url"}
        face = cls(logo_url=LOGO_PATH if practice.logo_type else None, **own)
        face._is_set_up = practice.is_set_up
        face._fullness = practice.fullness or 0
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
