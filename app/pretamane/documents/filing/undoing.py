"""What documents were before an act, kept for as long as it can be undone.

In a table of their own and not in the act's event: what people wrote goes when its document goes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from pretamane.contacts import people
from pretamane.core import undo
from pretamane.core.actors import Actor
from pretamane.core.database import now
from pretamane.core.details import as_json
from pretamane.documents.filing import labels
from pretamane.documents.filing.standing import Put, spelled
from pretamane.documents.models import DocumentType, FormerValues, Tag

_REMEMBER: Final = text("""
    INSERT INTO document_former_values (act_id, document_id, account_id, version, before, made_at)
    SELECT :act, put.document, :account, put.version, put.before, :at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS put (document uuid, version integer, before jsonb)
""")


def remember(session: Session, act: UUID, several: Sequence[Put], by: Actor) -> None:
    """Nobody could undo what the operator does by a command."""
    if by.account_id is None:
        return
    rows = [
        {"document": each.document.id, "version": each.document.version + 1, "before": spelled(each.before)}
        for each in several
    ]
    session.execute(_REMEMBER, {"act": act, "account": by.account_id, "at": now(session), "rows": as_json(rows)})


def undoable(session: Session, act: UUID, by: Actor, grace: timedelta = timedelta(0)) -> Sequence[FormerValues]:
    former = session.scalars(select(FormerValues).where(FormerValues.act_id == act)).all()
    if not former:
        raise undo.nothing_to_undo()
    undo.refuse_unless_possible(former[0].account_id, former[0].made_at, by, now(session), grace)
    return former


def values_before(session: Session, former: Sequence[FormerValues]) -> dict[UUID, dict[str, Any]]:
    """Of each document, and whatever they name held: a contact that was merged since is the survivor."""
    contacts = people.stand_ins(session, _named(former, "contact_id"))
    types = labels.held_ones(session, DocumentType, _named(former, "type_id"))
    tags = {str(tag) for tag in labels.held_ones(session, Tag, _tags_in(former))}
    values = {each.document_id: dict(each.before) for each in former}
    for before in values.values():
        if before.get("contact_id"):
            before["contact_id"] = contacts.get(UUID(before["contact_id"]))
        if before.get("type_id") and UUID(before["type_id"]) not in types:
            before["type_id"] = None
        if "tags" in before:
            before["tags"] = [tag for tag in before["tags"] if tag in tags]
    return values


def _named(former: Sequence[FormerValues], field: str) -> set[UUID]:
    return {UUID(each.before[field]) for each in former if each.before.get(field)}


def _tags_in(former: Sequence[FormerValues]) -> set[UUID]:
    return {UUID(tag) for each in former for tag in each.before.get("tags", ())}


def forget(session: Session, act: UUID) -> None:
    session.execute(delete(FormerValues).where(FormerValues.act_id == act))


def forget_old(session: Session, at: datetime) -> None:
    """What nobody may undo any more."""
    session.execute(delete(FormerValues).where(FormerValues.made_at < at - undo.OFFERED_FOR - undo.GRACE))
