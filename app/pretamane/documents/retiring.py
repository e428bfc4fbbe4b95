"""What the worker removes by itself: what was kept long enough goes into the trash, what was there long enough goes.

Each part commits on its own and looks again under the lock, so that whoever is killed begins anew and takes no more.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from pretamane.core.actors import Actor, Role
from pretamane.core.database import now
from pretamane.core.jobs import Run
from pretamane.documents import keeping, service
from pretamane.documents.models import Document, RetentionRule

RETIRE: Final = "documents.retire"
EMPTY_TRASH: Final = "documents.empty_trash"
KEPT_IN_TRASH: Final = timedelta(days=30)
AT_ONCE: Final = 100

BY_A_RULE: Final = Actor(account_id=None, name="a rule of retention", role=Role.ADMIN)
END_OF_TRASH: Final = Actor(account_id=None, name="the end of the trash", role=Role.ADMIN)


def retire(run: Run) -> None:
    for rule in run.read(keeping.in_force):
        while run.write(_retire_some, rule.id) == AT_ONCE:
            pass


def _retire_some(session: Session, rule_id: UUID) -> int:
    """How many there were to look at. Rules stay as they are until the commit."""
    asked = select(RetentionRule).where(RetentionRule.in_force_since.is_not(None)).order_by(RetentionRule.id)
    rules = {rule.id: rule for rule in session.scalars(asked.with_for_update(read=True))}
    rule = rules.pop(rule_id, None)
    if rule is None:
        return 0
    which = keeping.going(rule, list(rules.values()), keeping.today(session))
    some = select(Document.id).where(which).order_by(Document.id).limit(AT_ONCE)
    held = session.scalars(some.with_for_update(of=Document, skip_locked=True)).all()
    # Asked anew now that they are locked: what waited for a lock was judged by what others had not committed yet.
    still = select(Document).where(Document.id.in_(held), which).order_by(Document.id)
    for document in session.scalars(still.execution_options(populate_existing=True)).all():
        service.put_into_trash(session, document, BY_A_RULE, rule=rule_id)
    return len(held)


def empty_trash(run: Run) -> None:
    last = UUID(int=0)
    while some := run.read(_over, last):
        for document_id in some:
            run.write(_purge_what_is_over, document_id)
        last = some[-1]


def _over(session: Session, after: UUID) -> Sequence[UUID]:
    some = select(Document.id).where(_is_over(session), Document.id > after).order_by(Document.id).limit(AT_ONCE)
    return session.scalars(some).all()


def _is_over(session: Session) -> ColumnElement[bool]:
    since = now(session) - KEPT_IN_TRASH
    return and_(Document.trashed_at.is_not(None), Document.trashed_at <= since, Document.held_at.is_(None))


def _purge_what_is_over(session: Session, document_id: UUID) -> None:
    """One a transaction: its bytes are locked in the order in which everybody else locks them."""
    asked = select(Document.id).where(Document.id == document_id, _is_over(session)).with_for_update(of=Document)
    if session.scalar(asked) is not None:
        service.purge(session, document_id, END_OF_TRASH)
