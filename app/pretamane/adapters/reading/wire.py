"""The shape of what passes between the two sides of the cage: JSON for values, bare bytes for bytes, never pickles.

The outside asks one thing at a time, a file's descriptor riding along. The inside answers with frames and closes
the answer with an END or a REFUSAL.
"""

import json
import os
import socket
import struct
from typing import Final

HELLO, END, REFUSAL = b"h", b"e", b"r"
PAGES, FACTS, WORDS = b"p", b"f", b"w"
ATTACHMENT, BYTES, ATTACHED = b"a", b"b", b"c"

HEADER: Final = struct.Struct(">cI")
# A page of as much text as any may have fits, however its letters are written.
LONGEST_FRAME: Final = 16 * 1024 * 1024
# Fits a socket's buffer, so that both sides work at the same time.
PIECE: Final = 128 * 1024
_LENGTH: Final = struct.Struct(">I")
LONGEST_REQUEST: Final = 64 * 1024

READ, PICTURE, RASTER, FIND_WORDS = "read", "picture", "raster", "words"
LOCKED, LOCKED_FOR_GOOD, WRONG_KEY = "locked", "locked-for-good", "wrong-key"
DAMAGED, TOO_MUCH = "damaged", "too-much"


class LongRequest(Exception):
    """Nothing that a person would ask for."""


class Gone(Exception):
    """The other side has ended."""


def send_request(channel: socket.socket, asked: dict[str, object], file: int) -> None:
    words = json.dumps(asked).encode()
    if len(words) > LONGEST_REQUEST:
        raise LongRequest
    socket.send_fds(channel, [_LENGTH.pack(len(words)) + words], [file])


def receive_request(channel: socket.socket) -> tuple[dict[str, object], int]:
    piece, files, _flags, _address = socket.recv_fds(channel, LONGEST_REQUEST, 1)
    received = bytearray(piece)
    while len(received) < _LENGTH.size or len(received) < _LENGTH.size + _LENGTH.unpack_from(received)[0]:
        if not piece:
            raise Gone
        piece = os.read(channel.fileno(), LONGEST_REQUEST)
        received += piece
    asked = json.loads(received[_LENGTH.size :])
    return asked, files[0]


def send_frame(channel: int, kind: bytes, payload: bytes | memoryview = b"") -> None:
    left = memoryview(HEADER.pack(kind, len(payload)) + payload)
    while left:
        left = left[os.write(channel, left) :]


def send_bytes(channel: int, everything: bytes | memoryview) -> None:
    everything = memoryview(everything)
    for start in range(0, len(everything), PIECE):
        send_frame(channel, BYTES, everything[start : start + PIECE])
