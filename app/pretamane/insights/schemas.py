"""Visits in, totals out."""

import re
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

# CUBOT makes phones.
_BOTS = re.compile(
    r"(?<!\bcu)bot|crawl|spider|slurp|preview|monitor|scan|fetch|curl|wget|python|java/|go-http|headless|lighthouse|^$",
    re.I,
)


class Visit(BaseModel):
    page: Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9/._~%-]{0,199}$")] = Field(
        description="The page's path on its website", examples=["/contact.html"]
    )


class Totals(BaseModel):
    visits: int
    messages: int


def is_known_bot(user_agent: str) -> bool:
    return bool(_BOTS.search(user_agent))
