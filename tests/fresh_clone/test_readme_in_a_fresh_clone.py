"""What the README says, done by someone who has nothing but a clone."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
INSTALLED_WITHIN, ENDED_WITHIN = 240.0, 30.0
# After Ctrl-C make ends by the signal itself, or says that its recipe did.
ENDED_BY_CTRL_C = {0, 130, -signal.SIGINT}
MESSAGE = {"name": "Ada", "email": "ada@visitor.example", "message": "Is this kept?", "subject": "A question"}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of what is committed: a file that was forgotten is missing here, too."""
    tree = tmp_path_factory.mktemp("fresh") / "pretamane"
    subprocess.run(["git", "clone", "--quiet", "--local", "--no-hardlinks", ROOT, tree], check=True)
    return tree


@pytest.fixture(scope="module")
def commands(clone: Path) -> list[list[str]]:
    blocks = re.findall(r"^```sh\n(.*?)^```", (clone / "README.md").read_text(), flags=re.DOTALL | re.MULTILINE)
    return [shlex.split(line, comments=True) for block in blocks for line in block.splitlines() if line.strip()]


def environment(**more: str) -> dict[str, str]:
    """A newcomer's: no settings, no virtual environment, no pytest around it."""
    foreign = ("PRETAMANE_", "PYTHON", "PYTEST_", "VIRTUAL_ENV", "MAKE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    places = [place for place in kept["PATH"].split(os.pathsep) if not place.startswith(str(ROOT))]
    return kept | {"PATH": os.pathsep.join(places)} | more


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def processes_of(clone: Path) -> dict[int, str]:
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it ended while we looked
        if str(clone) in words:
            found[int(process.name)] = words
    return found


class Started:
    """The first command in a terminal of its own: what it says, and the Ctrl-C that ends it."""

    def __init__(self, command: list[str], clone: Path, port: int) -> None:
        self._said = clone.parent / "said.txt"
        with self._said.open("wb") as said, (clone.parent / "log.txt").open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=clone,
                env=environment(PRETAMANE_PORT=str(port)),
                stdout=said,
                stderr=log,
                start_new_session=True,
            )

    def said(self) -> str:
        return self._said.read_text()

    def await_address(self) -> str:
        until = time.monotonic() + INSTALLED_WITHIN
        while time.monotonic() < until and self.process.poll() is None:
            if address := re.search(r"http://\S+", self.said()):
                return address.group()
            time.sleep(0.05)
        raise AssertionError((self._said.parent / "log.txt").read_text())

    def press_ctrl_c(self) -> int:
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(ENDED_WITHIN)


@contextmanager
def started(command: list[str], clone: Path, port: int) -> Iterator[Started]:
    running = Started(command, clone, port)
    try:
        yield running
    finally:
        for process in processes_of(clone) if running.process.poll() is None else ():
            os.kill(process, signal.SIGKILL)
        running.process.wait()


def ask(address: str, path: str, message: dict[str, str] | None = None) -> tuple[int, str]:
    body = None if message is None else json.dumps(message).encode()
    request = urllib.request.Request(address + path, body, {"Content-Type": "application/json"})  # noqa: S310 - our own
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own address
        return answer.status, answer.read().decode()


def test_the_first_command_starts_what_it_says_twice_and_ctrl_c_ends_all_of_it(clone, commands):
    port = free_port()

    with started(commands[0], clone, port) as first:
        address = first.await_address()
        page, receipt = ask(address, "/"), ask(address, "/api/v1/contact", MESSAGE)
        at_work = processes_of(clone)
        first_end = first.press_ctrl_c()
        left = processes_of(clone)
        said = first.said()
    with started(commands[0], clone, port) as second:
        totals = json.loads(ask(second.await_address(), "/api/v1/stats")[1])
        second_end = second.press_ctrl_c()

    assert re.findall(r"https?://\S+", said) == [address] == [f"http://127.0.0.1:{port}"]
    assert page[0] == 200
    assert "<h1" in page[1]
    assert receipt[0] == 201
    assert re.fullmatch(r"\w{4}-\w{4}", json.loads(receipt[1])["reference"])
    assert any("postgres" in words for words in at_work.values())
    assert left == {}
    assert totals["messages"] == 1
    assert {first_end, second_end} <= ENDED_BY_CTRL_C


def test_the_second_command_runs_tests_there_and_ends_with_pytest_s_own_line(clone, commands):
    # A few tests stand for all, or this one would run itself again inside.
    narrowed = environment(PYTEST_ADDOPTS="tests/workshop/test_readme.py app/tests/test_settings_values.py")

    run = subprocess.run(commands[1], cwd=clone, env=narrowed, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout + run.stderr
    assert re.fullmatch(r"=+ \d+ passed in .+ =+", run.stdout.splitlines()[-1])
    assert "tests/workshop/test_readme.py" in run.stdout


def test_the_second_command_is_what_ci_runs(clone, commands):
    planned = subprocess.run(
        [*commands[1], "--dry-run", "--no-print-directory"],
        cwd=clone,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert commands[1:] == [["make", "test"]]
    assert planned.stdout.split() == (clone / ".ci" / "run").read_text().split()[-1:]


@pytest.mark.parametrize(("alt", "path"), re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", README.read_text()))
def test_each_picture_is_there_light_and_told_in_words(alt, path):
    picture = (ROOT / path).read_bytes()

    assert len(alt) > 40
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(picture) < 400_000


def test_the_pictures_are_of_the_site_and_of_the_inbox():
    assert re.findall(r"images/([\w-]+)", README.read_text()) == ["site-and-form", "inbox-and-message"]
