"""Which documents a program asks for, by what stands in the address."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from pretamane.core.words import LONGEST_SEARCH
from pretamane.documents.filing.filing import MOST_TAGS
from pretamane.documents.queries import Documents
from pretamane.documents.schemas import State

_TAGS = Query(alias="tag", max_length=MOST_TAGS, description="A tag's name; of several, those that have all of them.")
_WORDS = "Words that are all in the title; the last may be the start of one."
_TOO = "This day counts, too."


@dataclass(frozen=True)
class Filters:
    contact_id: UUID | None = None
    state: State | None = None
    in_the_trash: Annotated[bool, Query(alias="trashed", description="Those in the trash, instead of all others.")] = (
        False
    )
    type_id: UUID | None = None
    tags: Annotated[list[str] | None, _TAGS] = None
    dated_from: Annotated[date | None, Query(description="By the day on the document.")] = None
    dated_to: Annotated[date | None, Query(description=_TOO)] = None
    received_from: Annotated[date | None, Query(description="By the day it came, where the practice is.")] = None
    received_to: Annotated[date | None, Query(description=_TOO)] = None
    title: Annotated[str | None, Query(max_length=LONGEST_SEARCH, description=_WORDS)] = None
    is_untyped: Annotated[bool, Query(alias="untyped", description="Those without a type.")] = False
    is_without_contact: Annotated[bool, Query(alias="without_contact", description="Those that are nobody's.")] = False


def _wanted(filters: Annotated[Filters, Depends(Filters)]) -> Documents:
    return Documents(**{**asdict(filters), "tags": filters.tags or ()})


Which = Annotated[Documents, Depends(_wanted)]
