import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.e2e.stack import PASSWORD, Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """From nothing to all healthy, once for all that look at it."""
    if shutil.which("docker") is None:
        pytest.skip("no Docker engine: scripts/e2e brings one")
    made = Stack(tmp_path_factory.mktemp("stack"), f"pretamane-e2e-{os.getpid()}")
    try:
        made.script("secrets.sh", "local")
        made.up()
        yield made
    except AssertionError:
        keep_what_it_said(made)
        raise
    finally:
        made.down()


def keep_what_it_said(stack: Stack) -> None:
    said = stack.script("compose", "logs", "--no-color", "--tail", "40", check=False)
    Path(os.environ.get("E2E_LOG", "e2e.log")).write_text(said.stdout + said.stderr)


@pytest.fixture(scope="session")
def administrator(stack: Stack) -> Iterator[httpx2.Client]:
    """Signed in by the link that the command prints."""
    link = stack.pretamane("admin", "create").strip().splitlines()[-1]
    with httpx2.Client(base_url=stack.address, headers={"Origin": stack.address}, timeout=30) as client:
        made = client.post(link, data={"name": "Ada Weber", "email": "ada@practice.example", "password": PASSWORD})
        assert made.status_code == 303, made.text
        yield client
