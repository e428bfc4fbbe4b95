#!/usr/bin/env python3
"""Stands in for cloudflared and for what of Cloudflare is before it: visitors come to port 7844 here, and each request
goes on to the origin as Cloudflare sends it, with headers of Cloudflare's own about who asks.

A test is no visitor from afar: the header Visitor-Address says which address the visitor is to have.
"""

import argparse
import json
import os
import secrets
import sys
import urllib.request
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

VISITORS_PORT = 7844
# What Cloudflare writes itself, whatever a visitor sent by that name.
CLOUDFLARES_OWN = {"cf-connecting-ip", "x-forwarded-proto", "visitor-address", "connection"}
NOT_ONWARD = {"connection", "transfer-encoding", "keep-alive"}


class Visitors(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    origin: str

    def do_GET(self) -> None:
        visitor = self.headers.get("Visitor-Address", self.client_address[0])
        claimed = self.headers.get_all("X-Forwarded-For", [])
        kept = [(name, value) for name, value in self.headers.items() if name.lower() not in CLOUDFLARES_OWN]
        own = [("CF-Connecting-IP", visitor), ("X-Forwarded-Proto", "https"), ("Connection", "close")]
        own += [("X-Forwarded-For", ", ".join([*claimed, visitor]))]
        self._pass_on([(name, value) for name, value in kept if name.lower() != "x-forwarded-for"] + own)

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815  # the library's own names

    def _pass_on(self, headers: list[tuple[str, str]]) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        line = HTTPConnection(urlsplit(self.origin).netloc, timeout=120)
        line.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            line.putheader(name, value)
        line.endheaders(body)
        answer = line.getresponse()
        content = answer.read()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in NOT_ONWARD | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        line.close()


class Metrics(BaseHTTPRequestHandler):
    hostname: str

    def do_GET(self) -> None:
        known = {"/ready": {"status": 200, "readyConnections": 4}, "/quicktunnel": {"hostname": self.hostname}}
        body = json.dumps(known.get(self.path, {}), separators=(",", ":")).encode()
        self.send_response(200 if self.path in known else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def is_ready(metrics: str) -> bool:
    with urllib.request.urlopen(f"http://{metrics}/ready", timeout=4) as answer:
        return bool(answer.status == 200)


def main() -> None:
    known = argparse.ArgumentParser()
    known.add_argument("--no-autoupdate", action="store_true")
    known.add_argument("tunnel", choices=["tunnel"])
    known.add_argument("--metrics", required=True)
    known.add_argument("--token-file", type=Path)
    known.add_argument("verb", nargs="?", choices=["run", "ready"])
    asked = known.parse_intermixed_args([each for each in sys.argv[1:] if each != "--no-autoupdate"])
    if asked.verb == "ready":
        sys.exit(0 if is_ready(asked.metrics) else 1)
    if asked.verb == "run" and asked.token_file.read_text().strip() in ("", "none"):
        sys.exit("Provided Tunnel token is not valid.")
    Visitors.origin = os.environ["TUNNEL_URL"]
    Metrics.hostname = "" if asked.verb == "run" else f"another-each-time-{secrets.token_hex(4)}.trycloudflare.com"
    host, _, port = asked.metrics.rpartition(":")
    Thread(target=ThreadingHTTPServer((host, int(port)), Metrics).serve_forever, daemon=True).start()
    ThreadingHTTPServer(("", VISITORS_PORT), Visitors).serve_forever()


if __name__ == "__main__":
    main()
