"""Who can be given a message, and by what name the others know them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from pretamane.core.actors import Actor
from pretamane.core.errors import Invalid


@dataclass(frozen=True)
class Colleague:
    """Somebody with an account; one that was deactivated keeps the name, and is given nothing any more."""

    id: UUID
    name: str
    is_active: bool = True


AskColleagues = Callable[[Session], Sequence[Colleague]]


def colleagues(session: Session) -> Sequence[Colleague]:
    """Everybody there ever was: wiring.py says who knows them."""
    ask: AskColleagues = session.info["colleagues"]
    return ask(session)


def names(session: Session) -> dict[UUID, str]:
    return {each.id: each.name for each in colleagues(session)}


def refuse_strangers(session: Session, assignee_id: UUID | None, by: Actor) -> None:
    if assignee_id is None or assignee_id == by.account_id:
        return
    if assignee_id not in {each.id for each in colleagues(session) if each.is_active}:
        raise Invalid("Nothing was changed.", fields={"assignee_id": "There is nobody here with this id."})


def others(session: Session, actor: Actor) -> Sequence[Colleague]:
    """Whom this person may give a message to, besides themselves."""
    return [each for each in colleagues(session) if each.is_active and each.id != actor.account_id]
