"""A line to an HTTP server on which a request or its answer can get lost, as on a real one."""

import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from tests.between import CHUNK, Between

Choice = Callable[[bytes], bool]


def nothing(_request: bytes) -> bool:
    return False


def everything(_request: bytes) -> bool:
    return True


def beginning(*words: bytes) -> Choice:
    """Requests whose first line has all of them, beginning with the first."""
    return lambda request: request.startswith(words[0]) and all(word in request.split(b"\r\n")[0] for word in words)


class LossyLine(Between):
    """`loses_request` and `loses_answer` choose by a request's head; `pause` is that before each 64 KiB."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._server = ("127.0.0.1", port)
        # Little is taken before it can be passed on, so that a slow line is slow for its sender too.
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, CHUNK)
        self.loses_request: Choice = nothing
        self.loses_answer: Choice = nothing
        self.pause = 0.0
        self.lost = 0
        self.open()

    def _carry(self, client: socket.socket) -> None:
        with client, suppress(ConnectionError), socket.create_connection(self._server) as server:
            request_is_lost = answer_is_lost = False
            while not self.is_closed:
                for talking in select.select([client, server], [], [], 0.05)[0]:
                    time.sleep(self.pause)
                    chunk = talking.recv(CHUNK)
                    if not chunk:
                        return
                    if talking is client and not (request_is_lost or answer_is_lost):
                        request_is_lost, answer_is_lost = self.loses_request(chunk), self.loses_answer(chunk)
                        self.lost += request_is_lost or answer_is_lost
                    if talking is client and not request_is_lost:
                        server.sendall(chunk)
                    if talking is server and not answer_is_lost:
                        client.sendall(chunk)
