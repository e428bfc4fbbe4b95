import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stack import Stack


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
