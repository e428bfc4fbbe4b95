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


def can_be_given(session: Session, assignee_id: UUID | None) -> bool:
    """Nobody deactivates or demotes them before this is done: what is given to them would not be handed over."""
    return assignee_id is None or accounts.may_be_assigned_for_now(session, assignee_id)


def stranger() -> Invalid:
    sentence = "Nobody who is here and can do the work has this id."
    return Invalid("Nothing was changed.", fields={"assignee_id": sentence})
