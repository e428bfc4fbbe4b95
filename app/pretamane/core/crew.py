"""Forked children under one parent: restarted when they die, ended together.

The parent forks after the heavy imports, so that the children share their memory, and before any thread,
event loop or database engine exists: a child would inherit its locks and sockets without what keeps it alive.
"""

import ctypes
import gc
import logging
import os
import platform
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import NoReturn, Self

from pretamane.core.errors import CannotStart

logger = logging.getLogger("pretamane.crew")

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
GOOD_LIFE = 30.0
QUICK_DEATH, QUICK_DEATHS_ALLOWED = 1.0, 5
# A member's own failure, and nobody else's word: whatever ends a process from within, a job say, would use another.
CANNOT_LIVE = os.EX_SOFTWARE

ENDING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(frozen=True)
class Member:
    name: str
    work: Callable[[], None]


class KeepsDying(Exception):
    """A member cannot live here; whoever watches the service must see that, so the crew gives up."""


class Backoff:
    """How long a member rests before its next life."""

    def __init__(self) -> None:
        self._pause = FIRST_PAUSE
        self._quick_deaths = 0

    def pause_after(self, lived: float, *, cannot_live: bool = True) -> float | None:
        """None once the member has failed so quickly so often that another life would end the same way.

        A signal or another exit code says nothing of the kind: one job may have ended it, and the next life meets
        another.
        """
        self._quick_deaths = self._quick_deaths + 1 if lived < QUICK_DEATH and cannot_live else 0
        if self._quick_deaths >= QUICK_DEATHS_ALLOWED:
            return None
        if lived >= GOOD_LIFE:
            self._pause = FIRST_PAUSE
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
        return pause


class Crew:
    """`stop_within` must be longer than the slowest member's own graceful end, or that end is cut short.

    `on_ending` runs in the parent once the children are told to end: what it holds open only for them, such
    as a listening socket, must close there, or clients queue at a port that nobody serves any more.

    `on_wake` runs in the parent before the first fork and after the end of any child, the crew's or not: who
    needs one that is not of the crew looks after it there. A CannotStart from it ends the crew.
    """

    def __init__(
        self,
        members: Sequence[Member],
        *,
        stop_within: float = 20.0,
        on_ending: Callable[[], None] | None = None,
        on_wake: Callable[[], None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._posts = [_Post(member) for member in members]
        self._stop_within = stop_within
        self._on_ending = on_ending
        self._on_wake = on_wake
        self._monotonic = monotonic

    def run(self) -> int:
        gc.freeze()  # a collection in a child would write to, and so copy, every page shared with the parent
        with _Signals() as signals:
            try:
                self._keep_alive(signals)
            except (KeepsDying, CannotStart) as reason:
                logger.critical("%s", reason)
                return 1
            finally:
                self._end(signals)
        return 0

    def _keep_alive(self, signals: "_Signals") -> None:
        while True:
            if self._on_wake is not None:
                self._on_wake()
            for post in self._posts:
                if post.pid is None and post.due <= self._monotonic():
                    self._fork(post, signals)
            told = ENDING & signals.wait(self._seconds_to_next_start())
            if told:
                logger.info("Told to end (%s).", ", ".join(signal.Signals(number).name for number in told))
                return
            for post in self._posts:
                status = post.reap()
                if status is not None:
                    self._rest(post, _way_of_death(status), cannot_live=status == CANNOT_LIVE)

    def _seconds_to_next_start(self) -> float | None:
        due = [post.due for post in self._posts if post.pid is None]
        return max(0.0, min(due) - self._monotonic()) if due else None

    def _rest(self, post: "_Post", reason: str, *, cannot_live: bool = True) -> None:
        now = self._monotonic()
        pause = post.backoff.pause_after(now - post.started, cannot_live=cannot_live)
        if pause is None:
            raise KeepsDying(
                f"{post.member.name} failed {QUICK_DEATHS_ALLOWED} times in a row within a second of its start "
                f"(last: {reason}), so everything ends; the lines above say why."
            )
        post.due = now + pause
        logger.warning("%s ended (%s) and starts again in %.1f s.", post.member.name, reason, pause)

    def _fork(self, post: "_Post", signals: "_Signals") -> None:
        post.started = self._monotonic()
        parent = os.getpid()
        # A signal between the fork and the child's own handlers would run the parent's in the child.
        mask = {int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, (*ENDING, signal.SIGCHLD))}
        try:
            pid = os.fork()
            if pid == 0:
                self._live(post.member, parent, signals, mask)
            post.pid = pid
        except OSError as error:
            self._rest(post, f"not forked: {error.strerror}")
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def _live(self, member: Member, parent: int, signals: "_Signals", mask: set[int]) -> NoReturn:
        """Whatever happens, a child must never return into the parent's code."""
        status = CANNOT_LIVE
        try:
            signals.leave_to_the_parent()
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            _die_with(parent, grace=self._stop_within)
            member.work()
            status = 0
        except SystemExit as leaving:
            status = CANNOT_LIVE if leaving.code else 0
        except CannotStart as refusal:
            logger.critical("%s: %s", member.name, refusal)
        except BaseException:  # the edge of this process: nothing above could report it
            logger.exception("%s failed.", member.name)
        finally:
            with suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)

    def _end(self, signals: "_Signals") -> None:
        for post in self._living():
            post.send(signal.SIGTERM)
        if self._on_ending is not None:
            self._on_ending()
        deadline = self._monotonic() + self._stop_within
        while living := self._living():
            left = deadline - self._monotonic()
            if left <= 0 or signal.SIGINT in signals.wait(left):  # Ctrl-C again: somebody will not wait
                break
        for post in living:
            logger.warning("%s did not end in time and is killed.", post.member.name)
            post.send(signal.SIGKILL)
            post.reap(wait=True)

    def _living(self) -> "list[_Post]":
        return [post for post in self._posts if post.pid is not None and post.reap() is None]


