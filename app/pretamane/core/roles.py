"""Two roles in the database: the owner makes and changes tables, the app's works in them and cannot touch the audit."""

from sqlalchemy import Connection, make_url, text

from pretamane.core.database import open_unpooled, refusing_when_away
from pretamane.core.errors import CannotStart

ONLY_ADDED_TO = ("audit_entries", "audit_seals")
ONLY_READ = ("alembic_version",)

_OURS = text("""
    SELECT oid::regclass::text AS name, relname, relkind::text AS kind FROM pg_class
    WHERE relnamespace = CAST(:schema AS regnamespace) AND relkind IN ('r', 'p', 'S')
      AND pg_has_role(relowner, 'USAGE')
    ORDER BY relname
""")
# An owner can take back any right that was taken from it, so being one counts as every right.
_MAY_CHANGE = text("""
    SELECT bool_or(pg_has_role(relowner, 'MEMBER') OR has_table_privilege(oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER'))
    FROM pg_class WHERE oid = ANY (SELECT to_regclass(name) FROM unnest(CAST(:names AS text[])) AS name)
""")


def role_of(url: str) -> str:
    """The address may leave its role to the environment; then only the server knows."""
    name = make_url(url.replace("postgres://", "postgresql://", 1)).username
    if name is not None:
        return name
    with refusing_when_away(), open_unpooled(url).connect() as connection:
        role: str = connection.execute(text("SELECT current_user")).scalar_one()
        return role


def grant(connection: Connection, app_role: str) -> None:
    """In one transaction, so that no moment has too many rights or too few. Repeating it changes nothing."""
    if app_role == connection.scalar(text("SELECT current_user")):
        return
    if connection.scalar(text("SELECT to_regrole(:role)"), {"role": _quoted(connection, app_role)}) is None:
        raise CannotStart(
            f"The role {app_role} of PRETAMANE_DATABASE_URL does not exist: make it first, with CREATE ROLE … LOGIN."
        )
    for statement in _rights(connection, _quoted(connection, app_role)):
        connection.exec_driver_sql(statement.replace("%", "%%"))  # psycopg2 reads a single one as a place to fill
    connection.commit()


def may_change_audit(connection: Connection) -> bool | None:
    """Whether the role that asks could; None while there are no tables."""
    could: bool | None = connection.scalar(_MAY_CHANGE, {"names": list(ONLY_ADDED_TO)})
    return could


def _rights(connection: Connection, role: str) -> list[str]:
    schema = _quoted(connection, connection.scalar(text("SELECT current_schema()")) or "public")
    ours = connection.execute(_OURS, {"schema": schema}).all()
    guarded = {row.relname: row.name for row in ours if row.relname in (*ONLY_ADDED_TO, *ONLY_READ)}
    worked_in = [row.name for row in ours if row.kind != "S" and row.relname not in guarded]
    sequences = [row.name for row in ours if row.kind == "S"]
    return [
        f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {role}",
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(worked_in)} TO {role}",
        *([f"GRANT USAGE, SELECT ON SEQUENCE {', '.join(sequences)} TO {role}"] if sequences else []),
        f"REVOKE ALL ON {', '.join(guarded.values())} FROM PUBLIC, {role}",
        f"GRANT SELECT ON {', '.join(guarded.values())} TO {role}",
        f"GRANT INSERT ON {', '.join(guarded[name] for name in ONLY_ADDED_TO)} TO {role}",
    ]


def _quoted(connection: Connection, name: str) -> str:
    quoted: str = connection.execute(text("SELECT quote_ident(:name)"), {"name": name}).scalar_one()
    return quoted
