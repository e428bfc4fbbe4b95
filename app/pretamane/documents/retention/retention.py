"""Rules of retention: for how long documents of a type, with a tag, or both are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from pretamane.core import audit
from pretamane.core.actors import Actor
from pretamane.core.database import now
from pretamane.core.errors import ChangedMeanwhile, Conflict, Invalid, NotFound
from pretamane.core.http.versions import Seen
from pretamane.documents.models import DocumentType, RetentionRule, Tag
from pretamane.documents.retention import keeping
from pretamane.documents.retention.keeping import CountedFrom

LONGEST_NAME = 100


@dataclass(frozen=True)
class Terms:
    name: str
    type_id: UUID | None
    tag_id: UUID | None
    keep_days: int
    counted_from: CountedFrom


def rules(session: Session) -> Sequence[RetentionRule]:
    return session.scalars(select(RetentionRule).order_by(RetentionRule.name, RetentionRule.id)).all()


def rule(session: Session, rule_id: UUID) -> RetentionRule:
    found = session.get(RetentionRule, rule_id)
    if found is None:
        raise _no_such_rule()
    return found


def types_and_tags(session: Session) -> tuple[Mapping[UUID, str], Mapping[UUID, str]]:
    """What rules can be about, by name."""
    types = session.execute(select(DocumentType.id, DocumentType.name).order_by(DocumentType.name))
    tags = session.execute(select(Tag.id, Tag.name).order_by(Tag.name))
    return {row.id: row.name for row in types}, {row.id: row.name for row in tags}


def make(session: Session, terms: Terms, by: Actor) -> RetentionRule:
    """It removes nothing before it is put in force."""
    _refuse_unless_about_something(session, terms)
    made = RetentionRule(**vars(terms), made_at=now(session), made_by=by.account_id)
    session.add(made)
    session.flush()
    audit.record(session, by, "retention.made", made.id)
    return made


def change(session: Session, rule_id: UUID, seen: Seen, terms: Terms, by: Actor) -> RetentionRule:
    """What it would remove now, nobody has seen: so it is not in force any more."""
    changed = _as_seen(session, rule_id, seen)
    _refuse_unless_about_something(session, terms)
    for name, value in vars(terms).items():
        setattr(changed, name, value)
    changed.in_force_since = None
    return _told(session, changed, "retention.changed", by)


def put_in_force(session: Session, rule_id: UUID, seen: Seen, would_go: int, by: Actor) -> RetentionRule:
    """Only by whoever has seen what goes at once."""
    chosen = _as_seen(session, rule_id, seen)
    if keeping.would_go(session, chosen, by) != would_go:
        sentence = "What would go into the trash at once has changed since you looked. Look at the list again first."
        raise Conflict(sentence, code="dry-run-changed")
    chosen.in_force_since = chosen.in_force_since or now(session)
    return _told(session, chosen, "retention.in-force", by)


def stop(session: Session, rule_id: UUID, seen: Seen, by: Actor) -> RetentionRule:
    stopped = _as_seen(session, rule_id, seen)
    stopped.in_force_since = None
    return _told(session, stopped, "retention.stopped", by)


def remove(session: Session, rule_id: UUID, seen: Seen, by: Actor) -> None:
    session.delete(_as_seen(session, rule_id, seen))
    session.flush()
    audit.record(session, by, "retention.removed", rule_id)


def _refuse_unless_about_something(session: Session, terms: Terms) -> None:
    faults = {}
    if terms.type_id is None and terms.tag_id is None:
        faults["type_id"] = "Choose a type, a tag, or both: no rule is about all documents."
    if terms.type_id is not None and session.get(DocumentType, terms.type_id, with_for_update={"read": True}) is None:
        faults["type_id"] = "There is no such type."
    if terms.tag_id is not None and session.get(Tag, terms.tag_id, with_for_update={"read": True}) is None:
        faults["tag_id"] = "There is no such tag."
    if faults:
        raise Invalid("Please look at the marked fields. Nothing was changed.", fields=faults)


def _as_seen(session: Session, rule_id: UUID, seen: Seen) -> RetentionRule:
    found = session.get(RetentionRule, rule_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise _no_such_rule()
    if found.version not in seen:
        raise ChangedMeanwhile("Somebody changed this rule meanwhile, so nothing was overwritten.")
    return found


def _told(session: Session, changed: RetentionRule, act: str, by: Actor) -> RetentionRule:
    changed.version += 1
    session.flush()
    audit.record(session, by, act, changed.id)
    return changed


def _no_such_rule() -> NotFound:
    return NotFound("There is no rule with this id.")
