"""What the worker removes by itself: what was kept long enough goes into the trash, what was there long enough goes.

Each part commits on its own and looks again under the lock, so that whoever is killed begins anew and takes no more.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from pretamane.core import audit, events
from pretamane.core.actors import Actor, Role
from pretamane.core.database import now
from pretamane.core.jobs import Run
from pretamane.documents import service
from pretamane.documents.models import Document, RetentionRule
from pretamane.documents.retention import keeping
from pretamane.documents.stored import removal

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
    some = session.scalars(select(Document.id).where(which).order_by(Document.id).limit(AT_ONCE)).all()
    session.execute(select(Document.id).where(Document.id.in_(some)).order_by(Document.id).with_for_update())
    # Asked anew now that they are locked: whoever held, filed or took out one of them meanwhile has committed that.
    still = select(Document).where(Document.id.in_(some), which).order_by(Document.id)
    for document in session.scalars(still.execution_options(populate_existing=True)).all():
        service.put_into_trash(session, document, BY_A_RULE, rule=rule_id)
    return len(some)


def empty_trash(run: Run) -> None:
    while run.write(_purge_some) == AT_ONCE:
        pass


def _purge_some(session: Session) -> int:
    """How many there were to look at. Locked as everybody locks: tags, then documents, then bytes."""
    some = session.scalars(select(Document.id).where(_is_over(session)).order_by(Document.id).limit(AT_ONCE)).all()
    tags = removal.hold_tags(session, some)
    still = select(Document.id).where(Document.id.in_(some), _is_over(session)).order_by(Document.id)
    going = session.scalars(still.with_for_update(of=Document)).all()
    removal.remove(session, going, tags)
    audit.record_many(session, END_OF_TRASH, "document.purged", going)
    events.emit_many(session, "document.purged", going)
    return len(some)


def _is_over(session: Session) -> ColumnElement[bool]:
    """For good, and at once: whoever holds or takes out one of them meanwhile is asked about under the lock."""
    since = now(session) - KEPT_IN_TRASH
    return and_(Document.trashed_at.is_not(None), Document.trashed_at <= since, Document.held_at.is_(None))
