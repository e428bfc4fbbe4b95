"""Whatever changes the stack waits for what is at work already, and says that it waits."""

import fcntl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.scripts.house import House

WAITING = "Something else is at work on this stack; waiting for it to end.\n"


@contextmanager
def begun(house: House, script: str) -> Iterator[subprocess.Popen[str]]:
    command = [house.root / "scripts" / script]
    with subprocess.Popen(
        command, env=house.environment(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


@pytest.fixture(autouse=True)
def settled(house: House) -> None:
    # A port that nobody listens at.
    house.settings(LOOPBACK_PORT=1)


@pytest.mark.parametrize("script", ["rollback.sh", "deploy.sh", "install.sh", "backup-data.sh", "move-in.sh"])
def test_whoever_comes_second_says_so_and_does_nothing_before_the_first_has_ended(house, script):
    with (house.stack / ".lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        with begun(house, script) as second:
            assert second.stderr is not None
            assert second.stderr.readline() == WAITING
            with pytest.raises(subprocess.TimeoutExpired):
                second.wait(0.5)
            asked = [call for call in house.asked() if not call.startswith(("info", "compose version", "ps "))]
            assert asked == []


def test_it_goes_on_as_soon_as_the_first_has_ended(house):
    with (house.stack / ".lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        with begun(house, "rollback.sh") as second:
            assert second.stderr is not None
            assert second.stderr.readline() == WAITING
            first.close()
            said = second.stderr.read()

            assert second.wait(20) == 2
            assert said == "No version was in service before 0.1.0.\n"


def test_one_that_finds_nobody_at_work_waits_for_nobody(house):
    assert house.script("rollback.sh").stderr == "No version was in service before 0.1.0.\n"


def test_what_one_of_them_calls_belongs_to_it(house):
    """Else a rollback would wait for ever for itself, in the deploy.sh that it calls."""
    (house.stack / "state.env").write_text("BLUE_SCALE=1\nBLUE_VERSION=0.1.0\nPREVIOUS_VERSION=0.1.0\n")

    told = house.script("rollback.sh")

    assert "waiting" not in told.stderr
    assert "Version 0.1.0 is in service already." in told.stderr
