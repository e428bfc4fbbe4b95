"""Secrets that Parameter Store changes, taken by a stack that runs."""

import os
from collections.abc import Iterator

import httpx2
import pytest

from tests.e2e.stack import Stack
from tests.scripts.parameter_store import PATH, give
from tests.terraform.conftest import empty_aws
from tests.terraform.root import environment

pytestmark = pytest.mark.at_length

CHANGED = [
    *("POSTGRES_PASSWORD", "DATABASE_OWNER_PASSWORD", "DATABASE_APP_PASSWORD", "DATABASE_EXPORTER_PASSWORD"),
    *("MINIO_ROOT_PASSWORD", "MINIO_APP_PASSWORD", "MEILISEARCH_KEY", "CONSOLES_PASSWORD", "SIGNING_KEY"),
]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with empty_aws() as address:
        for name, value in environment(address).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        yield address


def test_every_password_changes_and_everything_works_with_the_new_ones(stack, administrator, aws):
    old = stack.secret("database_app_password")
    assert the_app_is_let_in(stack, old)
    taken_over = stack.script("secrets.sh", "ssm", PATH)
    for name in CHANGED:
        give(aws, f"generated/{name}", os.urandom(24).hex())
    changed = stack.script("secrets.sh", "ssm", PATH)
    stack.script("secrets.sh", "renew")

    assert "none was touched" in taken_over.stderr
    assert set(changed.stdout.split()) >= {name.lower() for name in CHANGED}
    health = httpx2.get(f"{stack.address}/health", timeout=30).json()
    assert health["status"] == "ok"
    assert {each["name"] for each in health["dependencies"]} >= {"postgresql", "blobs", "search"}
    assert administrator.get("/api/v1/documents").status_code == 200
    console = httpx2.get(f"{stack.address}/prometheus/-/ready", auth=("operator", stack.secret("consoles_password")))
    assert console.status_code == 200
    assert the_app_is_let_in(stack, stack.secret("database_app_password"))
    assert not the_app_is_let_in(stack, old)


def the_app_is_let_in(stack: Stack, password: str) -> bool:
    """By the way that the app comes: over the network, where PostgreSQL asks for it."""
    asked = [
        *("exec", "-T", "-e", f"PGPASSWORD={password}", "postgresql"),
        *("psql", "--host", "postgresql", "--username", "pretamane_app", "pretamane", "--command", "SELECT 1"),
    ]
    return stack.script("compose", *asked, check=False).returncode == 0
