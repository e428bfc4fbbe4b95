"""Bringing a database's tables up to what this code needs; Alembic is loaded only when there is something to do."""

from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from pretamane.core import roles
from pretamane.core.database import open_unpooled, refusing_when_away

FOLDER = Path(__file__).parents[2] / "migrations"
# Two starts at once must not migrate twice; any fixed number that nothing else locks.
_LOCK = 7_273_826_001


def newest() -> str:
    """Revisions are numbered files, so that asking for the newest needs no import of Alembic."""
    return max(path.stem.split("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def applied(connection: Connection) -> str | None:
    """None too where this role may not read it: then the rights are as old as the tables."""
    if not connection.scalar(text("SELECT has_table_privilege(to_regclass('alembic_version'), 'SELECT')")):
        return None
    version: str | None = connection.scalar(text("SELECT max(version_num) FROM alembic_version"))
    return version


def is_current(bind: Engine | Connection) -> bool:
    """Newer tables than ours are fine: migrations only ever add."""
    with refusing_when_away(), Session(bind) as session:
        return (applied(session.connection()) or "") >= newest()


def migrate(owner_url: str, app_role: str | None = None) -> bool:
    """True when tables were changed. The app's role gets its rights each time, for tables of any age."""
    engine = open_unpooled(owner_url)
    with refusing_when_away(), engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        is_older = (applied(connection) or "") < newest()
        connection.commit()
        if is_older:
            _upgrade(connection)
        if app_role is not None:
            roles.grant(connection, app_role)
    return is_older


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
