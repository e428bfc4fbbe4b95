"""One cage, seen from outside: start it, ask it one thing at a time, believe nothing, end it when in doubt."""

import json
import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pretamane.adapters.reading import wire
from pretamane.adapters.reading.confinement import MEBIBYTE
from pretamane.core.errors import Unavailable
from pretamane.ports import Damaged, PasswordNeeded, ReadingStopped, TooMuch, Unreadable, WrongPassword

_log = logging.getLogger("pretamane.reading")

_HOUSE: Final = Path(__file__).parents[3]
# Nothing of ours: settings and secrets stand in the environment.
ENVIRONMENT: Final = {
    **{"PYTHONPATH": str(_HOUSE), "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
    **{"MALLOC_ARENA_MAX": "1", "PATH": os.defpath},
}
INSIDE: Final = ("-m", "pretamane.adapters.reading.inside")
_SENTENCE_MOST: Final = 300


@dataclass(frozen=True)
class Limits:
    """Seconds are of waiting for the cage, so whoever takes long over a page loses none of them."""

    start: float = 20.0
    silence: float = 60.0
    whole: float = 900.0
    cpu: float = 300.0
    requests: int = 200
    grown: int = 300 * MEBIBYTE


class Cage:
    def __init__(self, limits: Limits = Limits(), program: Sequence[str] = INSIDE) -> None:
        self._limits, self._asked = limits, 0
        self._is_amid_answer = False
        ours, theirs = socket.socketpair()
        held, self._lifeline = os.pipe()
        self._channel = _Channel(ours)
        try:
            self._process = _start(program, theirs.fileno(), held)
        except OSError as fault:
            ours.close()
            os.close(self._lifeline)
            raise Unavailable("Files cannot be read here: the reader does not start.") from fault
        finally:
            theirs.close()
            os.close(held)
        self._await_hello()

    @property
    def process_id(self) -> int:
        return self._process.pid

    def _await_hello(self) -> None:
        try:
            kind, payload = self._channel.frame(self._limits.start)
        except (TimeoutError, wire.Gone) as fault:
            self.end()
            raise Unavailable("Files cannot be read here: the reader does not start.") from fault
        self.reads_little = kind == wire.HELLO and b"true" in bytes(payload)
        if kind != wire.HELLO:
            self.end()
            raise Unavailable(f"Files cannot be read here: {str(payload[:_SENTENCE_MOST], 'utf-8', 'replace')}.")

    def ask(self, asked: dict[str, object], file: int) -> Generator[tuple[bytes, memoryview]]:
        """The frames of the answer. Whoever does not take them all has used the cage up."""
        self._is_amid_answer = True
        self._asked += 1
        self._give_time()
        try:
            wire.send_request(self._channel.socket, asked, file)
            yield from self._frames()
        except wire.LongRequest as fault:
            self._is_amid_answer = False
            raise WrongPassword("This password does not open the document.") from fault
        except TimeoutError as fault:
            raise ReadingStopped("Reading took too long and was stopped.") from fault
        except (wire.Gone, OSError) as fault:
            raise ReadingStopped(self._why_it_ended()) from fault

    def _frames(self) -> Generator[tuple[bytes, memoryview]]:
        left = self._limits.whole
        while True:
            began = time.monotonic()
            kind, payload = self._channel.frame(min(left, self._limits.silence))
            left -= time.monotonic() - began
            if kind == wire.END:
                self._is_amid_answer = False
                return
            if kind == wire.REFUSAL:
                self._is_amid_answer = False
                raise _refusal(payload)
            yield kind, payload

    def _give_time(self) -> None:
        """Seconds of the processor for this request, on top of what earlier ones took."""
        if sys.platform == "linux":
            used = _processor_seconds(self._process.pid)
            with suppress(ProcessLookupError):
                hard = resource.prlimit(self._process.pid, resource.RLIMIT_CPU)[1]
                soft = int(used + self._limits.cpu) + 1
                resource.prlimit(self._process.pid, resource.RLIMIT_CPU, (soft, hard))

    def _why_it_ended(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        if self._process.returncode == -signal.SIGXCPU:
            return "Reading took too long and was stopped."
        return "Reading it ended the reader, so it was stopped; the file may be damaged or made to do harm."

    @property
    def is_good_for_more(self) -> bool:
        return (
            not self._is_amid_answer
            and self._asked < self._limits.requests
            and self._process.poll() is None
            and _resident(self._process.pid) < self._limits.grown
        )

    def end(self) -> None:
        """At once: it holds nothing that anybody would miss."""
        self._channel.close()
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            os.close(self._lifeline)


def _start(program: Sequence[str], channel: int, lifeline: int) -> subprocess.Popen[bytes]:
    """Its standard error leads nowhere: libraries fill it with the document's words."""
    return subprocess.Popen(
        [sys.executable, *program, str(channel), str(lifeline)],
        pass_fds=(channel, lifeline),
        env=ENVIRONMENT,
        cwd="/",
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


class _Channel:
    """Frames as the outside takes them: of a length that is believed only up to a limit."""

    def __init__(self, channel: socket.socket) -> None:
        self.socket = channel
        self._header = bytearray(wire.HEADER.size)

    def frame(self, patience: float) -> tuple[bytes, memoryview]:
        deadline = time.monotonic() + patience
        self._fill(memoryview(self._header), deadline)
        kind, length = wire.HEADER.unpack(self._header)
        if length > wire.LONGEST_FRAME:
            raise wire.Gone
        payload = memoryview(bytearray(length))
        self._fill(payload, deadline)
        return kind, payload

    def _fill(self, room: memoryview, deadline: float) -> None:
        while room:
            self.socket.settimeout(max(0.001, deadline - time.monotonic()))
            count = self.socket.recv_into(room)
            if count == 0:
                raise wire.Gone
            room = room[count:]

    def close(self) -> None:
        self.socket.close()


def _processor_seconds(process: int) -> float:
    try:
        after_name = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2]
    except OSError:
        return 0.0
    user, system = after_name.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _resident(process: int) -> int:
    """Nought where nobody can tell (macOS): there only the number of requests recycles."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _refusal(payload: memoryview) -> Unreadable:
    try:
        told = json.loads(bytes(payload))
        why, sentence, remark = (str(told[key])[:_SENTENCE_MOST] for key in ("why", "sentence", "remark"))
    except (ValueError, KeyError, TypeError):
        return ReadingStopped("The reader did not answer sensibly; the file may be made to do harm.")
    if remark:
        _log.info("A file was not read: %s", remark)
    match why:
        case wire.LOCKED:
            return PasswordNeeded(sentence)
        case wire.LOCKED_FOR_GOOD:
            return PasswordNeeded(sentence, helps=False)
        case wire.WRONG_KEY:
            return WrongPassword(sentence)
        case wire.TOO_MUCH:
            return TooMuch(sentence)
        case _:
            return Damaged(sentence)
