"""Answers every path with 200, as the stack would through Caddy; with 503 while a test says that it is broken."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BROKEN = Path("/run/broken/stack")


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(503 if BROKEN.exists() else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()


ThreadingHTTPServer(("127.0.0.1", 8080), Answers).serve_forever()
