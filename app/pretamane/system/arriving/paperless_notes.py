"""What paperless-ngx knows of a document and a house of ours has no field for: as lines of its notes."""

from collections.abc import Iterator
from typing import Any, Final

from pretamane.system.arriving.paperless_rows import DOCUMENT, FIELD, NOTE, USER, VALUE, Fields, Rows

_VALUES: Final = {
    "string": "value_text",
    "url": "value_url",
    "date": "value_date",
    "boolean": "value_bool",
    "integer": "value_int",
    "float": "value_float",
    "monetary": "value_monetary",
    "documentlink": "value_document_ids",
    "select": "value_select",
    "longtext": "value_long_text",
}


def notes_of(rows: Rows, document: Fields) -> str:
    fields, pk = document["fields"], document.get("pk")
    is_away = bool(fields.get("deleted_at"))
    told = [_note(rows, note) for note in rows.about(NOTE, pk) if is_away or not note.get("deleted_at")]
    told += _facts(fields)
    if (root := fields.get("root_document")) is not None:
        told.append(f"A version of “{_title(rows, root)}” in paperless-ngx.")
    values = (each for each in rows.about(VALUE, pk) if is_away or not each.get("deleted_at"))
    told += [_value(rows, value) for value in values]
    # What PostgreSQL takes in no text.
    return "\n\n".join(filter(None, told)).encode("utf-8", "ignore").decode("utf-8").replace("\0", "")


def _facts(fields: Fields) -> Iterator[str]:
    if (number := fields.get("archive_serial_number")) is not None:
        yield f"Archive serial number: {number}"
    if added := fields.get("added"):
        yield f"Added to paperless-ngx: {str(added)[:10]}"


def _note(rows: Rows, note: Fields) -> str:
    when = str(note.get("created") or "")[:16].replace("T", " ")
    who = rows.one(USER, note.get("user")).get("username")
    head = ", ".join(filter(None, (when, str(who) if who else "")))
    text = str(note.get("note") or "")
    return f"{head}: {text}" if head else text


def _value(rows: Rows, value: Fields) -> str:
    field = rows.one(FIELD, value.get("field"))
    kind = str(field.get("data_type"))
    told = value.get(_VALUES.get(kind, ""))
    if told is None or told in ("", []):
        return ""
    return f"{field.get('name') or 'A field'}: {_told(rows, kind, field, told)}"


def _told(rows: Rows, kind: str, field: Fields, value: Any) -> str:
    if kind == "boolean":
        return "yes" if value else "no"
    if kind == "select":
        return _choice(field, value)
    if kind == "documentlink" and isinstance(value, list):
        return ", ".join(f"“{_title(rows, each)}”" for each in value)
    return str(value)


def _choice(field: Fields, value: Any) -> str:
    """Newer exports name the choice by an id, older ones by its place."""
    extra = field.get("extra_data")
    choices = extra.get("select_options") if isinstance(extra, dict) else None
    for place, choice in enumerate(choices if isinstance(choices, list) else []):
        if isinstance(choice, dict) and choice.get("id") == value:
            return str(choice.get("label"))
        if isinstance(choice, str) and str(place) == str(value):
            return choice
    return str(value)


def _title(rows: Rows, pk: object) -> str:
    return str(rows.one(DOCUMENT, pk).get("title") or f"document {pk}")
