"""Real sockets on loopback; each server runs in a Python of its own and holds a pipe that ends with it."""

import errno
import http.client
import os
import select
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

import pretamane
from pretamane.core.errors import CannotStart
from pretamane.core.http.server import HEADERS_LIMIT, listen

PREAMBLE = """
import asyncio, logging, os, signal, sys, time
from pretamane.core.crew import Crew, Member
from pretamane.core.http.server import listen, serve_until_told

logging.basicConfig(level=logging.INFO)
signal.signal(signal.SIGINT, signal.default_int_handler)  # where tests run in the background, it may come ignored
report = int(sys.argv[1])
draining = []

def say(*words):
    os.write(report, (" ".join(map(str, words)) + "\\n").encode())

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        say("closed", os.getpid())
        return await send({"type": "lifespan.shutdown.complete"})
    body = b""
    while (message := await receive()).get("more_body"):
        body += message["body"]
    body += message.get("body", b"")
    if scope["path"] == "/slow":
        say("busy", os.getpid())
        await asyncio.sleep(1)
    status = 503 if scope["path"] == "/ready" and draining else 200
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b"%d %d" % (os.getpid(), len(body))})

def drain():
    draining.append(say("draining", os.getpid()))

def serve(drain_seconds=0.0):
    say("serving", os.getpid())
    serve_until_told(app, sockets, drain=drain, drain_seconds=drain_seconds)

sockets = listen("127.0.0.1", 0)
say("port", sockets[0].getsockname()[1])
"""

WITHIN = 10.0


class Serving:
    def __init__(self, script: str, errors: Path) -> None:
        self._errors = errors
        report, theirs = os.pipe()
        with errors.open("wb") as stderr:
            self.parent = subprocess.Popen(
                [sys.executable, "-c", PREAMBLE + textwrap.dedent(script), str(theirs)],
                env={"PYTHONPATH": str(Path(pretamane.__file__).parents[1])},
                pass_fds=(theirs,),
                stderr=stderr,
                start_new_session=True,
            )
        os.close(theirs)
        self._report = os.fdopen(report, "rb", buffering=0)
        self.port = int(self.hear("port"))

    def hear(self, word: str) -> str:
        line = self._line()
        assert line.startswith(word + " "), (line, self.log)
        return line.split()[1]

    def _line(self) -> str:
        readable, _, _ = select.select([self._report], [], [], WITHIN)
        assert readable, f"nothing was said: {self.log}"
        return self._report.readline().decode()

    def hear_to_the_end(self) -> list[str]:
        """The first word of all that is still said; returns only when no process of this server is left."""
        patience, said = time.monotonic() + WITHIN, []
        while line := self._line():
            said.append(line.split()[0])
            assert time.monotonic() < patience, f"the server does not end: {self.log}"
        return said

    def answering(self) -> http.client.HTTPConnection:
        """A connection that has had one answer and stays open."""
        connection = self.connection()
        connection.request("GET", "/")
        connection.getresponse().read()
        return connection

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=WITHIN)

    def get(self, path: str) -> tuple[int, bytes]:
        with closing(self.connection()) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def refuses(self) -> bool:
        with socket.socket() as attempt:
            return attempt.connect_ex(("127.0.0.1", self.port)) == errno.ECONNREFUSED

    def send(self, number: signal.Signals) -> None:
        self.parent.send_signal(number)

    def exit_code(self) -> int:
        return self.parent.wait(WITHIN)

    @property
    def log(self) -> str:
        return self._errors.read_text()

    def leave_nothing(self) -> None:
        try:
            self.hear_to_the_end()
        except AssertionError:
            os.killpg(self.parent.pid, signal.SIGKILL)
            raise
        finally:
            self.parent.wait(WITHIN)
            self._report.close()


Start = Callable[[str], Serving]

