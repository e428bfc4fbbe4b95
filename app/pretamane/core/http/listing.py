"""Lists over HTTP: pages by cursor, and only the fields that were asked for."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field, create_model
from pydantic.fields import FieldInfo
from sqlalchemy import Row

from pretamane.core.errors import Invalid
from pretamane.core.paging import PAGE, Page

MOST = 200

Cursor = Annotated[
    str | None,
    Query(max_length=64, description="`next` of the page before; left out, the list begins with the newest."),
]
Limit = Annotated[int, Query(ge=1, le=MOST, description=f"Rows a page has at most; {PAGE} where nothing is said.")]
Chosen = Annotated[
    str | None,
    Query(max_length=500, description="Names of the fields to give, with commas between; others are left out."),
]


def page_model(of: type[BaseModel]) -> type[BaseModel]:
    """How a page of these is described: each field may be missing, as only some may have been asked for."""
    name = of.__name__.removesuffix("Out")
    fields: dict[str, Any] = {key: (_or_missing(field), None) for key, field in of.model_fields.items()}
    item = create_model(f"{name}Item", **fields)
    return create_model(f"{name}Page", items=(list[item], ...), next=(str | None, ...))  # type: ignore[valid-type]  # made just above


def _or_missing(field: FieldInfo) -> Any:
    known: Any = field.annotation
    return Annotated[known | None, Field(description=field.description)]


def chosen_fields(wanted: str | None, known: Mapping[str, object]) -> Sequence[str]:
    """Nothing for: whatever the list gives by itself."""
    if wanted is None:
        return ()
    names = list(dict.fromkeys(name.strip() for name in wanted.split(",") if name.strip()))
    strange = [name for name in names if name not in known]
    if strange or not names:
        raise Invalid("Some of what was sent cannot be taken.", fields={"fields": f"Choose among {', '.join(known)}."})
    return names


def as_answer(page: Page[Row[Any]]) -> dict[str, Any]:
    """The columns that place a row in the list stay with us."""
    rows = ({name: value for name, value in row._mapping.items() if name not in _PLACES} for row in page.items)
    return {"items": list(rows), "next": page.next}


_PLACES = ("place_at", "place_id")
