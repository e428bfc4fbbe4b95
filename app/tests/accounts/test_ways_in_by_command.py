"""The links that whoever has the command line can make, and where they are shown."""

import http.client
import os
import platform
import pty
import re
import subprocess
import time
from contextlib import ExitStack, closing, suppress

import pytest
from tests.accounts.conftest import PASSWORD
from tests.committing import client_of
from tests.running import ENVIRONMENT, command, free_port

from pretamane.cli import main

LINK = re.compile(r"http://127\.0\.0\.1:\d+(/app/link/([\w-]{43}))\s*")


@pytest.fixture
def run(monkeypatch, capsys, database_address, tmp_path):
    """A command over a database of one's own: its exit code, what it said, and its complaints."""
    monkeypatch.setenv("PRETAMANE_DATABASE_URL", database_address)
    monkeypatch.setenv("PRETAMANE_DATA_DIR", str(tmp_path / "var"))

    def run(*arguments):
        code = main(arguments)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


@pytest.fixture
def house(settings, database_address):
    with client_of(settings, database_address, connections=2) as client:
        client.headers["Sec-Fetch-Site"] = "same-origin"
        client.follow_redirects = False
        yield client


def path_in(said):
    found = LINK.fullmatch(said)
    assert found, said
    return found[1]


def make_first_account(house, path):
    return house.post(path, data={"email": "ada@practice.example", "name": "Ada", "password": PASSWORD})


def test_create_prints_one_link_until_there_is_an_administrator(run, house):
    code, said, _ = run("admin", "create")
    made = make_first_account(house, path_in(said))

    refused = run("admin", "create")

    assert (code, made.status_code) == (0, 303)
    assert refused[:2] == (2, "")
    assert "There is an administrator already." in refused[2]


def test_rescue_prints_a_link_for_an_administrator_only(run, house):
    make_first_account(house, path_in(run("admin", "create")[1]))
    house.cookies.clear()

    code, said, _ = run("admin", "rescue", "Ada@practice.example")
    refused = run("admin", "rescue", "nobody@practice.example")

    used = house.post(path_in(said), data={"password": "seven grey geese by noon"})
    assert (code, used.headers["location"]) == (0, "/app/sign-in?done=renewed")
    assert refused[:2] == (2, "")
    assert "No administrator who is active has this e-mail address." in refused[2]


class Terminal:
    """`pretamane up` with a terminal as its output, and a file as its log."""

    def __init__(self, address, folder):
        self._ours, its = pty.openpty()
        self._log = folder / "up.log"
        asked = ENVIRONMENT | {"PRETAMANE_DATABASE_URL": address, "TERM": "dumb"}
        self._port = free_port()
        words = command("up", "--port", str(self._port), "--data-dir", str(folder / "var"))
        with self._log.open("ab") as lines:
            self._up = subprocess.Popen(words, env=asked, stdin=subprocess.DEVNULL, stdout=its, stderr=lines)
        os.close(its)

    def shown_until_it_serves(self):
        """Whatever is to be shown is shown before that."""
        patience = time.monotonic() + 30
        while not self._serves():
            assert time.monotonic() < patience, self.log
            time.sleep(0.05)
        return os.read(self._ours, 4096).decode()

    def _serves(self):
        with closing(http.client.HTTPConnection("127.0.0.1", self._port)) as line, suppress(OSError):
            line.request("GET", "/health/ready")
            return line.getresponse().status == 200
        return False

    @property
    def log(self):
        return self._log.read_text()

    def end(self):
        self._up.terminate()
        self._up.wait(30)
        os.close(self._ours)


@pytest.fixture
def up_on_a_terminal(database_address, tmp_path):
    with ExitStack() as started:

        def up():
            terminal = Terminal(database_address, tmp_path)
            started.callback(terminal.end)
            return terminal

        yield up


@pytest.mark.skipif(platform.system() != "Linux", reason="only Linux ends a child with its parent")
def test_up_shows_the_first_way_in_on_a_terminal_while_it_is_needed_and_never_logs_it(up_on_a_terminal, house):
    first = up_on_a_terminal()
    shown = first.shown_until_it_serves()
    [(path, token)] = LINK.findall(shown)
    made = make_first_account(house, path)
    second = up_on_a_terminal().shown_until_it_serves()

    assert "Nobody can sign in yet." in shown
    assert made.status_code == 303
    assert token not in first.log
    assert "Pretamane is at" in second
    assert "/app/link/" not in second
