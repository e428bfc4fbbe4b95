"""The migrations make the tables that the models describe, once."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url, text

from pretamane.core.migrations import FOLDER, applied, is_current, migrate, newest


@pytest.fixture
def config():
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


@pytest.fixture
def empty_address(postgres):
    """A database without tables."""
    name = f"empty_{uuid4().hex[:12]}"
    server = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield make_url(postgres).set(database=name).render_as_string(hide_password=False)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def test_the_models_are_what_the_migrations_make(config, database_address):
    engine = create_engine(database_address)
    with engine.connect() as connection:
        config.attributes["connection"] = connection

        command.check(config)  # raises when a migration is missing
    engine.dispose()


def test_migrating_again_changes_nothing(empty_address):
    changed = [migrate(empty_address), migrate(empty_address)]

    engine = create_engine(empty_address)
    with engine.connect() as connection:
        assert changed == [True, False]
        assert applied(connection) == newest()
        assert connection.scalar(text("SELECT count(*) FROM practice")) == 1
    engine.dispose()


def test_a_database_without_tables_is_not_current_and_a_migrated_one_is(empty_address):
    engine = create_engine(empty_address)
    before = is_current(engine)

    migrate(empty_address)

    assert (before, is_current(engine)) == (False, True)
    engine.dispose()


def test_two_starts_at_once_migrate_once(empty_address):
    with ThreadPoolExecutor(2) as starts:
        changed = list(starts.map(migrate, [empty_address] * 2))

    assert sorted(changed) == [False, True]


def test_the_newest_file_is_alembic_s_head(config):
    assert ScriptDirectory.from_config(config).get_current_head() == newest()


def test_rate_limits_are_counted_in_an_unlogged_table(connection):
    kind = connection.scalar(text("SELECT relpersistence FROM pg_class WHERE relname = 'rate_limit_windows'"))

    assert kind in ("u", b"u")