ALONE = "serve()"
CREW = """
members = [Member(f"web {n}", serve) for n in range(2)]
sys.exit(Crew(members, on_ending=lambda: [each.close() for each in sockets]).run())
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as running:

        def starting(script: str) -> Serving:
            server = Serving(script, tmp_path / "errors")
            running.callback(server.leave_nothing)
            return server

        yield starting


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    """For requests that are under way while the test goes on."""
    with ThreadPoolExecutor(1) as threads:
        yield threads


def test_a_request_in_flight_is_answered_before_the_end(start: Start, elsewhere: ThreadPoolExecutor) -> None:
    server = start(ALONE)
    server.hear("serving")
    answer = elsewhere.submit(server.get, "/slow")
    server.hear("busy")

    server.send(signal.SIGTERM)

    assert answer.result(WITHIN)[0] == 200
    assert server.hear_to_the_end() == ["draining", "closed"]
    assert server.exit_code() == 0


def test_readiness_falls_while_the_port_still_answers_and_only_then_closes(start: Start) -> None:
    server = start("serve(drain_seconds=1.0)")
    assert server.get("/ready")[0] == 200
    server.hear("serving")

    server.send(signal.SIGTERM)
    server.hear("draining")

    assert server.get("/ready")[0] == 503
    assert server.get("/")[0] == 200
    server.hear("closed")
    assert server.refuses()


def test_an_answer_during_the_drain_asks_the_proxy_to_connect_elsewhere_next(start: Start) -> None:
    server = start("serve(drain_seconds=0.5)")
    connection = server.answering()
    server.hear("serving")

    server.send(signal.SIGTERM)
    server.hear("draining")
    connection.request("GET", "/")
    answer = connection.getresponse()

    assert (answer.status, answer.getheader("connection")) == (200, "close")
    connection.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_idle_connections_do_not_delay_an_end_that_is_no_failure(start: Start, number: signal.Signals) -> None:
    server = start(ALONE)

    with closing(server.answering()):
        told_at = time.monotonic()
        server.send(number)

        assert server.exit_code() == 0
        assert time.monotonic() - told_at < 5
    assert "Traceback" not in server.log


def test_a_signal_during_the_start_ends_without_a_drain(start: Start) -> None:
    server = start(
        """
        async def app(scope, receive, send):
            await receive()
            say("starting", os.getpid())
            await asyncio.sleep(0.5)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})

        serve(drain_seconds=60)
        """
    )
    server.hear("serving"), server.hear("starting")

    server.send(signal.SIGTERM)

    assert server.exit_code() == 0


def test_a_second_ctrl_c_does_not_wait_for_the_drain(start: Start) -> None:
    server = start("serve(drain_seconds=60)")
    server.answering().close()
    server.hear("serving")

    server.send(signal.SIGINT)
    server.hear("draining")
    server.send(signal.SIGINT)

    assert server.exit_code() == 0


def test_an_application_that_cannot_start_ends_with_1_and_the_reason_in_the_log(start: Start) -> None:
    server = start(
        """
        async def app(scope, receive, send):
            raise RuntimeError("the schema is older than this program")

        sys.exit(Crew([Member("web", serve)]).run())
        """
    )

    assert server.exit_code() == 1
    assert "the schema is older than this program" in server.log
    assert "web: The application could not start" in server.log
    assert "web ended (a failure of its own)" in server.log


def test_two_processes_share_the_port_and_one_killed_hard_is_replaced(start: Start) -> None:
    server = start(CREW)
    first, second = int(server.hear("serving")), int(server.hear("serving"))

    os.kill(first, signal.SIGKILL)

    third = int(server.hear("serving"))
    answers = [int(server.get("/")[1].split()[0]) for _ in range(10)]
    assert set(answers) <= {second, third}
    server.send(signal.SIGTERM)
    assert server.exit_code() == 0


def test_ctrl_c_lets_requests_finish_and_turns_new_ones_away(start: Start, elsewhere: ThreadPoolExecutor) -> None:
    server = start(CREW)
    server.hear("serving"), server.hear("serving")
    answer = elsewhere.submit(server.get, "/slow")
    server.hear("busy")

    os.killpg(server.parent.pid, signal.SIGINT)
    time.sleep(0.5)

    assert server.refuses()
    assert answer.result(WITHIN)[0] == 200
    assert server.exit_code() == 0
    assert "Traceback" not in server.log


def test_a_head_that_never_ends_is_refused_but_a_large_body_is_not(start: Start) -> None:
    server = start(ALONE)
    with socket.create_connection(("127.0.0.1", server.port), timeout=WITHIN) as endless:
        endless.sendall(b"GET / HTTP/1.1\r\nHost: here\r\nX-Long: " + b"x" * (HEADERS_LIMIT + 1))
        refusal = endless.recv(4096)

    connection = server.connection()
    connection.request("POST", "/", body=b"x" * 1_000_000)
    answer = connection.getresponse()

    assert refusal.startswith(b"HTTP/1.1 400 ")
    assert answer.read().endswith(b" 1000000")
    connection.close()
    server.send(signal.SIGTERM)


def test_answers_carry_the_date_and_do_not_name_the_server(start: Start) -> None:
    server = start(ALONE)
    connection = server.connection()
    connection.request("GET", "/")

    headers = connection.getresponse().headers

    assert headers["date"]
    assert headers["server"] is None
    connection.close()
    server.send(signal.SIGTERM)


def test_a_taken_port_is_one_sentence_that_names_it_and_the_option() -> None:
    with listen("127.0.0.1", 0)[0] as taken:
        port = taken.getsockname()[1]

        with pytest.raises(CannotStart) as refusal:
            listen("127.0.0.1", port)

    assert f"Port {port} on 127.0.0.1 is taken" in str(refusal.value)
    assert "--port" in str(refusal.value)


def test_a_port_whose_last_owner_has_just_ended_is_free_again() -> None:
    with listen("127.0.0.1", 0)[0] as first:
        port = first.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = first.accept()
        accepted.close()
        client.close()

    (second,) = listen("127.0.0.1", port)

    assert second.getsockname()[1] == port
    second.close()


def test_a_privileged_port_is_one_sentence_that_names_it_and_the_option() -> None:
    script = """if True:
        import os
        from pretamane.core.http.server import listen
        "".encode("idna")  # what looks up names is loaded late, perhaps from a folder that only root may read
        if os.getuid() == 0:
            os.setuid(65534)
        listen("127.0.0.1", 81)
    """
    environment = {"PYTHONPATH": str(Path(pretamane.__file__).parents[1])}
    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=False)
    if ran.returncode == 0:
        pytest.skip("this machine lets everybody listen on port 81")

    last_line = ran.stderr.decode().splitlines()[-1]
    assert "CannotStart: Port 81 needs an administrator's rights here: " in last_line
    assert last_line.endswith(" with --port.")


@pytest.mark.parametrize(
    ("host", "port", "sentence"),
    [
        ("nobody.invalid", 0, "No address is known for the host nobody.invalid: choose another with --host."),
        ("192.0.2.1", 0, "192.0.2.1 is no address of this machine: choose another with --host."),
        ("127.0.0.1", -1, "-1 is no port: choose one between 1 and 65535 with --port."),
        ("127.0.0.1", 65536, "65536 is no port: choose one between 1 and 65535 with --port."),
    ],
)
def test_an_address_that_is_not_here_is_one_sentence_with_the_option(host: str, port: int, sentence: str) -> None:
    with pytest.raises(CannotStart) as refusal:
        listen(host, port)

    assert str(refusal.value) == sentence


def test_a_host_of_several_addresses_is_served_on_one_port_at_each() -> None:
    sockets = listen("", 0)

    ports, families = {each.getsockname()[1] for each in sockets}, [each.family for each in sockets]
    for each in sockets:
        each.close()

    assert len(ports) == 1
    assert socket.AF_INET in families
