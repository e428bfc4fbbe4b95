"""What the app's own users may not do, tried as them."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import psycopg2
import pytest
from minio import Minio
from minio.error import S3Error

from tests.e2e.stack import Stack


@pytest.fixture
def as_app(stack: Stack) -> Iterator["psycopg2.extensions.connection"]:
    url = stack.secret("database_url").replace("@postgresql:", f"@{stack.container('postgresql').addresses['data']}:")
    connection = psycopg2.connect(url)
    yield connection
    connection.close()


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
def test_the_apps_database_role_is_refused(as_app, statement):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege), as_app.cursor() as cursor:
        cursor.execute(statement)


def test_the_exporters_role_reads_figures_and_no_table(stack):
    host = stack.container("postgresql").addresses["data"]
    password = stack.secret("database_exporter_password")
    connection = psycopg2.connect(host=host, user="pretamane_exporter", password=password, dbname="pretamane")
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE query IS NOT NULL")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("SELECT * FROM accounts")
    connection.close()


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
