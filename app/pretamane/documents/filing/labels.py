"""What documents are sorted by: types, of which each has one at most, and tags. Two never differ by case alone."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, delete, exists, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from pretamane.core import audit, events
from pretamane.core.actors import Actor
from pretamane.core.database import now
from pretamane.core.errors import Conflict, Invalid, NotFound
from pretamane.core.ids import new_id
from pretamane.documents import queries
from pretamane.documents.models import Document, DocumentTag, DocumentType, RetentionRule, Tag
from pretamane.documents.names import in_order

LONGEST_NAME: Final = 60
# To choose from in a form; whatever else there is can be typed.
MOST_SHOWN: Final = 1_000
# Whoever makes one waits for whoever makes another, so that nobody makes what somebody else is just making.
_MAKING: Final = 7_273_826_005

Label = TypeVar("Label", Tag, DocumentType)
Kind = type[Tag] | type[DocumentType]
_CALLED: Final[Mapping[Kind, str]] = {Tag: "tag", DocumentType: "document-type"}


def make(session: Session, kind: type[Label], name: str, by: Actor) -> Label:
    _wait_for_others(session)
    if known := _known(session, kind, [_named(name)]):
        raise _taken(kind, known[0])
    return _make(session, kind, _named(name), by)


def make_type(session: Session, name: str, by: Actor, *, is_expected: bool = False) -> DocumentType:
    made = make(session, DocumentType, name, by)
    made.is_expected = is_expected
    return made


def tags_named(session: Session, names: Sequence[str], by: Actor) -> list[Tag]:
    """Those with these names; what nobody has called anything yet is made."""
    return known_and_made(session, names, by)[0]


def known_and_made(session: Session, names: Sequence[str], by: Actor) -> tuple[list[Tag], frozenset[UUID]]:
    """Those with these names, and which of them were made just now."""
    made: dict[str, Tag] = {}
    wanted: dict[str, str] = {}
    for name in map(_named, names):
        wanted.setdefault(_folded(name), name)
    known = {_folded(tag.name): tag for tag in _known(session, Tag, list(wanted.values()))}
    if missing := {key: name for key, name in wanted.items() if key not in known}:
        _wait_for_others(session)
        known |= {_folded(tag.name): tag for tag in _known(session, Tag, list(missing.values()))}
        made = {key: _make(session, Tag, name, by) for key, name in missing.items() if key not in known}
    return [(known | made)[key] for key in wanted], frozenset(tag.id for tag in made.values())


def tags_called(session: Session, names: Sequence[str]) -> frozenset[UUID]:
    """Those that there are of these names."""
    return frozenset(tag.id for tag in _known(session, Tag, [_named(name) for name in names])) if names else frozenset()


def _known(session: Session, kind: type[Label], names: Sequence[str]) -> Sequence[Label]:
    """Held, so that nobody removes or merges one before it is given to a document."""
    query = select(kind).where(func.lower(kind.name).in_([func.lower(name) for name in names])).order_by(kind.id)
    held_now = query.with_for_update(read=True, key_share=True).execution_options(populate_existing=True)
    return session.scalars(held_now).all()


def _wait_for_others(session: Session) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MAKING})


def _make(session: Session, kind: type[Label], name: str, by: Actor) -> Label:
    made = kind(id=new_id(), name=name, made_at=now(session))
    if isinstance(made, DocumentType):
        made.is_expected = False
    session.add(made)
    session.flush()
    _tell(session, kind, "made", made.id, by)
    return made


def change(session: Session, kind: type[Label], label_id: UUID, wanted: Mapping[str, object], by: Actor) -> Label:
    """Its name, or whether contacts are expected to have one. A new name is a change of the documents that bear it."""
    _wait_for_others(session)
    label = held(session, kind, label_id)
    values = {name: _named(str(value)) if name == "name" else value for name, value in wanted.items()}
    different = {name: value for name, value in values.items() if getattr(label, name) != value}
    if not different:
        return label
    if "name" in different:
        _refuse_anothers(session, kind, label_id, str(different["name"]))
        _touch(session, _has(kind, label_id))
    for name, value in different.items():
        setattr(label, name, value)
    session.flush()
    _tell(session, kind, "changed", label_id, by, fields=sorted(different))
    return label


def _refuse_anothers(session: Session, kind: type[Label], label_id: UUID, name: str) -> None:
    others = [each for each in _known(session, kind, [name]) if each.id != label_id]
    if others:
        raise _taken(kind, others[0])


def held(session: Session, kind: type[Label], label_id: UUID) -> Label:
    """Nobody removes it before the commit."""
    label = session.get(kind, label_id, with_for_update={"read": True, "key_share": True}, populate_existing=True)
    if label is None:
        raise NotFound(f"There is no {_word(kind)} with this id.")
    return label


def held_ones(session: Session, kind: type[Label], ids: Collection[UUID]) -> set[UUID]:
    """Those of them that are there."""
    query = select(kind.id).where(kind.id.in_(ids)).order_by(kind.id).with_for_update(read=True, key_share=True)
    return set(session.scalars(query)) if ids else set()


def merge(session: Session, kind: type[Label], label_id: UUID, into_id: UUID, by: Actor) -> Label:
    """Whatever has the one has the other afterwards, and the one is gone."""
    if label_id == into_id:
        raise Invalid("Nothing was changed.", fields={"into": "Choose another one."})
    found = {each.id: each for each in _locked(session, kind, [label_id, into_id])}
    if into_id not in found:
        raise Invalid("Nothing was changed.", fields={"into": f"There is no {_word(kind)} with this id."})
    if label_id not in found:
        raise NotFound(f"There is no {_word(kind)} with this id.")
    _refuse_while_ruled(session, kind, label_id)
    _touch(session, _has(kind, label_id))
    _hand_over(session, kind, label_id, into_id)
    session.delete(found[label_id])
    session.flush()
    _tell(session, kind, "merged", into_id, by, other=label_id)
    return found[into_id]


def remove(session: Session, kind: type[Label], label_id: UUID, by: Actor) -> None:
    """The documents that have it live on without it."""
    if not (found := _locked(session, kind, [label_id])):
        raise NotFound(f"There is no {_word(kind)} with this id.")
    _refuse_while_ruled(session, kind, label_id)
    _touch(session, _has(kind, label_id))
    session.delete(found[0])
    session.flush()
    _tell(session, kind, "removed", label_id, by)


def _locked(session: Session, kind: type[Label], ids: Sequence[UUID]) -> Sequence[Label]:
    query = select(kind).where(kind.id.in_(ids)).order_by(kind.id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _refuse_while_ruled(session: Session, kind: Kind, label_id: UUID) -> None:
    """A rule that says how long documents are kept must not come to mean others, or none, by the way."""
    named = RetentionRule.tag_id if kind is Tag else RetentionRule.type_id
    if session.execute(select(exists().where(named == label_id))).scalar_one():
        raise Conflict(
            f"A rule of retention is about this {_word(kind)}. Change or remove the rule first.", code="named-by-a-rule"
        )


def _has(kind: Kind, label_id: UUID) -> ColumnElement[bool]:
    if kind is DocumentType:
        return Document.type_id == label_id
    return Document.id.in_(select(DocumentTag.document_id).where(DocumentTag.tag_id == label_id))


def _touch(session: Session, which: ColumnElement[bool]) -> None:
    """In one order. Who has seen the old name would otherwise bring it back with the next change."""
    session.execute(select(Document.id).where(which).order_by(Document.id).with_for_update())
    changed = update(Document).where(which).values(version=Document.version + 1, changed_at=now(session))
    session.execute(changed.execution_options(synchronize_session=False))


def _hand_over(session: Session, kind: Kind, label_id: UUID, into_id: UUID) -> None:
    if kind is DocumentType:
        typed = update(Document).where(Document.type_id == label_id).values(type_id=into_id)
        session.execute(typed.execution_options(synchronize_session=False))
        return
    tagged = select(DocumentTag.document_id, literal(into_id, Uuid())).where(DocumentTag.tag_id == label_id)
    given = insert(DocumentTag).from_select(["document_id", "tag_id"], tagged).on_conflict_do_nothing()
    session.execute(given)
    session.execute(delete(DocumentTag).where(DocumentTag.tag_id == label_id))


def counted(session: Session, kind: type[Label], by: Actor) -> Sequence[tuple[Label, int]]:
    """By name, each with how many documents have it, of those that this actor may know of outside the trash."""
    there = _counts(kind).where(Document.trashed_at.is_(None), queries.readable(by)).subquery()
    rows = select(kind, func.coalesce(there.c.documents, 0)).outerjoin(there, there.c.label == kind.id)
    return [(label, number) for label, number in session.execute(rows.order_by(func.lower(kind.name), kind.id))]


def by_name(session: Session, kind: type[Label]) -> Sequence[Label]:
    return session.scalars(select(kind).order_by(func.lower(kind.name), kind.id).limit(MOST_SHOWN)).all()


def documents_with(session: Session, kind: Kind, label_id: UUID, by: Actor) -> int:
    shown = select(func.count()).where(_has(kind, label_id), Document.trashed_at.is_(None), queries.readable(by))
    return session.execute(shown).scalar_one()


def _counts(kind: Kind) -> Select[*tuple[Any, ...]]:
    number = func.count().label("documents")
    if kind is DocumentType:
        return select(Document.type_id.label("label"), number).group_by(Document.type_id)
    tagged = select(DocumentTag.tag_id.label("label"), number).group_by(DocumentTag.tag_id)
    return tagged.join(Document, Document.id == DocumentTag.document_id)


def _tell(session: Session, kind: Kind, what: str, label_id: UUID, by: Actor, **details: object) -> None:
    act = f"{_CALLED[kind]}.{what}"
    audit.record(session, by, act, label_id, **details)
    events.emit(session, act, label_id, **details)


def _named(name: str) -> str:
    """As it is shown: on one line, its letters in the order in which they are typed; a comma parts two."""
    said = in_order(name).replace(",", " ")
    shown = " ".join(said.split())
    if not 1 <= len(shown) <= LONGEST_NAME:
        sentence = f"Please write at most {LONGEST_NAME} characters here." if shown else "Please write something here."
        raise Invalid("Nothing was changed.", fields={"name": sentence})
    return shown


def _folded(name: str) -> str:
    return name.lower()


def _word(kind: Kind) -> str:
    return "tag" if kind is Tag else "type"


def _taken(kind: Kind, known: Tag | DocumentType) -> Invalid:
    sentence = f"There is “{known.name}” already. If they are the same, merge the two."
    return Invalid(f"The {_word(kind)} was not kept.", fields={"name": sentence})
