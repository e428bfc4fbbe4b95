"""Viruses by name from ClamAV: each file is streamed to clamd, which need not see our disk."""

import re
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pretamane.core.errors import Unavailable
from pretamane.settings_values import ClamavPlace

PROBE_SECONDS = 5.0
# For a connection, for each piece, and for the verdict, which comes only when all was unpacked and looked at.
PATIENCE_SECONDS = 120.0
CHUNK = 256 * 1024
LONGEST_REPLY = 4096
LONGEST_NAME = 200
_FOUND = re.compile(r"(?:stream|instream\([^)]*\)): (?P<name>.+) FOUND", re.DOTALL)


class ClamavScanner:
    name = "virus scanner"
    required = False

    def __init__(self, place: ClamavPlace, patience: float = PATIENCE_SECONDS) -> None:
        self._place, self._patience = place, patience

    def scan(self, file: Path) -> str | None:
        with file.open("rb") as opened, self._conversation(self._patience) as clamd:
            # It may answer before it has heard everything, and hang up: the answer says why.
            with suppress(BrokenPipeError, ConnectionResetError):
                clamd.sendall(b"zINSTREAM\0")
                while chunk := opened.read(CHUNK):
                    clamd.sendall(struct.pack("!L", len(chunk)) + chunk)
                clamd.sendall(struct.pack("!L", 0))
            return _verdict(_reply(clamd))

    def probe(self) -> None:
        with self._conversation(PROBE_SECONDS) as clamd:
            clamd.sendall(b"zPING\0")
            if _reply(clamd) != "PONG":
                raise Unavailable("What answers in the virus scanner's place is no ClamAV.")

    @contextmanager
    def _conversation(self, patience: float) -> Iterator[socket.socket]:
        try:
            with self._connect(min(patience, PROBE_SECONDS)) as clamd:
                clamd.settimeout(patience)
                yield clamd
        except TimeoutError:
            raise Unavailable("The virus scanner takes too long.") from None
        except OSError as failure:
            reason = failure.strerror or type(failure).__name__
            raise Unavailable(f"The virus scanner cannot be reached: {reason}.") from None

    def _connect(self, patience: float) -> socket.socket:
        if self._place.path is None:
            return socket.create_connection((self._place.host, self._place.port), patience)
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(patience)
            connection.connect(self._place.path)
        except OSError:
            connection.close()
            raise
        return connection


def _reply(clamd: socket.socket) -> str:
    """Up to the NUL that ends it; one without is cut off, and says nothing that could be trusted."""
    reply = b""
    while not reply.endswith(b"\0"):
        more = clamd.recv(LONGEST_REPLY)
        reply += more
        if not more or len(reply) > LONGEST_REPLY:
            raise Unavailable("The virus scanner broke off before its verdict.")
    return reply[:-1].decode("utf-8", "replace")


def _verdict(reply: str) -> str | None:
    """None only for the one answer that says so."""
    if reply == "stream: OK":
        return None
    if found := _FOUND.fullmatch(reply):
        return "".join(sign for sign in found["name"] if sign.isprintable())[:LONGEST_NAME]
    if "size limit exceeded" in reply:
        raise Unavailable("It is larger than the virus scanner takes (StreamMaxLength in clamd.conf).")
    raise Unavailable("The virus scanner gave no verdict.")
