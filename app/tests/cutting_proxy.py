"""A line between the app and PostgreSQL that a test can cut, at a COMMIT's very moment too."""

import select
import socket
from contextlib import suppress
from enum import Enum

from sqlalchemy import make_url
from tests.between import CHUNK, Between

COMMIT = b"COMMIT\x00"


class Cut(Enum):
    BEFORE_THE_SERVER_HEARS = "before the server hears of the COMMIT"
    BEFORE_WE_HEAR = "after the server committed, before its answer reaches us"


class CuttingProxy(Between):
    def __init__(self, address: str) -> None:
        super().__init__()
        server = make_url(address)
        self._behind = f"{server.query['host']}/.s.PGSQL.{server.query['port']}"
        ours = server.set(host="127.0.0.1", port=self.port, query={"gssencmode": "disable", "sslmode": "disable"})
        self.address = ours.render_as_string(hide_password=False)
        self.away = False
        self.next_commit: Cut | None = None
        self.skipped = 0  # commits that pass before it: those of reads
        self.open()

    def _carry(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server, suppress(ConnectionError):
            server.connect(self._behind)
            while not (self.away or self.is_closed):
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
