"""Filing the invented practice's papers, each at the time at which it came: what happened to them is really done."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from pretamane.accounts import queries as accounts
from pretamane.core.actors import OPERATOR
from pretamane.core.errors import Conflict, NotFound
from pretamane.core.spool import Spool
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.documents import queries, service
from pretamane.documents.filing import filing, labels
from pretamane.documents.models import Document, DocumentType
from pretamane.documents.protection import holds, restricting
from pretamane.documents.receiving.receiving import Receiving
from pretamane.documents.service import Arrival, Onto
from pretamane.system.invented_documents import TYPES, Client, Paper, invented

_NAMESPACE = UUID("0b7a4f0e-52c4-5a55-8d3d-7c0d9c1b6a21")
_WAY: Final = "demo"
_LIMIT: Final = 16 * 1024 * 1024


class PastClock:
    """Stands where the history has come to."""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()


@dataclass(frozen=True)
class Filing:
    """What files papers, over a clock that is set back for each."""

    work: UnitOfWork
    spool: Spool
    receiving: Receiving
    clock: PastClock

    def furnish(self, clients: Sequence[Client]) -> int:
        """Twice is the same as once: what is there stays as it is."""
        today = self.clock.now()
        every = list(invented(clients, today))
        self.work.run_now(refuse_beside_real_ones, [_identity(paper) for paper in every])
        types = self.work.run_now(_types)
        for paper in every:
            if self.work.run_now(_is_there, paper):
                continue
            self.clock.time = paper.came_at
            self._file(paper.make(), _arrival(paper))
            self.clock.time += timedelta(hours=1)
            self._sort(paper, types)
            self._let_happen(paper, today)
        self.clock.time = today
        self.work.run_now(_restrict, [_identity(paper) for paper in every if paper.is_restricted])
        return len(every)

    def _file(self, content: bytes, arrival: Arrival) -> None:
        with self.spool.filling(limit=_LIMIT) as filling:
            filling.write(content)
            self.receiving.file(filling.whole(), arrival, OPERATOR, self.work.run_now)

    def _sort(self, paper: Paper, types: dict[str, UUID]) -> None:
        change: dict[str, object] = {"document_date": paper.came_at.date()}
        if paper.kind is not None:
            change["type_id"] = types[paper.kind]
        if paper.tags:
            change["tags"] = list(paper.tags)
        self.work.run_now(filing.edit, _identity(paper), [self._version(paper)], change, OPERATOR)

    def _let_happen(self, paper: Paper, today: datetime) -> None:
        """Days later, and before today."""
        self.clock.time = min(self.clock.time + timedelta(days=2), today)
        identity = _identity(paper)
        if paper.newer is not None:
            onto = Onto(identity, [self._version(paper)])
            self._file(paper.newer(), Arrival(paper.filename, _WAY, onto=onto))
        if paper.is_held:
            self.work.run_now(holds.place, [identity], "A case before the regional court", OPERATOR)
        if paper.is_trashed:
            self.clock.time = max(self.clock.time, today - timedelta(days=9))
            self.work.run_now(service.trash, identity, [self._version(paper)], OPERATOR)

    def _version(self, paper: Paper) -> int:
        return self.work.run_now(queries.document, _identity(paper), OPERATOR).document.version


def _identity(paper: Paper) -> UUID:
    return uuid5(_NAMESPACE, f"document {paper.number}")


def _arrival(paper: Paper) -> Arrival:
    client = paper.client.id if paper.client else None
    return Arrival(paper.filename, _WAY, paper.title, client, identity=_identity(paper))


def refuse_beside_real_ones(session: Session, invented: Sequence[UUID]) -> None:
    if queries.knows_others(session, invented):
        raise Conflict("There are real documents here, so nothing invented was put beside them.")


def _is_there(session: Session, paper: Paper) -> bool:
    return session.get(Document, _identity(paper)) is not None


def _types(session: Session) -> dict[str, UUID]:
    known = {each.name: each.id for each in labels.by_name(session, DocumentType)}
    missing = {name: expected for name, expected in TYPES.items() if name not in known}
    made = {name: labels.make_type(session, name, OPERATOR, is_expected=each).id for name, each in missing.items()}
    return known | made


def _restrict(session: Session, documents: Sequence[UUID]) -> None:
    """To the administrators who are here; in a house of nobody it stays open, or nobody could ever see it."""
    readers = accounts.administrators(session)
    for identity in documents if readers else ():
        with suppress(NotFound):  # restricted before, to others
            found = queries.document(session, identity, OPERATOR).document
            if not found.is_restricted:
                restricting.restrict(session, identity, [found.version], readers, OPERATOR)
