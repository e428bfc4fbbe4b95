"""What people say of documents: title, contact, type, tags, day, notes. Each act can be taken back for some seconds.

Locked from the contact to the type and the tags to the documents, these by their ids, in the order of all who do so.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from pretamane.contacts import people
from pretamane.core import audit, events
from pretamane.core.actors import Actor
from pretamane.core.database import now
from pretamane.core.errors import ChangedMeanwhile, Invalid, NotFound
from pretamane.core.http.versions import Seen
from pretamane.core.ids import new_id
from pretamane.core.undo import GRACE
from pretamane.documents.filing import labels, undoing
from pretamane.documents.filing.standing import Put, Standing, following, locked, put, with_attached
from pretamane.documents.models import DocumentType
from pretamane.documents.names import in_order
from pretamane.documents.service import LONGEST_TITLE
from pretamane.documents.stored import removal

EDITED: Final = "document.edited"
TRASHED: Final = "document.trashed"
RESTORED: Final = "document.restored"
MOST_AT_ONCE: Final = 1_000
MOST_TAGS: Final = 50
LONGEST_NOTES: Final = 20_000
# What machines guess, until a person has said something else, or that there is nothing to say.
GUESSED: Final = ("title", "document_date")


@dataclass(frozen=True)
class Edited:
    """`act` is what an undo asks for; None when nothing was different."""

    version: int
    act: UUID | None


@dataclass(frozen=True)
class BulkChange:
    """The same for several: new values of contact, type and day; tags more or fewer; into the trash or out of it."""

    values: Mapping[str, Any] = field(default_factory=dict)
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()
    trashed: bool | None = None


@dataclass
class Outcome:
    """What became of each. Of what somebody may not know of, no more is told than of what was never there."""

    changed: list[UUID] = field(default_factory=list)
    unchanged: list[UUID] = field(default_factory=list)
    gone: list[UUID] = field(default_factory=list)
    held: list[UUID] = field(default_factory=list)
    too_many_tags: list[UUID] = field(default_factory=list)
    changed_meanwhile: list[UUID] = field(default_factory=list)
    act: UUID | None = None


def edit(session: Session, document_id: UUID, seen: Seen, change: Mapping[str, Any], by: Actor) -> Edited:
    """Set what is given, leave the rest. Tags are given by their names; one that is new is made."""
    wanted = _looked_up(session, change)
    if "tags" in wanted:
        wanted["tags"] = frozenset(tag.id for tag in labels.tags_named(session, wanted["tags"], by))
    family = _locked(session, [document_id], wanted, by)
    document = next((each for each in family if each.id == document_id), None)
    if document is None:
        raise NotFound("There is no document with this id.")
    if document.version not in seen:
        raise ChangedMeanwhile("Somebody changed this document meanwhile, so nothing was overwritten.")
    to = document.different(wanted)
    if not to:
        return Edited(document.version, None)
    several = [Put(document, _settled(document, to))]
    act = _carry_out(session, [*several, *following(several, family, [document_id])], by)
    return Edited(document.version + 1, act)


def edit_many(session: Session, ids: Collection[UUID], change: BulkChange, by: Actor) -> Outcome:
    """All that can be changed is, in one transaction; of each is said what became of it, and what followed a mail."""
    if len(ids) > MOST_AT_ONCE:
        raise Invalid("Nothing was changed.", fields={"documents": f"At most {MOST_AT_ONCE:,} can be changed at once."})
    wanted, tags = _looked_up(session, change.values), _Tags.looked_up(session, change, by)
    asked, family = frozenset(ids), _locked(session, ids, wanted, by)
    outcome, several = Outcome(), []
    for document in (each for each in family if each.id in asked):
        to = document.different(wanted | tags.of(document) | _trash(session, document, change))
        if to and (refused := _refused(document, to, outcome)) is not None:
            refused.append(document.id)
        elif to:
            several.append(Put(document, _settled(document, to)))
        else:
            outcome.unchanged.append(document.id)
    there = {document.id for document in family}
    outcome.gone = [each for each in dict.fromkeys(ids) if each not in there]
    several += following(several, family, asked)
    outcome.changed = [each.document.id for each in several]
    if several:
        outcome.act = _carry_out(session, several, by)
    if tags.made:
        removal.remove_unused(session, tags.made)
    return outcome


def _locked(session: Session, ids: Collection[UUID], wanted: Mapping[str, Any], by: Actor) -> Sequence[Standing]:
    """With whatever is attached to them, where that may follow them to another contact.

    What was just being attached to a mail is seen once the mail is locked; and all are locked in one order, so anew.
    """
    if "contact_id" not in wanted:
        return locked(session, ids, by)
    family = with_attached(session, ids)
    while True:
        with session.begin_nested() as lock:
            standing, there = locked(session, family, by), with_attached(session, ids)
            if there <= family:
                return standing
            family = there
            lock.rollback()


def _refused(document: Standing, to: Mapping[str, Any], outcome: Outcome) -> list[UUID] | None:
    """Where it is named; None where nothing is against it."""
    if to.get("trashed_at") is not None and document.is_held:
        return outcome.held
    if len(to.get("tags", ())) > max(MOST_TAGS, len(document.values["tags"])):
        return outcome.too_many_tags
    return None


def undo(session: Session, act: UUID, by: Actor) -> Outcome:
    """The old values again; what somebody changed since stays as it is, and is named."""
    former = undoing.undoable(session, act, by, GRACE)
    before, made = undoing.values_before(session, former), {each.document_id: each.version for each in former}
    outcome, several = Outcome(), []
    for document in locked(session, before, by):
        if document.version != made.pop(document.id):
            outcome.changed_meanwhile.append(document.id)
        elif before[document.id].get("trashed_at") and document.is_held:
            outcome.held.append(document.id)
        else:
            outcome.changed.append(document.id)
            several.append(Put(document, before[document.id]))
    outcome.gone = list(made)
    undoing.forget(session, act)
    if several:
        put(session, several)
        tell(session, several, by, undoes=act)
    return outcome


def _looked_up(session: Session, change: Mapping[str, Any]) -> dict[str, Any]:
    """With the contact that stands for the one named, and a type that is there until the commit."""
    wanted = dict(change)
    if "title" in wanted:
        wanted["title"] = _title(wanted["title"])
    if wanted.get("contact_id") is not None:
        wanted["contact_id"] = people.stand_in(session, wanted["contact_id"])
    if wanted.get("type_id") is not None:
        wanted["type_id"] = _type(session, wanted["type_id"])
    return wanted


def _title(said: str) -> str:
    title = in_order(said)
    if not 1 <= len(title) <= LONGEST_TITLE:
        sentence = f"Please write at most {LONGEST_TITLE} characters here." if title else "Please write something here."
        raise Invalid("Nothing was changed.", fields={"title": sentence})
    return title


def _type(session: Session, type_id: UUID) -> UUID:
    try:
        return labels.held(session, DocumentType, type_id).id
    except NotFound as missing:
        raise Invalid("Nothing was changed.", fields={"type_id": missing.sentence}) from None


@dataclass(frozen=True)
class _Tags:
    added: frozenset[UUID]
    removed: frozenset[UUID]
    made: frozenset[UUID]

    @classmethod
    def looked_up(cls, session: Session, change: BulkChange, by: Actor) -> "_Tags":
        """Who takes one away makes none."""
        added, made = labels.known_and_made(session, change.add_tags, by) if change.add_tags else ([], frozenset())
        return cls(frozenset(tag.id for tag in added), labels.tags_called(session, change.remove_tags), made)

    def of(self, document: Standing) -> dict[str, Any]:
        return {"tags": document.values["tags"].union(self.added).difference(self.removed)}


def _trash(session: Session, document: Standing, change: BulkChange) -> dict[str, Any]:
    """What lies in the trash already has lain there since then."""
    if change.trashed is None or change.trashed == (document.values["trashed_at"] is not None):
        return {}
    return {"trashed_at": now(session) if change.trashed else None}


def _settled(document: Standing, to: dict[str, Any]) -> dict[str, Any]:
    said = sorted({*document.values["settled"], *(name for name in GUESSED if name in to)})
    return to | document.different({"settled": said})


def _carry_out(session: Session, several: Sequence[Put], by: Actor) -> UUID:
    act = new_id()
    put(session, several)
    undoing.remember(session, act, several, by)
    tell(session, several, by, undo=act)
    return act


def tell(session: Session, several: Sequence[Put], by: Actor, **details: object) -> None:
    """Names of fields, and nothing of what stands in them; the same of many is told by one statement."""
    alike: dict[tuple[str, tuple[str, ...]], list[UUID]] = defaultdict(list)
    for each in several:
        for name, fields in _said_of(each.to):
            alike[name, fields].append(each.document.id)
    for (name, fields), ids in alike.items():
        named = {"fields": list(fields)} if fields else {}
        audit.record_many(session, by, name, ids, **named, **details)
        events.emit_many(session, name, ids, **named, **details)


def _said_of(to: Mapping[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
    said: list[tuple[str, tuple[str, ...]]] = []
    if fields := tuple(sorted(name for name in to if name not in ("trashed_at", "settled"))):
        said.append((EDITED, fields))
    if "trashed_at" in to:
        said.append((TRASHED if to["trashed_at"] else RESTORED, ()))
    return said
