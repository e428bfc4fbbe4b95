"""What stands where the app or a console stands: it notes each request, and answers as it is told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

Headers = list[tuple[str, str]]


@dataclass
class Heard:
    method: str
    path: str
    headers: Headers
    size: int

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass
class Upstream:
    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    answers: Headers = field(default_factory=list)
    body: bytes = b'{"ok": true}'
    kind: str = "application/json"

    @property
    def last(self) -> Heard:
        return self.heard[-1]


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream: Upstream

    def do_GET(self) -> None:  # the library's own name
        size = self._read()
        self.upstream.heard.append(Heard(self.command, self.path, list(self.headers.items()), size))
        self.send_response(200)
        for name, value in [("Content-Type", self.upstream.kind), *self.upstream.answers]:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.upstream.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(self.upstream.body)

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815  # the library's own names

    def _read(self) -> int:
        left = size = int(self.headers.get("Content-Length") or 0)
        while left and (piece := self.rfile.read(min(left, 1 << 20))):
            left -= len(piece)
        return size - left

    def log_message(self, *_: object) -> None:
        """A test's output is for its failures."""


@contextmanager
def listening(port: int = 0) -> Iterator[Upstream]:
    upstream = Upstream()
    handler = type("Answering", (_Answering,), {"upstream": upstream})
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        upstream.port = server.server_port
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield upstream
        finally:
            server.shutdown()


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()
