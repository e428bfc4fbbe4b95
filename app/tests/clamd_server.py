"""A clamd on this machine that speaks the real protocol, and misbehaves when it is told to."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal

from tests.documents.bad_samples import TEST_VIRUS

Manner = Literal["well", "slow", "cut", "garbage", "silent about the end", "error"]


class Clamd:
    """Finds the test virus; takes streams up to a limit, as the real one does by StreamMaxLength."""

    def __init__(self, manner: Manner = "well", limit: int = 25_000_000) -> None:
        self.manner, self.limit = manner, limit
        self.streams: list[bytes] = []
        self.url = ""

    def converse(self, caller: socket.socket) -> None:
        with suppress(OSError), caller, caller.makefile("rb") as heard:
            command = _until_nul(heard)
            reply = b"PONG" if command == b"zPING" else self._scanned(heard) if command == b"zINSTREAM" else b"UNKNOWN"
            if self.manner == "slow":
                caller.settimeout(30)
                caller.recv(1)  # nothing more is said to it: it waits until the other side has lost patience
            spoken = {"garbage": b"220 mail.example ESMTP\r\n\0", "cut": reply[:3], "silent about the end": reply}
            caller.sendall(spoken.get(self.manner, reply + b"\0"))

    def _scanned(self, heard: BinaryIO) -> bytes:
        stream = b""
        while (size := struct.unpack("!L", _exactly(heard, 4))[0]) > 0:
            stream += _exactly(heard, size)
            if len(stream) > self.limit:
                return b"INSTREAM size limit exceeded. ERROR"
        self.streams.append(stream)
        if self.manner == "error":
            return b"stream: Can't allocate memory ERROR"
        return b"stream: Eicar-Test-Signature FOUND" if TEST_VIRUS in stream else b"stream: OK"


def _until_nul(heard: BinaryIO) -> bytes:
    command = b""
    while (sign := heard.read(1)) not in (b"", b"\0"):
        command += sign or b""
    return command


def _exactly(heard: BinaryIO, size: int) -> bytes:
    read = heard.read(size) or b""
    if len(read) < size:
        raise ConnectionResetError
    return read


@contextmanager
def listening(clamd: Clamd, at: Path | None = None) -> Iterator[Clamd]:
    """On a port of its own, or at a socket in the file system."""
    server = socket.create_server(("127.0.0.1", 0)) if at is None else socket.socket(socket.AF_UNIX)
    if at is not None:
        server.bind(str(at))
        server.listen()
    clamd.url = f"tcp://127.0.0.1:{server.getsockname()[1]}" if at is None else f"unix:{at}"
    closing = threading.Event()
    thread = threading.Thread(target=_serve, args=(server, clamd, closing))
    thread.start()
    try:
        yield clamd
    finally:
        closing.set()
        thread.join()
        server.close()


def _serve(server: socket.socket, clamd: Clamd, closing: threading.Event) -> None:
    server.settimeout(0.02)
    while not closing.is_set():
        with suppress(TimeoutError):
            caller, _ = server.accept()
            caller.settimeout(5)
            clamd.converse(caller)
