"""What the stack takes while nobody asks anything of it, and while many do. Of upstream's images, the programs."""

import os
import subprocess
import time
from pathlib import Path

from tests.e2e.load import Load
from tests.e2e.services import SERVICES
from tests.e2e.stack import Container, Stack

MEBIBYTE = 1024 * 1024
UNITS = {"B": 1, "KiB": 1024, "MiB": MEBIBYTE, "GiB": 1024 * MEBIBYTE}
MOST_WHEN_IDLE = 900_000_000
MOST_UNDER_LOAD = 3 * 1024 * MEBIBYTE
# Of its limit, while idle: the rest is for when somebody asks.
MOST_OF_A_LIMIT = 0.75
LOAD_SECONDS = float(os.environ.get("E2E_LOAD_SECONDS", "300"))


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


def kills_for_want_of_memory(container: Container) -> int:
    """Of any process in it, by the kernel's count: the engine tells of the main one only."""
    for line in Path(f"/proc/{container.pid}/cgroup").read_text().splitlines():
        number, controllers, place = line.split(":", 2)
        if "memory" in controllers.split(","):
            counts = Path(f"/sys/fs/cgroup/memory{place}/memory.oom_control").read_text()
        elif number == "0" and not controllers and Path(f"/sys/fs/cgroup{place}/memory.events").is_file():
            counts = Path(f"/sys/fs/cgroup{place}/memory.events").read_text()
        else:
            continue
        return int(dict(line.split() for line in counts.splitlines())["oom_kill"])
    raise AssertionError("The kernel counts no memory of this container.")


def write_down(when: str, found: dict[str, tuple[float, float]]) -> None:
    """For whoever wants the figures: E2E_FIGURES names the file."""
    lines = [f"{name:20}{used / MEBIBYTE:8.1f} of {most / MEBIBYTE:6.0f} MiB" for name, (used, most) in found.items()]
    total = sum(used for used, _ in found.values())
    if place := os.environ.get("E2E_FIGURES"):
        with Path(place).open("a", encoding="utf-8") as figures:
            figures.write("\n".join([f"== {when}", *sorted(lines), f"{'together':20}{total / MEBIBYTE:8.1f} MiB", ""]))


def test_idle_it_takes_little_and_leaves_each_room(stack):
    found = memory(stack)
    write_down("idle", found)

    assert found.keys() == SERVICES.keys()
    assert sum(used for used, _ in found.values()) <= MOST_WHEN_IDLE, found
    assert {name: used for name, (used, most) in found.items() if used > most * MOST_OF_A_LIMIT} == {}


def test_under_the_storys_load_nobody_runs_out_of_memory_or_starts_again(stack, administrator):
    before = {name: (each.id, each.restarts, each.started_at) for name, each in stack.running().items()}
    most: dict[str, tuple[float, float]] = {}
    together = 0.0
    with Load(stack.address, administrator).going_on() as load:
        end = time.monotonic() + LOAD_SECONDS
        while time.monotonic() < end:
            found = memory(stack)
            together = max(together, sum(used for used, _ in found.values()))
            most = {name: max(found[name], most.get(name, (0, 0))) for name in found}
            time.sleep(1)
    write_down(f"at most in {LOAD_SECONDS:.0f} s of load, {load.done} done", most)

    assert load.failed == []
    assert load.done > LOAD_SECONDS / 2
    assert together <= MOST_UNDER_LOAD, most
    running = stack.running()
    assert {name: (each.id, each.restarts, each.started_at) for name, each in running.items()} == before
    assert {name: kills for name, each in running.items() if (kills := kills_for_want_of_memory(each))} == {}


def test_a_process_that_takes_more_than_its_services_limit_is_counted(stack):
    """So that the counts above would not be zero whatever happens."""
    before = kills_for_want_of_memory(stack.container("worker"))

    eat = "bytearray(900 * 1024 * 1024).count(1)"
    stack.script("compose", "exec", "-T", "worker", "python3", "-c", eat, check=False)

    assert kills_for_want_of_memory(stack.container("worker")) == before + 1
    stack.await_health("worker")
