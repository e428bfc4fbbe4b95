"""Who can be given a message."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from pretamane.accounts import queries as accounts
from pretamane.accounts.models import Account
from pretamane.core.actors import Actor
from pretamane.core.errors import Invalid


def others(session: Session, actor: Actor) -> Sequence[Account]:
    """Whom this person may give a message to, besides themselves."""
    return [each for each in accounts.who_may_be_assigned(session) if each.id != actor.account_id]


def refuse_strangers(session: Session, assignee_id: UUID | None, by: Actor) -> None:
    if assignee_id is None or assignee_id == by.account_id:
        return
    if assignee_id not in {each.id for each in others(session, by)}:
        sentence = "Nobody who is here and can do the work has this id."
        raise Invalid("Nothing was changed.", fields={"assignee_id": sentence})
