"""Filing the invented practice's papers, each at the time at which it came: what happened to them is really done."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from pretamane.accounts import queries as accounts
from pretamane.contacts import people
from pretamane.core.actors import OPERATOR
from pretamane.core.errors import Conflict, NotFound
from pretamane.core.spool import Spool
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.documents import queries, service
from pretamane.documents.filing import filing, labels
from pretamane.documents.models import Document, DocumentType
from pretamane.documents.protection import holds, restricting
from pretamane.documents.receiving.receiving import File, Receiving
from pretamane.documents.service import Arrival, Onto
from pretamane.system.invented_documents import TYPES, Client, Paper, invented

_NAMESPACE = UUID("0b7a4f0e-52c4-5a55-8d3d-7c0d9c1b6a21")
_WAY: Final = "demo"
_LIMIT: Final = 16 * 1024 * 1024
# A document's versions while its life is written.
_FILED: Final = 1
_SORTED: Final = 2


class PastClock:
    """Stands where the history has come to, and at today in between."""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()


@dataclass(frozen=True)
class Filing:
    """What files papers, over a clock that is set back for what happens to each."""

    work: UnitOfWork
    spool: Spool
    receiving: Receiving
    clock: PastClock

    def furnish(self, clients: Sequence[Client]) -> int:
        """Twice is the same as once: what is there stays as it is."""
        every = list(invented(clients, self.clock.now()))
        self.work.run_now(refuse_beside_real_ones, [_identity(paper) for paper in every])
        types = self.work.run_now(_types)
        for paper in every:
            if not self.work.run_now(_is_there, paper):
                self._file(paper, types)
        self.work.run_now(_restrict, [_identity(paper) for paper in every if paper.is_restricted])
        return len(every)

    def _file(self, paper: Paper, types: dict[str, UUID]) -> None:
        """Bytes are kept today, whenever the paper came: by a key of long ago they would be collected at once."""

        def live(first: File, newer: File | None = None) -> None:
            self.work.run_now(self._live, paper, types, first, newer)

        if paper.newer is None:
            self._keep(paper.make(), _arrival(paper), live)
        else:
            onto = Arrival(paper.filename, _WAY, onto=Onto(_identity(paper), [_SORTED]))
            again = paper.newer()
            self._keep(paper.make(), _arrival(paper), lambda first: self._keep(again, onto, partial(live, first)))

    def _keep(self, content: bytes, arrival: Arrival, commit: Callable[[File], None]) -> None:
        with self.spool.filling(limit=_LIMIT) as filling:
            filling.write(content)
            self.receiving.file(filling.whole(), arrival, OPERATOR, commit)

    def _live(self, session: Session, paper: Paper, types: dict[str, UUID], first: File, newer: File | None) -> None:
        """All that happened to it, each at its time, or nothing: who runs this again goes on with the next paper."""
        today = self.clock.now()
        try:
            self.clock.time = paper.came_at
            _hold(session, paper, types)
            first(session)
            self.clock.time += timedelta(hours=1)
            filing.edit(session, _identity(paper), [_FILED], _sorted(paper, types), OPERATOR)
            self._let_happen(session, paper, today, newer)
        finally:
            self.clock.time = today

    def _let_happen(self, session: Session, paper: Paper, today: datetime, newer: File | None) -> None:
        """Days later, and before today."""
        self.clock.time = min(self.clock.time + timedelta(days=2), today)
        version = newer(session).document.version if newer else _SORTED
        if paper.is_held:
            holds.place(session, [_identity(paper)], "A case before the regional court", OPERATOR)
        if paper.is_trashed:
            self.clock.time = max(self.clock.time, today - timedelta(days=9))
            service.trash(session, _identity(paper), [version], OPERATOR)


def _hold(session: Session, paper: Paper, types: dict[str, UUID]) -> None:
    """Before the bytes, in the order of all who do so."""
    if paper.client is not None:
        people.stand_in(session, paper.client.id)
    labels.held_ones(session, DocumentType, [types[paper.kind]] if paper.kind else ())
    labels.tags_named(session, paper.tags, OPERATOR)


def _sorted(paper: Paper, types: dict[str, UUID]) -> dict[str, object]:
    change: dict[str, object] = {"document_date": paper.came_at.date()}
    if paper.kind is not None:
        change["type_id"] = types[paper.kind]
    if paper.tags:
        change["tags"] = list(paper.tags)
    return change


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
