"""A disk that documents fill for real: nothing more is taken, PostgreSQL and reading go on, and later it is again."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.running import ENVIRONMENT, Running, command, running

MIB = 1024 * 1024
DISK, RESERVE = 320 * MIB, 96 * MIB
PIECE = 8 * MIB

# A file system of the test's own, seen by nobody but the processes below: no right is needed, and nothing is left.
ALONE = ("unshare", "--user", "--map-root-user", "--mount")
ON_A_SMALL_DISK = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && shift 2 && exec "$@"'

MAKE_A_KEY = """
import sys
from pretamane import wiring
from pretamane.core.actors import Role, Scope
from pretamane.settings import current
from tests.conftest import hire, make_key
with wiring.database_for(current(keeping_key=False).settings) as settings:
    platform = wiring.Platform.build(settings)
    print(make_key(platform, hire(platform, "Stefan", Role.STAFF), Scope.DOCUMENTS_READ, Scope.DOCUMENTS_WRITE)[1])
"""


class SmallDisk:
    """A house on a file system of its own, which is looked into through the house's process."""

    def __init__(self, up: Running) -> None:
        self._up = up
        self._root = Path(f"/proc/{up.process.pid}/root{up.folder}")
        self.key = self.run(sys.executable, "-c", MAKE_A_KEY).strip()

    def run(self, *arguments: str) -> str:
        inside = ("nsenter", "--target", str(self._up.process.pid), "--user", "--preserve-credentials", "--mount")
        environment = ENVIRONMENT | {"PRETAMANE_DATA_DIR": str(self._up.folder)}
        done = subprocess.run([*inside, *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout

    def put(self, content: bytes) -> tuple[int, dict[str, str]]:
        headers = {"Authorization": f"Bearer {self.key}"}
        with closing(http.client.HTTPConnection("127.0.0.1", self._up.port, timeout=60)) as connection:
            connection.request("PUT", "/api/v1/documents?filename=a.txt", content, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def documents(self) -> int:
        headers = {"Authorization": f"Bearer {self.key}"}
        with closing(http.client.HTTPConnection("127.0.0.1", self._up.port, timeout=60)) as connection:
            connection.request("GET", "/api/v1/documents?limit=100", None, headers)
            return len(json.loads(connection.getresponse().read())["items"])

    @property
    def free(self) -> int:
        room = os.statvfs(self._root)
        return room.f_bavail * room.f_frsize

    @property
    def spooled(self) -> list[str]:
        return [path.name for path in (self._root / "spool").iterdir()]

    @contextmanager
    def filled_by_others(self) -> Iterator[None]:
        """Down to a little less than the reserve."""
        filler = self._root / "filler"
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, self.free - RESERVE + MIB)
        yield
        filler.unlink()


@pytest.fixture
def up(tmp_path) -> Iterator[Running]:
    folder = tmp_path / "var"
    folder.mkdir()
    mounted = (*ALONE, "sh", "-c", ON_A_SMALL_DISK, "sh", str(DISK), str(folder))
    if subprocess.run([*mounted, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no small disk: this system lets nobody mount one in a namespace of their own")
    with running(folder, prefix=("env", f"PRETAMANE_DISK_RESERVE={RESERVE}", *mounted)) as up:
        yield up.ready()


@pytest.fixture
def disk(up) -> SmallDisk:
    return SmallDisk(up)


def text_of(number: int, size: int = PIECE) -> bytes:
    return f"{number:09}\n".encode() * (size // 10)


def test_documents_fill_a_disk_up_to_its_reserve_and_everything_else_goes_on(up, disk):
    answers = [disk.put(text_of(0))]
    while answers[-1][0] == 201:
        answers.append(disk.put(text_of(len(answers))))
    refused = answers.pop()
    reading = (disk.documents(), up.status("/health"), up.status("/api/v1/practice"))
    written = [up.send_message() for _ in range(3)]
    said = disk.run(*command("blobs", "verify"))

    assert len(answers) >= 5
    assert (refused[0], refused[1]["code"]) == (507, "no-room")
    assert "disk is nearly full" in refused[1]["detail"]
    assert reading == (len(answers), 200, 200)
    assert written == [201, 201, 201]
    assert disk.free >= RESERVE - 2 * PIECE
    assert (disk.spooled, said) == ([], "0 missing, 0 damaged, 0 unnamed.\n")


def test_a_disk_that_others_fill_takes_documents_again_once_there_is_space(disk):
    with disk.filled_by_others():
        refused = [disk.put(b"A short letter.\n")[0], disk.put(text_of(1))[0]]
    taken = disk.put(text_of(1))[0]

    assert refused == [507, 507]
    assert (taken, disk.documents(), disk.spooled) == (201, 1, [])
