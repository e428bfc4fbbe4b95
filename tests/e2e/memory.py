"""What each service takes, and whether the kernel ended anybody for it. Of upstream's images, the programs."""

import os
import subprocess
from pathlib import Path

from tests.e2e.stack import Container, Stack

MEBIBYTE = 1024 * 1024
UNITS = {"B": 1, "KiB": 1024, "MiB": MEBIBYTE, "GiB": 1024 * MEBIBYTE}


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
