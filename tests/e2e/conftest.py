import os
import shutil
import subprocess
from collections.abc import Iterator

import httpx2
import pytest

from tests.e2e.stack import PASSWORD, Stack

OURS = "pretamane-e2e-"
SAID = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """From nothing to all healthy by one command, once for all that look at it."""
    if shutil.which("docker") is None:
        pytest.skip("no Docker engine: scripts/e2e brings one")
    clear_away_what_an_earlier_run_left()
    made = Stack(tmp_path_factory.mktemp("stack"), f"{OURS}{os.getpid()}")
    came_up = False
    try:
        made.script("install.sh")
        came_up = True
        yield made
    finally:
        if request.session.testsfailed or not came_up:
            told = made.script("compose", "logs", "--no-color", "--tail", "15", check=False)
            request.config.stash[SAID] = told.stdout + told.stderr
        made.down()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if SAID in config.stash:
        terminalreporter.section("what the stack said last")
        terminalreporter.write(config.stash[SAID])


def clear_away_what_an_earlier_run_left() -> None:
    """One that was killed had no time for it, and its networks would be in the way."""
    kinds = {"ps": ["rm", "--force", "--volumes"], "network": ["network", "rm"], "volume": ["volume", "rm", "--force"]}
    for kind, remove in kinds.items():
        listing = ["ps", "--all"] if kind == "ps" else [kind, "ls"]
        found = subprocess.run(
            ["docker", *listing, "--quiet", "--filter", f"name={OURS}"], capture_output=True, text=True, check=True
        )
        if names := found.stdout.split():
            subprocess.run(["docker", *remove, *names], capture_output=True, check=True)


@pytest.fixture(scope="session")
def administrator(stack: Stack) -> Iterator[httpx2.Client]:
    """Signed in by the link that the command prints."""
    link = httpx2.URL(stack.pretamane("admin", "create").strip().splitlines()[-1]).raw_path.decode()
    with httpx2.Client(base_url=stack.address, headers={"Origin": stack.address}, timeout=30) as client:
        made = client.post(link, data={"name": "Ada Weber", "email": "ada@practice.example", "password": PASSWORD})
        assert made.status_code == 303, made.text
        yield client
