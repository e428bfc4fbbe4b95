"""Which revision an image is labelled with: a bundle's own, else the checkout's commit, else none."""

import re
import subprocess

import pytest

from tests.compose.stack import compose_command
from tests.scripts.house import House, real_compose


@pytest.fixture(autouse=True)
def compose_reads(house: House) -> None:
    if compose_command() is None:
        pytest.skip("no Docker Compose")
    house.settings()
    house.docker(f'  compose*) shift; exec {real_compose()} "$@" ;;')


def revision(house: House) -> str:
    told = house.script("compose", "config", "app-blue", GIT_CEILING_DIRECTORIES=house.root.parent)
    found = re.search(r"^ +REVISION: (.+)$", told.stdout, re.MULTILINE)
    assert found is not None, told.stderr
    return found[1]


def test_a_checkout_is_labelled_with_its_commit(house):
    def git(*arguments: str) -> str:
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        return subprocess.run(
            ["git", *who, *arguments], cwd=house.root, check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "--quiet")
    git("commit", "--quiet", "--allow-empty", "--message", "Begin")

    assert revision(house) == git("rev-parse", "HEAD")


def test_a_bundle_is_labelled_with_its_own_version(house):
    (house.root / "VERSION").write_text("0.1.0-0123456789ab\n")

    assert revision(house) == "0.1.0-0123456789ab"


def test_what_is_neither_says_that_it_does_not_know(house):
    assert revision(house) == "unknown"
