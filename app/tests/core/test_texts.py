"""What is taken of what somebody typed, and what they are told of the rest."""

from typing import Annotated

import pytest
from pydantic import BaseModel, StringConstraints

from pretamane.core.errors import Invalid
from pretamane.core.texts import Email, OneLine, understand


class Card(BaseModel):
    name: Annotated[str, StringConstraints(min_length=1, max_length=5), OneLine]
    email: Email


def faults_of(typed, **more):
    with pytest.raises(Invalid) as refused:
        understand(Card, typed, **more)
    return refused.value.fields


@pytest.mark.parametrize("typed", [" A\r\nB ", "A\tB", "A\x00 B", "A \ud800B", "A\n\n\nB"])
def test_a_line_has_no_breaks_and_nothing_that_no_database_carries(typed):
    card = understand(Card, {"name": typed, "email": " Ada@EXAMPLE.org\n", "unknown": "x"})

    assert (card.name, card.email) == ("A B", "ada@example.org")


def test_each_field_has_its_sentence_beside_those_already_found():
    told = faults_of({"name": "Augusta", "email": "ada@"}, faults={"password": "Too short."})

    assert told["name"] == "Please write at most 5 characters here."
    assert told["email"].startswith("That does not look like an e-mail address.")
    assert set(told) == {"name", "email", "password"}


def test_a_feature_has_the_first_word():
    told = faults_of({"name": " "}, own_sentence=lambda fault: "A name, please." if fault["loc"] == ("name",) else None)

    assert told == {"name": "A name, please.", "email": "Please write something here."}
