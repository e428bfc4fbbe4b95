"""How much more may come: within the folder's own cap, and while the disk's reserve stays free."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pretamane.core.errors import NoRoom, Unavailable


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


class Room:
    def __init__(self, folder: Path, *, cap: int, reserve: int, free: Callable[[Path], int] = free_bytes) -> None:
        """`free` says how much of the disk under a folder nobody uses."""
        self.folder, self._cap, self._reserve, self._free = folder, cap, reserve, free

    def need(self, more: int) -> None:
        """Refuse unless so many bytes more fit."""
        if self._free(self.folder) - more < self._reserve:
            raise full_disk()
        if self._taken() + more > self._cap:
            raise Unavailable(
                "Too much is being sent at the same time just now. Nothing was kept; please try again in a minute.",
                code="too-much-at-once",
                headers={"Retry-After": "60"},
            )

    def _taken(self) -> int:
        taken = 0
        for entry in self.folder.iterdir():
            with suppress(FileNotFoundError):  # filed or removed meanwhile
                taken += entry.stat().st_size
        return taken


def full_disk() -> NoRoom:
    return NoRoom("The server's disk is nearly full, so nothing more is taken. Please tell whoever looks after it.")
