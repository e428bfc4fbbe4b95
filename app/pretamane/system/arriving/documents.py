"""A document's row of an export, in the ids of this house."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from pretamane.core.errors import CannotStart
from pretamane.core.moving import (
    Row,
    Unfit,
    day_or_none,
    identity,
    identity_or_none,
    moment,
    moment_or_none,
    number,
    several,
    words,
    words_or_none,
    yes,
)
from pretamane.documents.moving.arriving import Brought, BroughtVersion
from pretamane.documents.service import title_of_file
from pretamane.system.arriving import folders
from pretamane.system.arriving.bringing import Promised

Renamed = Mapping[UUID, UUID]


def refuse_unless_it_fits(row: Row) -> None:
    """As far as a report needs to name it; what else is in it is looked at when it is filed."""
    versions = row.get("versions")
    try:
        identity(row, "id"), identity(row, "current_version_id")
        for version in versions if isinstance(versions, list) and versions else [{}]:
            words(version, "id"), words(version, "path"), words(version, "sha256"), number(version, "size")
    except (Unfit, AttributeError) as fault:
        raise CannotStart(f"documents.json has a document that is not as Pretamane writes it: {fault}.") from None


def brought(row: Row, contacts: Renamed, accounts: Renamed, types: Renamed, tags: Renamed) -> Brought:
    def here(name: str, renamed: Renamed) -> UUID | None:
        there = identity_or_none(row, name)
        return there and renamed.get(there, there)

    versions = [_version(each, accounts) for each in row["versions"]]
    current = identity(row, "current_version_id")
    if current not in [version.id for version in versions]:
        raise Unfit("the current version is not among its versions")
    return Brought(
        id=identity(row, "id"),
        title=words(row, "title"),
        made_at=moment(row, "made_at"),
        changed_at=moment(row, "changed_at"),
        current_version_id=current,
        versions=versions,
        contact_id=here("contact_id", contacts),
        received_by=here("received_by", accounts),
        document_date=day_or_none(row, "document_date"),
        language=words_or_none(row, "language"),
        trashed_at=moment_or_none(row, "trashed_at"),
        type_id=here("type_id", types),
        notes=words(row, "notes"),
        is_restricted=yes(row, "is_restricted"),
        held_at=moment_or_none(row, "held_at"),
        held_by=here("held_by", accounts),
        hold_reason=words_or_none(row, "hold_reason"),
        tag_ids=_ids(row, "tag_ids", tags),
        reader_ids=_ids(row, "reader_ids", accounts),
        settled=several(row, "settled"),
        is_settled=_is_settled(row, versions),
    )


def _version(row: Any, accounts: Renamed) -> BroughtVersion:
    by = identity_or_none(row, "made_by")
    made_by = by and accounts.get(by, by)
    told = (number(row, "number"), words(row, "filename"), moment(row, "made_at"))
    return BroughtVersion(identity(row, "id"), *told, made_by, _learned(row))


def _learned(row: Any) -> Mapping[str, Any] | None:
    if row.get("learned") is None:
        return None
    dated = day_or_none(row["learned"], "dated")
    told = {name: words_or_none(row["learned"], name) for name in ("title", "language")}
    return {**told, "dated": dated.isoformat() if dated else None}


def _ids(row: Row, name: str, renamed: Renamed) -> set[UUID]:
    there = [UUID(each) for each in several(row, name)]
    return {renamed.get(each, each) for each in there}


def _is_settled(row: Row, versions: Sequence[BroughtVersion]) -> bool:
    """Machines or people have said something about it already; otherwise it is read as if it were new."""
    from_files = {title_of_file(version.filename) for version in versions}
    return bool(row["language"] or row["document_date"] or row["title"] not in from_files)


def promised(folder: Path, version: Any) -> Promised:
    path = words(version, "path")
    return Promised(
        partial(_pieces, folder, path), words(version, "filename"), number(version, "size"), words(version, "sha256")
    )


@contextmanager
def _pieces(folder: Path, path: str) -> Iterator[Iterator[bytes]]:
    with folders.opened(folder, path) as file:
        yield folders.pieces(file)
