"""An AWS that is none, and what stands before it where a test wants it to fail."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import boto3

PATH = "/pretamane/testing"
REFUSALS = {"denied": "AccessDeniedException", "throttled": "ThrottlingException", "broken": "InternalServerError"}


@dataclass
class Fault:
    """How it fails, of which act and which parameter."""

    kind: str
    act: str
    name: str


@dataclass
class Front:
    """Hands everything on, but for what the test has it fail at."""

    behind: str
    address: str = ""
    fault: Fault | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)
    # What somebody else has put by the time that anything arrives to be added.
    rival: str = ""
    # Whoever is the first to add waits here for the others that will.
    meeting: threading.Barrier | None = None

    def added(self) -> list[str]:
        return [name for act, name in self.asked if act == "PutParameter"]

    def fails_at(self, act: str, name: str) -> str | None:
        fault = self.fault
        return fault.kind if fault and (fault.act, fault.name) == (act, name.rpartition("/")[2]) else None

    def others_are_faster(self, name: str) -> None:
        if self.meeting and name.endswith("/POSTGRES_PASSWORD"):
            self.meeting.wait(30)
        if self.rival:
            give(self.behind, name.removeprefix(f"{PATH}/"), self.rival)


class _Line(BaseHTTPRequestHandler):
    front: Front

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        act, name = self.headers["X-Amz-Target"].rpartition(".")[2], json.loads(body)["Name"]
        self.front.asked.append((act, name))
        if act == "PutParameter":
            self.front.others_are_faster(name)
        kind = self.front.fails_at(act, name)
        if kind is None:
            self._answer(*self._from_behind(body))
        elif kind == "silent":
            self.front.let_go.wait()
        elif kind == "garbled":
            self._answer(200, b"<html>Welcome to the hotel's network</html>")
        elif kind == "empty":
            self._answer(200, b"{}")
        else:
            self._answer(500 if kind == "broken" else 400, json.dumps({"__type": REFUSALS[kind]}).encode())

    def _from_behind(self, body: bytes) -> tuple[int, bytes]:
        behind = urlsplit(self.front.behind)
        line = http.client.HTTPConnection(str(behind.hostname), behind.port, timeout=20)
        line.request("POST", "/", body, dict(self.headers))
        answer = line.getresponse()
        return answer.status, answer.read()

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def before(behind: str) -> Iterator[Front]:
    front = Front(behind)
    line = type("Line", (_Line,), {"front": front})
    with ThreadingHTTPServer(("127.0.0.1", 0), line) as server:
        server.daemon_threads = True
        front.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield front
        finally:
            front.let_go.set()
            server.shutdown()


def ask(address: str) -> Any:
    """As whoever may do everything."""
    return boto3.client(
        "ssm",
        endpoint_url=address,
        region_name="eu-central-1",
        aws_access_key_id="invented",
        aws_secret_access_key="invented",  # pragma: allowlist secret
    )


def give(address: str, name: str, value: str) -> None:
    ask(address).put_parameter(Name=f"{PATH}/{name}", Value=value, Type="SecureString", Overwrite=True)


def kept(address: str) -> dict[str, str]:
    """Everything that is there, by the last part of its name."""
    pages = ask(address).get_paginator("get_parameters_by_path")
    found = pages.paginate(Path=PATH, Recursive=True, WithDecryption=True)
    return {each["Name"].rpartition("/")[2]: each["Value"] for page in found for each in page["Parameters"]}