class _Post:
    """A member's place in the crew: the child that fills it, or the moment at which the next one may."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.backoff = Backoff()
        self.pid: int | None = None
        self.started = 0.0
        self.due = float("-inf")

    def send(self, number: signal.Signals) -> None:
        if self.pid is not None:
            os.kill(self.pid, number)

    def reap(self, *, wait: bool = False) -> int | None:
        """The exit status of a child that has ended since the last look.

        Asks for this child alone: other children of this process, a database server say, belong to others.
        """
        if self.pid is None:
            return None
        pid, status = os.waitpid(self.pid, 0 if wait else os.WNOHANG)
        if pid == 0:
            return None
        self.pid = None
        return os.waitstatus_to_exitcode(status)


class _Signals:
    """Signals as bytes in a pipe: one place to sleep until something happens, on Linux and macOS alike."""

    def __enter__(self) -> Self:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        os.set_blocking(self._writing, False)
        self._wakeup_before = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        # nohup's wish, a hang-up that is ignored, is kept.
        heard = {*ENDING, signal.SIGCHLD} - {number for number in (signal.SIGHUP,) if _is_ignored(number)}
        self._before = {number: signal.signal(number, _arrives_in_the_pipe) for number in heard}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, action in self._before.items():
            signal.signal(number, action)
        signal.set_wakeup_fd(self._wakeup_before)
        self._close()

    def wait(self, seconds: float | None) -> set[int]:
        select.select([self._reading], [], [], seconds)
        try:
            return set(os.read(self._reading, 4096))
        except BlockingIOError:
            return set()

    def leave_to_the_parent(self) -> None:
        """In the child: a terminal's Ctrl-C reaches the whole group, but only the parent's SIGTERM counts."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self._close()

    def _close(self) -> None:
        os.close(self._reading)
        os.close(self._writing)


def _arrives_in_the_pipe(_number: int, _frame: FrameType | None) -> None:
    """Must exist: Python writes to the wake-up pipe only for signals that have a handler in Python."""


def _is_ignored(number: signal.Signals) -> bool:
    return signal.getsignal(number) is signal.SIG_IGN


def _die_with(parent: int, *, grace: float) -> None:
    if not _signal_at_parents_death():
        threading.Thread(target=_watch, args=(parent, grace), name="parent-watch", daemon=True).start()
    if os.getppid() != parent:  # it died before the kernel was asked
        sys.exit(0)


def _signal_at_parents_death() -> bool:
    if platform.system() != "Linux":
        return False
    return int(ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)) == 0


def _watch(parent: int, grace: float) -> None:
    """Where the kernel sends no signal at a parent's death (macOS), a second's delay is good enough."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace)
    os.kill(os.getpid(), signal.SIGKILL)


def _way_of_death(status: int) -> str:
    if status == CANNOT_LIVE:
        return "a failure of its own"
    if status >= 0:
        return f"exit code {status}"
    number = -status
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
