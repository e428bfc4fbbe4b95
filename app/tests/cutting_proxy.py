"""A line between the app and PostgreSQL that a test can cut, at a COMMIT's very moment too."""

import select
import socket
from contextlib import suppress
from enum import Enum
from threading import Thread

from sqlalchemy import make_url

COMMIT = b"COMMIT\x00"
CHUNK = 65_536


class Cut(Enum):
    BEFORE_THE_SERVER_HEARS = "before the server hears of the COMMIT"
    BEFORE_WE_HEAR = "after the server committed, before its answer reaches us"


class CuttingProxy:
    def __init__(self, address: str) -> None:
        server = make_url(address)
        self._behind = f"{server.query['host']}/.s.PGSQL.{server.query['port']}"
        self._listening = socket.create_server(("127.0.0.1", 0))
        port = self._listening.getsockname()[1]
        ours = server.set(host="127.0.0.1", port=port, query={"gssencmode": "disable", "sslmode": "disable"})
        self.address = ours.render_as_string(hide_password=False)
        self.away = False
        self.next_commit: Cut | None = None
        self.skipped = 0  # commits that pass before it: those of reads
        self._threads = [Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        self.away = True
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

    def _carry(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server, suppress(ConnectionError):
            server.connect(self._behind)
            while not self.away:
                for talking in select.select([client, server], [], [], 0.05)[0]:
                    chunk = talking.recv(CHUNK)
                    if not chunk or (talking is client and self._cuts(chunk, server)):
                        return
                    (server if talking is client else client).sendall(chunk)

    def _cuts(self, chunk: bytes, server: socket.socket) -> bool:
        if self.next_commit is None or COMMIT not in chunk:
            return False
        if self.skipped:
            self.skipped -= 1
            return False
        if self.next_commit is Cut.BEFORE_WE_HEAR:
            server.sendall(chunk)
            server.recv(CHUNK)
        self.next_commit = None
        return True
