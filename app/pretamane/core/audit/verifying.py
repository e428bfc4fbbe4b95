"""Walking the chain once more, to see that every entry is what it was when it was sealed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Text, cast, exists, func, select

from pretamane.core.audit import chain
from pretamane.core.audit.models import AuditEntry, AuditSeal
from pretamane.core.audit.newest_seal import NewestSeal, Seal

# A sealer comes by each second; what waits longer than this was missed, or has lost its seal.
SEALED_WITHIN = timedelta(minutes=1)
UNSEALED_NAMED = 100
# Those that do not fit are kept, to see whether they fit in one another's places; enough for a few, and bounded.
_COMPARED = 30
_ROWS = 1_000


@dataclass(frozen=True)
class _Link:
    number: int
    hash: bytes
    previous: bytes
    entry: str
    spelling: chain.Spelling

    @property
    def as_it_should_be(self) -> bytes:
        return chain.link(self.previous, self.number, self.spelling)

    def would_fit(self, previous: bytes, number: int, spelling: chain.Spelling) -> bool:
        return chain.link(previous, number, spelling) == self.hash


class Verification:
    """`faults` gives a sentence for each as it is found; afterwards the counts are known."""

    def __init__(self, connection: Connection, newest: NewestSeal, at: datetime) -> None:
        """The connection sees one moment of the database: REPEATABLE READ."""
        self.links = 0
        self.first = self.last = ""
        self._connection, self._newest, self._at = connection, newest, at
        self._broken: list[_Link] = []

    def faults(self) -> Iterator[str]:
        # Before the first look at the database, for it may have grown since but never shrunk.
        written, complaint = self._written_down()
        yield from complaint
        self._connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        yield from self._along_the_chain(written)
        yield from (_reordering(link, self._broken) or _changed(link) for link in self._broken)
        yield from self._without_seal()

    def _written_down(self) -> tuple[Seal | None, list[str]]:
        try:
            return self._newest.read(), []
        except (OSError, ValueError) as failure:
            return None, [f"The newest seal outside the database cannot be read: {failure}"]

    def _along_the_chain(self, written: Seal | None) -> Iterator[str]:
        number, before = 0, [chain.BEFORE_THE_FIRST]
        for place, seal, entry, spelling in self._rows():
            if place != number + 1:
                yield _gap(number + 1, place - 1)
                before = []
            if written is not None and place == written.number and seal != written.hash:
                yield f"Seal {place} is not the one that was written down outside the database."
            number, link = place, _Link(place, seal, before[0] if before else b"", entry, spelling)
            yield from self._faults_of(link, before)
            # The next one follows what is here or, where a seal alone was changed, what should be.
            before = [seal, link.as_it_should_be] if before else [seal]
        yield from self._faults_of_the_end(number, written)

    def _rows(self) -> Iterator[tuple[int, bytes, str, chain.Spelling]]:
        walk = (
            select(AuditSeal.number, AuditSeal.hash, cast(AuditSeal.entry_id, Text), *chain.spelled())
            .outerjoin(AuditEntry, AuditEntry.id == AuditSeal.entry_id)
            .order_by(AuditSeal.number)
        )
        for row in self._connection.execution_options(yield_per=_ROWS).execute(walk):
            yield row[0], row[1], row[2], row[3:]

    def _faults_of(self, link: _Link, before: Sequence[bytes]) -> Iterator[str]:
        if link.spelling[0] is None:
            yield f"Entry {link.entry}, sealed as number {link.number}, is gone."
            return
        self.links += 1
        self.last = _moment(link.spelling[1])
        self.first = self.first or self.last
        if not before or any(link.would_fit(previous, link.number, link.spelling) for previous in before):
            return
        if len(self._broken) < _COMPARED:
            self._broken.append(link)
        else:
            yield _changed(link)

    def _faults_of_the_end(self, number: int, written: Seal | None) -> Iterator[str]:
        if written is None and number and not self._newest.path.exists():
            yield (
                f"No seal was written down outside the database, in {self._newest.path}, "
                "so a chain that was cut at its end would not be noticed."
            )
        if written is not None and number < written.number:
            yield f"The end was cut off: {_gap(number + 1, written.number)}"

    def _without_seal(self) -> Iterator[str]:
        has_seal = exists().where(AuditSeal.entry_id == AuditEntry.id)
        late = (AuditEntry.made_at < self._at - SEALED_WITHIN, ~has_seal)
        count = self._connection.scalar(select(func.count()).select_from(AuditEntry).where(*late)) or 0
        made_at = cast(func.timezone("UTC", AuditEntry.made_at), Text)
        named = select(cast(AuditEntry.id, Text), made_at).where(*late)
        for entry, moment in self._connection.execute(named.order_by(AuditEntry.made_at).limit(UNSEALED_NAMED)):
            yield f"Entry {entry}, made at {moment} UTC, has no seal."
        if count > UNSEALED_NAMED:
            yield f"And {count - UNSEALED_NAMED} more entries have no seal."


def _gap(first: int, last: int) -> str:
    if first == last:
        return f"Seal {first} is missing."
    return f"Seals {first} to {last} are missing." if first < last else f"Seal {last + 1} cannot be: they begin at 1."


def _changed(link: _Link) -> str:
    return f"Entry {link.entry}, sealed as number {link.number}, was changed since, or its seal was."


def _reordering(link: _Link, broken: Sequence[_Link]) -> str | None:
    """Whether the seal would be right in another place, or with another entry."""
    for other in broken:
        if other is not link and link.would_fit(link.previous, link.number, other.spelling):
            return f"Seal {link.number} names entry {link.entry} and was made for {other.entry}: the order was changed."
    hashes = {each for other in broken for each in (other.previous, other.hash)}
    for number in (other.number for other in broken):
        if any(link.would_fit(previous, number, link.spelling) for previous in hashes):
            place = f"was sealed as number {number}" if number != link.number else "followed another one"
            return f"Entry {link.entry}, which has seal {link.number}, {place}: the order was changed."
    return None


def _moment(microseconds: str | None) -> str:
    try:
        moment = datetime.fromtimestamp(int(microseconds or "") / 1_000_000, UTC)
    except (ValueError, OverflowError, OSError):  # PostgreSQL knows moments that Python does not
        return "a time that cannot be"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
