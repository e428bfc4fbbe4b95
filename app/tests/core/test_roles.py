"""The app's role can do its work, and nothing to what the audit says."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError

from pretamane.adapters.postgres_embedded import APP_ROLE
from pretamane.core import roles
from pretamane.core.errors import CannotStart
from pretamane.core.migrations import migrate
from pretamane.wiring import every_table

TABLES = [table.name for table in every_table().sorted_tables]
GUARDED = roles.ONLY_ADDED_TO
ADD = "INSERT INTO {0} ({column}) SELECT {column} FROM {0} WHERE false"
EDITS = ["UPDATE {} SET {column} = {column} WHERE false", "DELETE FROM {} WHERE false"]
CHANGES = [
    "UPDATE {} SET {column} = {column}",
    "DELETE FROM {}",
    "TRUNCATE {}",
    "ALTER TABLE {} DISABLE TRIGGER ALL",
    "ALTER TABLE {} ALTER COLUMN {column} DROP NOT NULL",
    "ALTER TABLE {} OWNER TO pretamane_app",
    "DROP TABLE {}",
    "CREATE RULE changed AS ON INSERT TO {} DO INSTEAD NOTHING",
    "CREATE TRIGGER changed BEFORE INSERT ON {} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "SET ROLE pretamane; UPDATE {} SET {column} = {column}",
]


@pytest.fixture
def owner(owner_address: str) -> Iterator[Engine]:
    engine = create_engine(owner_address)
    yield engine
    engine.dispose()


@pytest.fixture
def app(database_address: str) -> Iterator[Connection]:
    engine = create_engine(database_address)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def stranger(owner: Engine) -> Iterator[str]:
    """A role whose name needs every quoting there is, and without any right yet."""
    mark = uuid4().hex[:6]
    quoted = f'"St%%range: ""{mark}"'
    with owner.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {quoted} LOGIN")
    yield f'St%range: "{mark}'
    with owner.begin() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {quoted}; DROP ROLE {quoted}")


def as_role(address: str, name: str) -> str:
    return make_url(address).set(username=name).render_as_string(hide_password=False)


@pytest.mark.parametrize("table", TABLES)
def test_the_apps_role_can_read_and_add_to_every_table(connection: Connection, table: str) -> None:
    column = every_table().tables[table].columns[0].name

    added = connection.execute(text(ADD.format(table, column=column)))

    assert (connection.scalar(text("SELECT current_user")), added.rowcount) == (APP_ROLE, 0)


@pytest.mark.parametrize("table", [name for name in TABLES if name not in GUARDED])
def test_the_apps_role_can_change_every_table_but_the_audits(connection: Connection, table: str) -> None:
    column = every_table().tables[table].columns[0].name

    touched = [connection.execute(text(each.format(table, column=column))).rowcount for each in EDITS]

    assert touched == [0, 0]


@pytest.mark.parametrize("table", GUARDED)
@pytest.mark.parametrize("change", CHANGES)
def test_the_apps_role_gets_an_error_when_it_tries_to_change_the_audit(
    app: Connection, table: str, change: str
) -> None:
    column = every_table().tables[table].columns[0].name

    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner|must be able to SET ROLE"):
        app.execute(text(change.format(table, column=column)))


@pytest.mark.parametrize("table", GUARDED)
def test_the_apps_role_cannot_grant_itself_more(app: Connection, table: str) -> None:
    app.execute(text(f"GRANT ALL ON {table} TO pretamane_app"))

    assert roles.may_change_audit(app) is False


@pytest.mark.parametrize("thing", ["TABLE mine (id int)", "FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'"])
def test_the_apps_role_makes_nothing_in_the_schema(app: Connection, thing: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied for schema public"):
        app.execute(text(f"CREATE {thing}"))


@pytest.mark.parametrize("granted", ["ALL ON audit_seals", "UPDATE (actor), INSERT ON audit_entries"])
@pytest.mark.parametrize("to", ["pretamane_app", "PUBLIC"])
def test_migrating_takes_back_what_somebody_granted_on_the_audit(
    owner: Engine, app: Connection, owner_address: str, granted: str, to: str
) -> None:
    with owner.begin() as connection:
        connection.execute(text(f"GRANT {granted} TO {to}"))

    changed = migrate(owner_address, APP_ROLE)

    assert (changed, roles.may_change_audit(app)) == (False, False)
    with pytest.raises(ProgrammingError, match="permission denied"):
        app.execute(text("UPDATE audit_entries SET actor = 'somebody else'"))


def test_a_table_made_since_is_granted_at_the_next_migration(
    owner: Engine, app: Connection, owner_address: str
) -> None:
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE later (id bigserial)"))

    migrate(owner_address, APP_ROLE)

    assert app.scalar(text("INSERT INTO later DEFAULT VALUES RETURNING id")) == 1


def test_a_role_of_any_name_is_given_its_rights(owner_address: str, stranger: str) -> None:
    address = as_role(owner_address, stranger)

    migrate(owner_address, roles.role_of(address))

    engine = create_engine(address)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM practice")) == 1
        assert roles.may_change_audit(connection) is False
    engine.dispose()


def test_a_role_that_does_not_exist_is_named_in_a_sentence(owner_address: str) -> None:
    with pytest.raises(CannotStart, match="The role nobody_here of PRETAMANE_DATABASE_URL does not exist"):
        migrate(owner_address, "nobody_here")


def test_an_address_without_a_role_is_asked_for_it(owner_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGUSER", APP_ROLE)
    silent = owner_address.replace("//pretamane@", "//")

    assert roles.role_of(silent) == APP_ROLE


def test_one_role_for_both_can_change_the_audit_and_that_is_known(owner: Engine, owner_address: str) -> None:
    migrate(owner_address, roles.role_of(owner_address))

    with owner.connect() as connection:
        assert roles.may_change_audit(connection) is True
