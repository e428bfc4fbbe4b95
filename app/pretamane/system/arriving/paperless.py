"""Arriving from paperless-ngx: what its document_exporter writes. Originals, never what it made of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pretamane.contacts import finding
from pretamane.core.actors import OPERATOR
from pretamane.core.errors import AppError, CannotStart
from pretamane.documents.moving import arriving
from pretamane.documents.moving.arriving import Brought, BroughtVersion
from pretamane.documents.service import storable, tidy_title, title_of_file
from pretamane.ports import Clock
from pretamane.practice import queries as practice
from pretamane.system.arriving import folders, rows_of_json
from pretamane.system.arriving.bringing import Bringing, NotAsListed, Promised
from pretamane.system.arriving.dumps import MANIFEST, Dump, dump_at
from pretamane.system.arriving.folders import Unreachable
from pretamane.system.arriving.paperless_notes import notes_of
from pretamane.system.arriving.paperless_rows import CORRESPONDENT, DOCUMENT, TAG, TYPE, Fields, Rows
from pretamane.system.arriving.report import (
    DAMAGED,
    KNOWN,
    MISSING,
    QUARANTINED,
    REFUSED,
    TAKEN,
    WOULD_TAKE,
    Line,
    Report,
)

_DOCUMENTS: Final = UUID("d4c5f0f4-5b1e-5d5c-8b0e-2a5b7d1f3c60")
_FILE: Final = "__exported_file_name__"
_ARCHIVE: Final = "__exported_archive_name__"
_LEFT_OUT: Final = {
    "documents.storagepath": "storage paths",
    "documents.savedview": "saved views",
    "documents.workflow": "workflows",
    "paperless_mail.mailrule": "mail rules",
    "paperless_mail.mailaccount": "mail accounts",
    "documents.sharelink": "share links",
    "auth.group": "groups",
}
_PERMISSIONS: Final = ("guardian.userobjectpermission", "guardian.groupobjectpermission")


@dataclass(frozen=True)
class _Theirs:
    """One of their documents, as far as its file is concerned. Another run finds it again by the identity."""

    identity: UUID
    filename: str
    checksum: str

    @classmethod
    def of(cls, document: Fields, path: str) -> "_Theirs":
        fields = document["fields"]
        checksum = str(fields.get("checksum") or "")
        filename = storable(str(fields.get("original_filename") or PurePosixPath(path).name))
        return cls(uuid5(_DOCUMENTS, f"{document.get('pk')} {checksum}"), filename, checksum)


@dataclass(frozen=True)
class _Filing:
    """What a document of theirs is filed under here."""

    contact_id: UUID | None
    type_id: UUID | None
    tag_ids: frozenset[UUID]


class FromPaperless:
    def __init__(
        self, bringing: Bringing, clock: Clock, report: Report, seen: Callable[[str, int | None, int], None], limit: int
    ) -> None:
        self._bringing, self._work, self._clock, self._limit = bringing, bringing.work, clock, limit
        self._report, self._seen = report, seen
        self._owned = self._archives = 0

    def run(self, place: Path, *, is_only_looking: bool = False) -> list[str]:
        """Sentences about what was not taken over, for whoever has to see to it."""
        dump = dump_at(place)
        with TemporaryDirectory(prefix="pretamane-import-") as folder, _rows(Path(folder)) as rows:
            for manifest in dump.manifests():
                self._keep(dump, manifest, rows)
            zone = ZoneInfo(self._work.run_now(practice.current).time_zone)
            total = rows.counts().get(DOCUMENT, 0)
            for document in rows.documents():
                self._report.tell(self._take(dump, rows, document, zone, is_only_looking=is_only_looking))
                self._seen("Documents", total, 1)
            return list(self._remarks(rows.counts()))

    def _keep(self, dump: Dump, manifest: str, rows: Rows) -> None:
        try:
            with dump.opened(manifest) as file:
                for row in rows_of_json.objects(file, manifest):
                    rows.keep(row)
        except Unreachable as refusal:
            if manifest == MANIFEST:
                raise CannotStart(f"This is no export of paperless-ngx: {MANIFEST}: {refusal.sentence}") from None
            raise CannotStart(f"{manifest}: {refusal.sentence}") from None

    def _take(self, dump: Dump, rows: Rows, document: Fields, zone: ZoneInfo, *, is_only_looking: bool) -> Line:
        path = document.get(_FILE)
        self._owned += document["fields"].get("owner") is not None
        self._archives += bool(document.get(_ARCHIVE))
        if not isinstance(path, str):
            return Line(f"document {document.get('pk')}", MISSING, "This export was made without files (--data-only).")
        theirs = _Theirs.of(document, path)
        if self._work.run_now(arriving.known, [theirs.identity]):
            return Line(path, KNOWN, "It is here already, from here.", theirs.identity)
        promised = Promised(partial(_pieces, dump, path), theirs.filename, self._limit, theirs.checksum)
        if is_only_looking:
            return self._tried(path, lambda: self._look(path, promised))
        return self._tried(path, lambda: self._bring(path, self._brought(theirs, document, rows, zone), promised))

    def _tried(self, path: str, take: Callable[[], Line]) -> Line:
        try:
            return take()
        except Unreachable as refusal:
            return Line(path, DAMAGED if refusal.is_there else MISSING, refusal.sentence)
        except NotAsListed:
            return Line(path, DAMAGED, "Its bytes do not have the checksum that paperless-ngx noted.")
        except AppError as refusal:
            if refusal.status >= 500:
                raise
            return Line(path, REFUSED, refusal.sentence)
        except IntegrityError:
            return Line(path, REFUSED, "It does not fit to what is here.")

    def _look(self, path: str, promised: Promised) -> Line:
        quarantine = self._bringing.look(promised)
        return Line(path, WOULD_TAKE, quarantine or "")

    def _bring(self, path: str, brought: Brought, promised: Promised) -> Line:
        came = self._bringing.file(brought, [promised])
        outcome = KNOWN if not came.is_new else QUARANTINED if came.quarantine else TAKEN
        return Line(path, outcome, came.quarantine or "", brought.id)

    def _brought(self, theirs: "_Theirs", document: Fields, rows: Rows, zone: ZoneInfo) -> Brought:
        fields, at = document["fields"], self._clock.now()
        filing = self._work.run_now(_filing, rows, fields)
        version = BroughtVersion(uuid5(theirs.identity, "version"), 1, theirs.filename, at, None)
        title, day = tidy_title(str(fields.get("title") or "")), _day(fields.get("created"), zone)
        return Brought(
            theirs.identity,
            title or title_of_file(theirs.filename),
            at,
            at,
            version.id,
            [version],
            contact_id=filing.contact_id,
            document_date=day,
            # From now on: what is in the trash for long is removed for good.
            trashed_at=at if fields.get("deleted_at") else None,
            type_id=filing.type_id,
            notes=notes_of(rows, document),
            tag_ids=filing.tag_ids,
            settled=[*(["title"] if title else []), *(["document_date"] if day else [])],
            is_settled=False,
        )

    def _remarks(self, counts: dict[str, int]) -> Iterator[str]:
        if self._archives:
            yield f"Originals were taken; {self._archives:,} versions that paperless-ngx had made of them were not."
        permissions = sum(counts.get(model, 0) for model in _PERMISSIONS)
        if self._owned or permissions:
            yield (
                f"{self._owned:,} documents had an owner, and there were {permissions:,} permissions. They mean "
                "nothing here: everybody who may see documents sees these. Restrict what not everybody should see."
            )
        left_out = [f"{counts[model]:,} {called}" for model, called in _LEFT_OUT.items() if counts.get(model)]
        if left_out:
            yield f"Not taken over, as there is no such thing here: {', '.join(left_out)}."


def _filing(session: Session, rows: Rows, fields: Fields) -> _Filing:
    correspondent = _name(rows, CORRESPONDENT, fields.get("correspondent"))
    kind = _name(rows, TYPE, fields.get("document_type"))
    tags = fields.get("tags")
    named = [_name(rows, TAG, tag) for tag in (tags if isinstance(tags, list) else [])]
    return _Filing(
        _contact(session, correspondent) if correspondent else None,
        arriving.type_named(session, kind, OPERATOR) if kind else None,
        frozenset(arriving.tags_named(session, [tag for tag in named if tag], OPERATOR)),
    )


def _contact(session: Session, name: str) -> UUID:
    """Of several namesakes none is meant more than another: this one gets a contact of its own."""
    try:
        found = finding.find(session, name)
    except finding.SeveralMeant:
        found = finding.made_before(session, name)
    return found or finding.make(session, name, OPERATOR)


def _name(rows: Rows, model: str, pk: object) -> str:
    return storable(str(rows.one(model, pk).get("name") or "")).strip() if pk is not None else ""


def _day(created: Any, zone: ZoneInfo) -> date | None:
    """Older exports have a moment, which was midnight where the practice is."""
    try:
        if len(str(created)) > len("2024-01-01"):
            return datetime.fromisoformat(str(created)).astimezone(zone).date()
        return date.fromisoformat(str(created))
    except ValueError:
        return None


@contextmanager
def _rows(folder: Path) -> Iterator[Rows]:
    rows = Rows(folder / "rows")
    try:
        yield rows
    finally:
        rows.close()


@contextmanager
def _pieces(dump: Dump, path: str) -> Iterator[Iterator[bytes]]:
    with dump.opened(path) as file:
        yield folders.pieces(file)
