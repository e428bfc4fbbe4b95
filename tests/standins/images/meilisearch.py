#!/usr/bin/env python3
"""Stands in for Meilisearch where only its health and its key count: every other address asks for the key."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/health":
            self._answer(200, {"status": "available"})
        elif self.headers.get("Authorization") == f"Bearer {os.environ['MEILI_MASTER_KEY']}":
            self._answer(200, {"commitSha": "none", "commitDate": "none", "pkgVersion": "stand-in"})
        else:
            self._answer(401, {"code": "missing_authorization_header", "type": "auth"})

    def _answer(self, status: int, said: dict[str, str]) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    Path(os.environ["MEILI_DB_PATH"]).mkdir(parents=True, exist_ok=True)
    host, _, port = os.environ["MEILI_HTTP_ADDR"].rpartition(":")
    ThreadingHTTPServer((host, int(port)), Answers).serve_forever()
