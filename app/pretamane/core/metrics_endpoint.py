"""A worker's figures for whoever collects them, where no web server of the same start gives them with its own."""

import logging
import socket
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from pretamane.core import metrics

# Who connects and then says nothing holds a thread for no longer.
PATIENCE_SECONDS = 10

_log = logging.getLogger("pretamane.metrics")


def serve_metrics(sockets: Sequence[socket.socket]) -> None:
    """At sockets that listen already, in threads that end with the process. Only after the fork."""
    for each in sockets:
        Thread(target=_Collected(each).serve_forever, name="metrics", daemon=True).start()


class _Collected(ThreadingHTTPServer):
    def __init__(self, listening: socket.socket) -> None:
        super().__init__(listening.getsockname()[:2], _Figures, bind_and_activate=False)
        self.socket.close()
        self.socket = listening

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002  # the library's signature
        _log.exception("The metrics could not be given.")


class _Figures(BaseHTTPRequestHandler):
    timeout = PATIENCE_SECONDS
    server_version, sys_version = "pretamane", ""

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != "/metrics":
            return self.send_error(HTTPStatus.NOT_FOUND)
        figures = metrics.exposition()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", metrics.CONTENT_TYPE)
        self.send_header("Content-Length", str(len(figures)))
        self.end_headers()
        self.wfile.write(figures)
        return None

    def log_message(self, *_: object) -> None:
        """Nobody wants a line for each collection."""
