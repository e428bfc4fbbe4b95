"""A dump of the embedded PostgreSQL, and which documents' bytes it speaks of: both of one and the same moment."""

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from pretamane.adapters.postgres_binaries import find_binaries
from pretamane.core.errors import CannotStart

# No PG* variable of the caller's may steer it.
_ENVIRONMENT = {"LC_ALL": "C", "PATH": os.defpath}
_KEPT = "SELECT key, sha256, size FROM blobs WHERE purged_at IS NULL ORDER BY key"
_PURGED = "SELECT count(*) FROM blobs WHERE key = :key AND purged_at IS NOT NULL"


class Listed(NamedTuple):
    """A document's bytes, as the database knows them."""

    key: str
    sha256: bytes
    size: int


def dump(owner_address: str, file: Path) -> list[Listed]:
    """Into the file, in the form that pg_restore takes."""
    engine = create_engine(owner_address, isolation_level="REPEATABLE READ", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            # It waits for as long as the dump takes.
            connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
            snapshot = str(connection.scalar(text("SELECT pg_export_snapshot()")))
            # Houses from before there were documents have no such table.
            has_documents = connection.scalar(text("SELECT to_regclass('blobs')")) is not None
            listed = [Listed(*row) for row in connection.execute(text(_KEPT))] if has_documents else []
            _run(owner_address, snapshot, file)
    except SQLAlchemyError as fault:
        raise CannotStart(f"The database could not be dumped: {type(fault).__name__}.") from fault
    return [Listed(each.key, bytes(each.sha256), each.size) for each in listed]


def was_purged(owner_address: str, key: str) -> bool:
    """By now."""
    engine = create_engine(owner_address, poolclass=NullPool)
    with engine.connect() as connection:
        return bool(connection.scalar(text(_PURGED), {"key": key}))


def _run(owner_address: str, snapshot: str, file: Path) -> None:
    address = owner_address.replace("postgresql+psycopg2://", "postgresql://", 1)
    command = [str(find_binaries() / "pg_dump"), "--format=custom", f"--snapshot={snapshot}", f"--file={file}", address]
    told = subprocess.run(command, env=_ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if told.returncode != 0:
        story = told.stderr.decode("utf-8", "replace").strip().splitlines()
        raise CannotStart(f"The database could not be dumped: {story[-1] if story else 'pg_dump gave no reason'}")
