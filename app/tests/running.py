"""`pretamane up` as a person runs it, in a process group of its own, and every process that it brought along."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pretamane
from pretamane.adapters.postgres_folder import CLUSTER

WITHIN = 30.0
LISTENS = "0A"  # in /proc/net/tcp
ADDRESS = re.compile(r"^Pretamane is at http://127\.0\.0\.1:(\d+) — Ctrl-C ends it\.$")


class Running:
    def __init__(self, folder: Path, port: int, prefix: Sequence[str] = ()) -> None:
        self.folder, self.port = folder, port
        self._words = folder.parent / f"{folder.name}.{port}.out"
        self._errors = folder.parent / f"{folder.name}.{port}.err"
        with self._words.open("wb") as stdout, self._errors.open("wb") as stderr:
            self.process = subprocess.Popen(
                [*prefix, *command("up", "--port", str(port), "--data-dir", str(folder))],
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self._words.read_text()

    @property
    def log(self) -> str:
        return self._errors.read_text()

    def ready(self) -> "Running":
        self.eventually(self._is_ready)
        return self

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.log
        return self.status("/health/ready") == 200

    def eventually(self, is_so: Callable[[], bool], within: float = WITHIN) -> None:
        patience = time.monotonic() + within
        while not is_so():
            assert time.monotonic() < patience, self.log
            time.sleep(0.05)

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=WITHIN)) as connection:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def status(self, path: str) -> int | None:
        """None when nobody answers."""
        with suppress(OSError, http.client.HTTPException):
            return self.ask("GET", path)[0]
        return None

    def send_message(self) -> int:
        message = {"name": "Ada", "email": "ada@example.org", "message": "May I come on Monday?", "consent": False}
        return self.ask("POST", "/api/v1/contact", message)[0]

    def messages(self) -> int:
        count: int = json.loads(self.ask("GET", "/api/v1/stats")[1])["messages"]
        return count

    def metrics(self) -> str:
        return self.ask("GET", "/metrics")[1].decode()

    @property
    def postmaster(self) -> int:
        return int((self.folder / CLUSTER / "postmaster.pid").read_text().split()[0])

    def web(self) -> list[int]:
        """Those that hold the port open."""
        port = f":{self.port:04X}"
        held = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
        sockets = {f"socket:[{row[9]}]" for row in held if row[1].endswith(port) and row[3] == LISTENS}
        return [pid for pid in self._members() if sockets & _open_files(pid)]

    def workers(self) -> list[int]:
        web = self.web()
        return [pid for pid in self._members() if pid not in web]

    def _members(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split() if int(pid) != self.postmaster]

    def press_ctrl_c(self) -> None:
        os.killpg(self.process.pid, signal.SIGINT)

    def exit_code(self) -> int:
        return self.process.wait(WITHIN)

    def kill_everything(self) -> None:
        """All that belongs to this folder and so to this test, until nothing is left that could bring more."""
        while processes := processes_of(self.folder):
            for pid in processes:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.poll()
            time.sleep(0.01)
        self.process.wait(WITHIN)


ENVIRONMENT = {"PYTHONPATH": str(Path(pretamane.__file__).parents[1]), "PATH": os.defpath}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pretamane", *arguments]


@contextmanager
def running(folder: Path, port: int | None = None, prefix: Sequence[str] = ()) -> Iterator[Running]:
    started = Running(folder, free_port() if port is None else port, prefix)
    try:
        yield started
    finally:
        started.kill_everything()


def processes_of(folder: Path) -> list[int]:
    """Those that name the folder in their command or work in it: the app's and PostgreSQL's alike."""
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in numbers if pid != os.getpid() and _belongs(Path(f"/proc/{pid}"), os.fsencode(folder))]


def _open_files(pid: int) -> set[str]:
    found = set()
    with suppress(OSError):  # it has ended meanwhile
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.add(str(descriptor.readlink()))
    return found


def _belongs(process: Path, folder: bytes) -> bool:
    with suppress(OSError):  # it has ended meanwhile
        arguments = (process / "cmdline").read_bytes().split(b"\0")
        works_in = os.fsencode((process / "cwd").readlink())
        return folder in arguments or any(folder + b"/" in part for part in (*arguments, works_in + b"/"))
    return False


def free_port() -> int:
    with socket.socket() as any_free:
        any_free.bind(("127.0.0.1", 0))
        port: int = any_free.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False
