"""What the stack takes while nobody asks anything of it. Of upstream's images only the program is the real one here."""

import subprocess

from tests.e2e.services import SERVICES
from tests.e2e.stack import Stack

MEBIBYTE = 1024 * 1024
UNITS = {"B": 1, "KiB": 1024, "MiB": MEBIBYTE, "GiB": 1024 * MEBIBYTE}
MOST_WHEN_IDLE = 900_000_000


def size(told: str) -> float:
    number = told.rstrip("BKMGi")
    return float(number) * UNITS[told.removeprefix(number)]


def memory(stack: Stack) -> dict[str, tuple[float, float]]:
    """In use, and at most."""
    ids = {each.id: name for name, each in stack.running().items()}
    command = ["docker", "stats", "--no-stream", "--no-trunc", "--format", "{{.ID}} {{.MemUsage}}", *ids]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    told = [line.replace(" / ", " ").split() for line in lines]
    return {ids[line[0]]: (size(line[1]), size(line[2])) for line in told}


def test_idle_it_takes_little_and_each_is_far_from_its_limit(stack):
    found = memory(stack)

    assert found.keys() == SERVICES.keys()
    assert sum(used for used, _ in found.values()) <= MOST_WHEN_IDLE, found
    assert {name for name, (used, most) in found.items() if used > most / 2} == set()


def test_nobody_was_ended_for_want_of_memory(stack):
    assert [name for name, each in stack.containers().items() if each.told["State"]["OOMKilled"]] == []
