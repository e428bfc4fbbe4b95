"""What each service takes, and whether the kernel ended anybody for it. Of upstream's images, the programs."""

import os
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.stack import Container, Stack

MEBIBYTE = 1024 * 1024
GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Memory:
    """In bytes. What is used counts as `docker stats` does, pages of files among it that were read more than once; what
    is held, without any page of a file: the kernel takes those back before it ends anybody."""

    used: int
    held: int
    limit: int

    def at_most(self, other: "Memory") -> "Memory":
        return Memory(max(self.used, other.used), max(self.held, other.held), self.limit)


def memory(stack: Stack) -> dict[str, Memory]:
    return {name: _memory(container) for name, container in stack.running().items()}


def _memory(container: Container) -> Memory:
    group, is_unified = _group(container)
    pages = _numbers(group / "memory.stat")
    total = int((group / ("memory.current" if is_unified else "memory.usage_in_bytes")).read_text())
    used = total - pages["inactive_file"]
    limit = int((group / ("memory.max" if is_unified else "memory.limit_in_bytes")).read_text())
    return Memory(used, used - pages["active_file"], limit)


def kills_for_want_of_memory(container: Container) -> int:
    """Of any process in it, by the kernel's count: the engine tells of the main one only."""
    group, is_unified = _group(container)
    return _numbers(group / ("memory.events" if is_unified else "memory.oom_control"))["oom_kill"]


def _group(container: Container) -> tuple[Path, bool]:
    for line in Path(f"/proc/{container.pid}/cgroup").read_text().splitlines():
        number, controllers, place = line.split(":", 2)
        if "memory" in controllers.split(","):
            return GROUPS / "memory" / place.lstrip("/"), False
        if number == "0" and not controllers and (GROUPS / place.lstrip("/") / "memory.events").is_file():
            return GROUPS / place.lstrip("/"), True
    raise AssertionError("The kernel counts no memory of this container.")


def _numbers(place: Path) -> dict[str, int]:
    return {name: int(number) for name, number in (line.split() for line in place.read_text().splitlines())}


def write_down(when: str, found: dict[str, Memory]) -> None:
    """For whoever wants the figures: E2E_FIGURES names the file."""
    parts = ((name, each.used / MEBIBYTE, each.held / MEBIBYTE, each.limit / MEBIBYTE) for name, each in found.items())
    lines = [f"{name:20}{used:8.1f}, {held:6.1f} of {limit:4.0f} MiB" for name, used, held, limit in sorted(parts)]
    total = sum(each.used for each in found.values()) / MEBIBYTE
    if place := os.environ.get("E2E_FIGURES"):
        with Path(place).open("a", encoding="utf-8") as figures:
            figures.write("\n".join([f"== {when}", *lines, f"{'together':20}{total:8.1f} MiB", ""]))
