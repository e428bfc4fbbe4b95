"""What somebody typed: what is dropped from it, and a sentence for each field that cannot be taken."""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, StringConstraints, ValidationError

from pretamane.core.addresses import normalised_email
from pretamane.core.errors import Invalid

# A feature's own sentence for a fault, where it has a better one than there is here.
OwnSentence = Callable[[Any], str | None]
Typed = TypeVar("Typed", bound=BaseModel)


def clean(value: object) -> object:
    """Drop what no database or mail can carry: lone surrogates and control characters but for line breaks."""
    if not isinstance(value, str):
        return value
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in value if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()


def one_line(value: object) -> object:
    value = clean(value)
    return " ".join(value.split()) if isinstance(value, str) else value


# Last in each Annotated, so that lengths are those of the cleaned text.
OneLine = BeforeValidator(one_line)
Email = Annotated[str, StringConstraints(min_length=1, max_length=254), AfterValidator(normalised_email), OneLine]


def understand(
    kind: type[Typed],
    typed: Mapping[str, Any],
    faults: Mapping[str, str] | None = None,
    own_sentence: OwnSentence = lambda _fault: None,
) -> Typed:
    """What was typed into a form, or a sentence for each field; `faults` are those already found elsewhere."""
    found = dict(faults or {})
    understood = None
    try:
        understood = kind.model_validate({name: typed[name] for name in kind.model_fields if name in typed})
    except ValidationError as invalid:
        found |= {str(fault["loc"][0]): own_sentence(fault) or _sentence(fault) for fault in invalid.errors()}
    if found or understood is None:
        raise Invalid("Please look at the marked fields. Nothing was changed.", fields=found)
    return understood


def _sentence(fault: Any) -> str:
    kind = fault["type"]
    if kind in ("missing", "string_too_short"):
        return "Please write something here."
    if kind == "string_too_long":
        return f"Please write at most {fault['ctx']['max_length']:,} characters here."
    if kind == "too_long":
        return f"Please give at most {fault['ctx']['max_length']} of them."
    if fault["loc"][0] == "email":
        return "That does not look like an e-mail address. Please write one like name@example.org."
    return "This cannot be taken as it is."
