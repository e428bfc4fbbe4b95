"""Something that stands between two who talk, each connection in a thread of its own."""

import socket
from abc import ABC, abstractmethod
from contextlib import suppress
from threading import Thread

CHUNK = 65_536


class Between(ABC):
    """Until it is closed. Whoever descends from it says what becomes of a connection."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.is_closed = False
        self._threads = [Thread(target=self._accept)]

    def open(self) -> None:
        self._threads[0].start()

    def close(self) -> None:
        self.is_closed = True
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):  # the end: nobody listens any more
            while True:
                client, _ = self._listening.accept()
                carrying = Thread(target=self._carry, args=(client,))
                self._threads.append(carrying)
                carrying.start()

    @abstractmethod
    def _carry(self, client: socket.socket) -> None:
        """Until one of the two ends it, or this does."""
