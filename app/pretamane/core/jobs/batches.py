"""What one thread has claimed: begun one after the other, or taken from it unbegun; never both."""

import threading
from collections import deque
from collections.abc import Iterable
from datetime import datetime

from pretamane.core.jobs.queue import Claimed
from pretamane.ports import Clock


class Batch:
    """`held_until` is how long the leases are known to last; what has not begun by then is left to others."""

    def __init__(self, jobs: Iterable[Claimed], held_until: datetime, clock: Clock) -> None:
        self._lock = threading.Lock()
        self._unbegun = deque(jobs)
        self._running: Claimed | None = None
        self._clock, self._began = clock, clock.monotonic()
        self.held_until = held_until

    def begin_next(self) -> Claimed | None:
        with self._lock:
            is_ours = self._clock.now() < self.held_until
            self._running = self._unbegun.popleft() if self._unbegun and is_ours else None
            self._began = self._clock.monotonic()
            return self._running

    def take_unbegun(self, *, waiting_for: float) -> list[Claimed]:
        """Once the running one has kept the others waiting for so many seconds."""
        with self._lock:
            if self._clock.monotonic() - self._began < waiting_for:
                return []
            taken = list(self._unbegun)
            self._unbegun.clear()
            return taken

    @property
    def held(self) -> list[Claimed]:
        with self._lock:
            return [*([self._running] if self._running else []), *self._unbegun]
