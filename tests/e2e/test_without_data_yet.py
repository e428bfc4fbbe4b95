"""A laptop's house, moved into a stack that has nothing yet. The last test of all, as it leaves another house there."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from pretamane.adapters.postgres_embedded import EmbeddedPostgres
from tests.documents_story.samples import pdf
from tests.e2e.stack import PASSWORD, ROOT, Stack, free_port

pytestmark = pytest.mark.at_length

EMAIL = "nora@laptop.example"
WITHIN = 400
# What a running house goes on writing, and what only counts.
MOVING = {"audit_seals", "events", "idempotency_keys", "jobs", "rate_limit_windows", "schedules"}
TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
ROWS = (
    """SELECT count(*) || ' ' || md5(coalesce(string_agg(t::text, '|' ORDER BY t::text COLLATE "C"), '')) FROM {} t"""
)


class Laptop:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "app"),
            "PRETAMANE_DATA_DIR": str(folder),
            "PRETAMANE_DISK_RESERVE": "0",
            "PRETAMANE_PUBLIC_URL": self.address,
        }

    def run(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "pretamane", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True).stdout

    @contextmanager
    def up(self) -> Iterator[None]:
        command = [sys.executable, "-m", "pretamane", "up", "--port", str(self.port)]
        with subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL) as house:
            try:
                eventually(lambda: status(f"{self.address}/health/ready") == 200)
                yield
            finally:
                house.send_signal(signal.SIGINT)
                house.wait(60)

    def furnish(self) -> None:
        """An account, contacts with messages and documents, and two documents of its own; all are read."""
        with self.up():
            pass  # once, for a house to be there
        self.run("demo")
        with self.up():
            link = self.run("admin", "create").strip().splitlines()[-1]
            with httpx2.Client(base_url=self.address, headers={"Origin": self.address}, timeout=60) as client:
                made = client.post(link, data={"name": "Nora Falk", "email": EMAIL, "password": PASSWORD})
                assert made.status_code == 303, made.text
                for number in range(2):
                    file = (f"{number}.pdf", pdf([f"A letter of the laptop, number {number}"]), "application/pdf")
                    assert client.post("/api/v1/documents", files={"file": file}).status_code == 201
                eventually(lambda: nothing_left(client))

    def files(self) -> dict[str, str]:
        found = (file for file in self.folder.rglob("*") if file.is_file())
        return {
            str(file): f"{hashlib.sha256(file.read_bytes()).hexdigest()} {file.stat().st_mtime_ns}" for file in found
        }

    def rows(self) -> dict[str, str]:
        """Of a copy: to start a database is to change its folder."""
        copy = self.folder.with_name("copy")
        subprocess.run(["cp", "--archive", self.folder, copy], check=True)
        server = EmbeddedPostgres(copy)
        try:
            with create_engine(server.start(), poolclass=NullPool).connect() as connection:
                names = connection.scalars(text(TABLES)).all()
                return {name: str(connection.scalar(text(ROWS.format(name)))) for name in names}
        finally:
            server.stop()


def nothing_left(client: httpx2.Client) -> bool:
    queue = client.get("/api/v1/admin/system-info").json()["queue"]
    return bool(queue["due"] + queue["running"] == 0)


def status(address: str) -> int | None:
    try:
        return int(httpx2.get(address, timeout=5).status_code)
    except httpx2.TransportError:
        return None


def eventually(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + WITHIN
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.5)


def rows_of(stack: Stack) -> dict[str, str]:
    return {name: "".join(stack.asked(ROWS.format(name))) for name in stack.asked(TABLES)}


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    laptop = Laptop(tmp_path / "laptop")
    laptop.furnish()
    return laptop


@pytest.fixture
def empty_stack(stack: Stack) -> Stack:
    stack.compose("down", "--volumes", "--timeout", "5")
    stack.script("install.sh")
    return stack


def test_a_laptops_house_moves_in_and_its_folder_stays_as_it_is(empty_stack, laptop):
    stack = empty_stack
    with laptop.up():
        while_it_runs = stack.script("move-in.sh", str(laptop.folder), check=False)
    before, rows = laptop.files(), laptop.rows()
    stack.script("move-in.sh", str(laptop.folder))
    moved = rows_of(stack)
    again = stack.script("move-in.sh", str(laptop.folder), check=False)

    assert while_it_runs.returncode == again.returncode == 2
    assert "runs, or it was cut off" in while_it_runs.stderr
    assert "There is data in this stack already" in again.stderr
    assert laptop.files() == before
    assert {name: moved[name] for name in rows.keys() - MOVING} == {name: rows[name] for name in rows.keys() - MOVING}
    assert "0 missing, 0 damaged" in stack.pretamane("blobs", "verify")
    with httpx2.Client(base_url=stack.address, headers={"Origin": stack.address}, timeout=30) as client:
        assert client.post("/app/sign-in", data={"email": EMAIL, "password": PASSWORD}).status_code == 303
        newest = client.get("/api/v1/documents").json()["items"][0]["id"]
        content = client.get(f"/api/v1/documents/{newest}/file", follow_redirects=True)
    assert hashlib.sha256(content.content).hexdigest() in kept_hashes(laptop)


def kept_hashes(laptop: Laptop) -> set[str]:
    return {
        hashlib.sha256(file.read_bytes()).hexdigest() for file in (laptop.folder / "blobs").rglob("*") if file.is_file()
    }


def test_what_is_no_house_is_told(stack, tmp_path):
    told = [stack.script("move-in.sh", *folder, check=False) for folder in ([], [str(tmp_path)])]

    assert [each.returncode for each in told] == [2, 2]
    assert "Say which data folder" in told[0].stderr
    assert "There is no house in" in told[1].stderr
