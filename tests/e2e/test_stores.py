"""What the app's own users may not do, tried as them."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx2
import pytest
from minio import Minio
from minio.error import S3Error
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import ProgrammingError

from tests.e2e.stack import Stack

REFUSED = "42501"  # insufficient_privilege


@contextmanager
def as_role(stack: Stack, role: str, password: str) -> Iterator[Connection]:
    host = stack.container("postgresql").addresses["data"]
    engine = create_engine(f"postgresql+psycopg2://{role}:{stack.secret(password)}@{host}/pretamane")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def refusal_of(connection: Connection, statement: str) -> str:
    with pytest.raises(ProgrammingError) as refusal:
        connection.execute(text(statement))
    return str(getattr(refusal.value.orig, "pgcode", ""))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE planted ()",
        "CREATE SCHEMA planted",
        "CREATE TEMPORARY TABLE planted ()",
        "ALTER TABLE accounts ADD planted int",
        "DROP TABLE accounts",
        "TRUNCATE accounts",
        "UPDATE audit_entries SET act = 'planted'",
        "DELETE FROM audit_entries",
        "DELETE FROM audit_seals",
        "UPDATE alembic_version SET version_num = '0'",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY accounts TO PROGRAM 'true'",
        "CREATE ROLE planted",
    ],
)
def test_the_apps_database_role_is_refused(stack, statement):
    with as_role(stack, "pretamane_app", "database_app_password") as connection:
        assert refusal_of(connection, statement) == REFUSED


def test_the_exporters_role_reads_figures_and_no_table(stack):
    with as_role(stack, "pretamane_exporter", "database_exporter_password") as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_stat_activity")) > 0
        assert refusal_of(connection, "SELECT * FROM accounts") == REFUSED


def store(stack: Stack) -> str:
    return f"{stack.container('minio').addresses['data']}:9000"


def test_nobody_reads_the_bucket_unsigned(stack):
    for path in ("/pretamane/", "/pretamane/anything", "/"):
        assert httpx2.get(f"http://{store(stack)}{path}").status_code == 403


def test_the_apps_user_is_limited_to_its_bucket(stack):
    told = urlsplit(stack.secret("blob_url"))
    client = Minio(store(stack), access_key=told.username, secret_key=told.password, secure=False)

    assert client.bucket_exists("pretamane")
    with pytest.raises(S3Error, match="Access Denied"):
        client.make_bucket("another")
    with pytest.raises(S3Error, match="Access Denied"):
        list(client.list_objects("another"))
