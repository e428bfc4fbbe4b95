"""Documents that only named accounts may know of: nobody else finds them in any list, count, file or search."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from pretamane.accounts import queries as accounts
from pretamane.core.actors import OPERATOR, Actor
from pretamane.core.errors import Invalid, NotFound
from pretamane.core.http.versions import Seen
from pretamane.documents import queries, service
from pretamane.documents.models import Document, DocumentReader

NOBODY: Final = "Name at least one account, or nobody could ever find it."
STRANGER: Final = "Name only accounts that are here."


class Reader(NamedTuple):
    account_id: UUID
    name: str


def readers_of(session: Session, document_id: UUID) -> Sequence[Reader]:
    """Also those who left: whoever looks shall see when nobody else is left."""
    named = select(DocumentReader.account_id).where(DocumentReader.document_id == document_id)
    names = accounts.names_of(session, session.scalars(named).all())
    return sorted((Reader(*each) for each in names.items()), key=lambda reader: (reader.name, reader.account_id))


def restrict(session: Session, document_id: UUID, seen: Seen, readers: Collection[UUID], by: Actor) -> Document:
    """From now on just these may know of it, and of what is attached to it. Who says so may leave themself out."""
    document = service.as_seen(session, document_id, seen, by)
    _refuse_unless_here(session, readers)
    for each in _with_what_is_attached(session, document, by):
        each.is_restricted = True
        _name(session, each, readers)
        service.tell(session, each, "document.restricted", by, readers=sorted(map(str, readers)))
    return document


def _refuse_unless_here(session: Session, readers: Collection[UUID]) -> None:
    known = {account.id for account in accounts.who_is_here(session)}
    if not readers or not known.issuperset(readers):
        fault = STRANGER if readers else NOBODY
        raise Invalid("Nothing was changed.", fields={"accounts": fault})


def _name(session: Session, document: Document, readers: Collection[UUID]) -> None:
    session.execute(delete(DocumentReader).where(DocumentReader.document_id == document.id))
    session.add_all(DocumentReader(document_id=document.id, account_id=each) for each in set(readers))


def _with_what_is_attached(session: Session, document: Document, by: Actor) -> Iterator[Document]:
    """Each is locked before what is attached to it is looked for, so that nothing comes in between."""
    level: Sequence[Document] = [document]
    while level:
        yield from level
        attached = select(Document).where(Document.part_of.in_([each.id for each in level]), queries.readable(by))
        locked = attached.order_by(Document.id).with_for_update(of=Document)
        level = session.scalars(locked.execution_options(populate_existing=True)).all()


def lift(session: Session, document_id: UUID, seen: Seen, by: Actor) -> Document:
    """Everybody may know of it again, and of what is attached to it."""
    document = service.as_seen(session, document_id, seen, by)
    for each in _with_what_is_attached(session, document, by):
        if each.is_restricted:
            each.is_restricted = False
            _name(session, each, ())
            service.tell(session, each, "document.opened", by)
    return document


def let_in(session: Session, document_id: UUID, by: Actor) -> None:
    """An administrator whom it does not name names themself: all that they are told before is that it is restricted."""
    asked = select(Document).where(Document.id == document_id, Document.is_restricted).with_for_update(of=Document)
    document = session.scalar(asked.execution_options(populate_existing=True))
    if document is None or by.account_id is None:
        raise NotFound("There is no restricted document with this id.")
    for each in _with_what_is_attached(session, document, OPERATOR):
        key = {"document_id": each.id, "account_id": by.account_id}
        if each.is_restricted and session.get(DocumentReader, key) is None:
            session.add(DocumentReader(**key))
            service.tell(session, each, "document.administrator-let-in", by)
