"""AWS as a host meets it: moto behind a door that can be told to refuse, to slow down, or to say nothing."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import boto3

REFUSALS = {"denied": "AccessDeniedException", "throttled": "ThrottlingException"}
# As a host tells each of them.
SAID = REFUSALS | {"silent": "ReadTimeoutError"}
# Longer than any of a host's questions waits.
SILENCE_SECONDS = 40
OUR_OWN = {"content-length", "transfer-encoding", "connection", "date", "server"}


def parameters(address: str) -> Any:  # boto3 makes its clients' types when it runs
    keys = dict.fromkeys(("aws_access_key_id", "aws_secret_access_key"), "invented")
    return boto3.client("ssm", endpoint_url=address, region_name="eu-central-1", **keys)  # type: ignore[call-overload]  # by name


class Trouble(NamedTuple):
    kind: str  # denied, throttled or silent
    action: str
    about: str


class Door:
    def __init__(self, moto: str) -> None:
        self.moto = moto.removeprefix("http://")
        self.troubles: list[Trouble] = []
        self.written: list[str] = []

    @contextmanager
    def open(self) -> Iterator[int]:
        """Its port, at every address of this machine: the host comes from another network."""
        passing = type("Passing", (Passing,), {"door": self})
        with ThreadingHTTPServer(("0.0.0.0", 0), passing) as server:  # noqa: S104  # for the length of the tests
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield server.server_port
            server.shutdown()

    def ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        line = http.client.HTTPConnection(self.moto, timeout=30)
        try:
            line.request(method, path, body, headers)
            told = line.getresponse()
            return told.status, dict(told.getheaders()), told.read()
        finally:
            line.close()

    def note(self, action: str, body: bytes) -> None:
        if action == "PutParameter":
            self.written.append(json.loads(body)["Name"])

    def trouble_with(self, action: str, body: bytes) -> Trouble | None:
        found = [each for each in self.troubles if action.startswith(each.action) and each.about.encode() in body]
        return found[0] if found else None

    @contextmanager
    def trouble(self, kind: str, action: str, about: str) -> Iterator[None]:
        """Until this ends, whoever asks for such an action about this meets it."""
        self.troubles.append(Trouble(kind, action, about))
        try:
            yield
        finally:
            self.troubles.pop()


class Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    door: Door

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        action = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        self.door.note(action, body)
        trouble = self.door.trouble_with(action, body)
        if trouble is None:
            self.answer(*self.door.ask(self.command, self.path, body, dict(self.headers)))
        elif trouble.kind == "silent":
            time.sleep(SILENCE_SECONDS)
            self.close_connection = True
        elif action:
            said = f'{{"__type": "{REFUSALS[trouble.kind]}", "message": "a test says no"}}'.encode()
            self.answer(400, {"Content-Type": "application/x-amz-json-1.1"}, said)
        else:  # a service that speaks XML
            code = f"<Code>{REFUSALS[trouble.kind]}</Code><Message>a test says no</Message>"
            self.answer(
                400, {"Content-Type": "text/xml"}, f"<ErrorResponse><Error>{code}</Error></ErrorResponse>".encode()
            )

    do_GET = do_PUT = do_HEAD = do_POST  # noqa: N815  # as http.server asks for them

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        kept = {name: value for name, value in headers.items() if name.lower() not in OUR_OWN}
        for name, value in kept.items():
            self.send_header(name, value)
        # The length that a HEAD tells is that of what it does not bring.
        length = headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(body))
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
