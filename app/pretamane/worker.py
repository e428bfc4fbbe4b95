"""The worker's way in: does what is queued, hears when there is more, and ends as told."""

import gc
import logging
import os
import select
import signal
from contextlib import closing, suppress
from types import FrameType, TracebackType
from typing import Self

from pretamane import wiring
from pretamane.core.jobs import working
from pretamane.core.jobs.listening import Ear

_log = logging.getLogger("pretamane.worker")


def run_until_told(platform: wiring.Platform, *, grace: float) -> None:
    """Work until SIGTERM or SIGINT; what runs then has `grace` seconds to finish."""
    with _Told() as told, closing(Ear(wiring.database_url(platform.settings))) as ear:
        if not _is_ready(platform, told):
            return
        worker = wiring.build_worker(platform, on_end=told.tell)
        gc.collect()
        ear.has_heard()  # opens it, so that the first job need not wait for a look
        worker.start()
        while not told.within(working.POLL_SECONDS, ear):
            if ear.has_heard():
                worker.look()
        _log.info("Told to end; what runs has %.0f s to finish.", grace)
        worker.stop(grace)


def _is_ready(platform: wiring.Platform, told: "_Told") -> bool:
    """Tables are the migration's business; until they are there a worker can only wait."""
    said = None
    while reason := platform.why_not_ready():
        if reason != said:
            _log.warning("The worker waits: %s", reason)
            said = reason
        if told.within(working.POLL_SECONDS):
            return False
    return True


class _Told:
    """Being told to end, by a signal or by a thread that ended, as something that can be waited for with others."""

    def __enter__(self) -> Self:
        self._reading, self._writing = os.pipe()
        for end in (self._reading, self._writing):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            if signal.getsignal(number) is not signal.SIG_IGN:  # under a crew the parent answers Ctrl-C
                signal.signal(number, _arrives_in_the_pipe)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The pipe stays open: a thread that ends later may still tell."""
        signal.set_wakeup_fd(-1)

    def tell(self) -> None:
        with suppress(BlockingIOError):
            os.write(self._writing, b"!")

    def within(self, seconds: float, ear: Ear | None = None) -> bool:
        """Returns early when the ear hears something."""
        also = [] if ear is None or ear.descriptor is None else [ear.descriptor]
        ready, _, _ = select.select([self._reading, *also], [], [], seconds)
        return self._reading in ready


def _arrives_in_the_pipe(_number: int, _frame: FrameType | None) -> None:
    """Must exist: Python writes to the wake-up pipe only for signals that have a handler in Python."""
