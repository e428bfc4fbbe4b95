"""A reader that somebody has taken over: the real cage around it, and verbs that try to get out of it.

Run as the cage's program. What it tries stands in the request's password; what came of it is sent as bytes.
"""

import ctypes
import errno
import fcntl
import mmap
import os
import resource
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from pretamane.adapters.reading import confinement, wire
from pretamane.adapters.reading.inside.__main__ import VERBS, Asked, main


def _connect() -> object:
    return socket.create_connection(("127.0.0.1", 9), timeout=1)


def _connect_without_a_library() -> object:
    """By the inherited channel's kind of socket: nothing but the filter stands in the way."""
    libc = ctypes.CDLL(None, use_errno=True)
    address = b"\x02\x00\x00\x09\x7f\x00\x00\x01" + bytes(8)
    if libc.connect(3, address, len(address)) != 0:
        raise OSError(ctypes.get_errno(), "connect")
    return None


def _start_a_program() -> object:
    return subprocess.run(["/bin/true"], check=True)


def _become_a_program() -> object:
    return os.execv("/bin/true", ["true"])  # noqa: S606  # that it fails is the point


def _write_to(path: str) -> Callable[[], object]:
    return lambda: Path(path).write_text("written", encoding="ascii")


def _io_uring() -> object:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(425, 8, ctypes.create_string_buffer(120)) < 0:
        raise OSError(ctypes.get_errno(), "io_uring_setup")
    return None


def _trace_the_parent() -> object:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, os.getppid(), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")
    return None


def _raise_own_limit() -> object:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prlimit(0, resource.RLIMIT_FSIZE, bytes(16), None) != 0:
        raise OSError(ctypes.get_errno(), "prlimit")
    return None


def _own_signals() -> object:
    return fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid())


ATTEMPTS: dict[str, Callable[[], object]] = {
    "connect": _connect,
    "connect without a library": _connect_without_a_library,
    "start a program": _start_a_program,
    "become a program": _become_a_program,
    "fork": os.fork,
    "write a file": _write_to("/tmp/written-by-a-captive"),
    "write to a device": _write_to("/dev/null"),
    "read a secret": lambda: Path("/etc/passwd").read_text(encoding="utf-8"),
    "read the parent's environment": lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
    "io_uring": _io_uring,
    "trace the parent": _trace_the_parent,
    "kill the parent": lambda: os.kill(os.getppid(), 0),
    "raise its own limit": _raise_own_limit,
    "send signals by a file": _own_signals,
    "remove a file": lambda: Path("/tmp/kept").unlink(),
}


def attempt(channel: int, _file: int, asked: Asked) -> None:
    try:
        outcome = f"succeeded: {ATTEMPTS[asked.password or '']()!r}"
    except OSError as refusal:
        outcome = errno.errorcode.get(refusal.errno or 0, "unknown")
    wire.send_bytes(channel, outcome.encode())


def _for_ever(act: Callable[[], object]) -> None:
    while True:
        act()


def _hoard() -> None:
    kept = [mmap.mmap(-1, 64 * confinement.MEBIBYTE) for _ in range(64)]
    raise AssertionError(len(kept))


def _hoard_slowly() -> None:
    letters = bytearray()
    _for_ever(lambda: letters.extend(bytes(confinement.MEBIBYTE)))


MISDEEDS: dict[str, Callable[[int], object]] = {
    "spin": lambda _: _for_ever(lambda: None),
    "sleep": lambda _: time.sleep(60),
    "crash": lambda _: ctypes.string_at(0),
    "garbage": lambda channel: os.write(channel, os.urandom(4096)),
    "endless frame": lambda channel: os.write(channel, wire.HEADER.pack(wire.PAGES, 2**32 - 1)),
    "endless bytes": lambda channel: _for_ever(lambda: wire.send_bytes(channel, bytes(wire.PIECE))),
    "pickle": lambda channel: wire.send_frame(channel, wire.PAGES, b"cos\nsystem\n(S'true'\ntR."),
    "NUL in a page": lambda channel: wire.send_frame(channel, wire.PAGES, b'[[1, "a\\u0000b", 1, 1, false]]'),
    "pages that are missing": lambda channel: wire.send_frame(channel, wire.PAGES, b'[[2, "second", 1, 1, false]]'),
    "facts of other pages": lambda channel: wire.send_frame(channel, wire.FACTS, b'{"pages": 9}'),
    "nothing at all": lambda _: None,
    "memory": lambda _: _hoard(),
    "memory, piece by piece": lambda _: _hoard_slowly(),
}


def misbehave(channel: int, _file: int, asked: Asked) -> None:
    MISDEEDS[asked.password or ""](channel)


VERBS[wire.PICTURE] = attempt
VERBS[wire.READ] = misbehave
if __name__ == "__main__":
    main()
