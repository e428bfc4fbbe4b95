"""The quick tunnel's address: asked of cloudflared itself, written at once, and read again by a running app."""

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.components import eventually, status_of
from tests.edge.upstream import Upstream, listening
from tests.site_story.house import Postgres, pretamane, serving

SCRIPT = Path(__file__).parents[2] / "scripts" / "tunnel-address"
OLD, NEW = "https://old-words-here.trycloudflare.com", "https://new-words-here.trycloudflare.com"


@pytest.fixture
def cloudflared() -> Iterator[Upstream]:
    with listening() as metrics:
        metrics.body = b'{"hostname":"new-words-here.trycloudflare.com"}\n'
        yield metrics


def written(file: Path, cloudflared: Upstream) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "TUNNEL_PATIENCE": "0"}
    command = [str(SCRIPT), str(file), f"http://127.0.0.1:{cloudflared.port}"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_it_is_written_and_shown(tmp_path: Path, cloudflared: Upstream) -> None:
    file = tmp_path / "public-url"

    run = written(file, cloudflared)

    assert (run.returncode, run.stdout, file.read_text()) == (0, NEW + "\n", NEW + "\n")
    assert cloudflared.last.path == "/quicktunnel"
    assert [each.name for each in tmp_path.iterdir()] == ["public-url"]
    assert file.stat().st_mode & 0o777 == 0o644


def test_what_is_there_already_is_left_alone(tmp_path: Path, cloudflared: Upstream) -> None:
    file = tmp_path / "public-url"
    written(file, cloudflared)
    before = file.stat()

    written(file, cloudflared)

    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize(
    "told",
    [
        b'{"hostname":""}',
        b'{"hostname":"evil.example"}',
        b'{"hostname":"x.trycloudflare.com.evil.example"}',
        b'{"hostname":"x.trycloudflare.com\\nhttps://evil.example"}',
        b"<html>",
        b"",
    ],
)
def test_anything_else_changes_nothing_and_is_told(tmp_path: Path, cloudflared: Upstream, told: bytes) -> None:
    cloudflared.body, file = told, tmp_path / "public-url"
    file.write_text(OLD)

    run = written(file, cloudflared)

    assert (run.returncode, file.read_text()) == (1, OLD)
    assert "names no quick tunnel" in run.stderr


def test_a_running_app_goes_on_at_its_new_address_and_loses_no_request(tmp_path: Path, cloudflared: Upstream) -> None:
    file, database = tmp_path / "public-url", Postgres(tmp_path / "postgres")
    file.write_text(OLD)
    try:
        pretamane(database.address, "migrate")
        asked = {
            "PRETAMANE_DATABASE_URL": database.address,
            "PRETAMANE_DATA_DIR": str(tmp_path / "var"),
            "PRETAMANE_PUBLIC_URL_FILE": str(file),
            "PRETAMANE_DRAIN_SECONDS": "1",
        }
        with serving(asked, tmp_path / "serve.log") as app, visited(app) as visits:
            assert welcomes(app, OLD)
            assert not welcomes(app, NEW)
            written(file, cloudflared)
            eventually(lambda: welcomes(app, NEW), (tmp_path / "serve.log").read_text, within=20)
            assert not welcomes(app, OLD)
    finally:
        database.take_away()

    assert len(visits) > 3
    assert set(visits) == {200}
    assert re.search(r"web-1 ended \(exit code 0\)", (tmp_path / "serve.log").read_text())


def welcomes(app: str, origin: str) -> bool:
    answer = httpx.get(f"{app}/api/v1/practice", headers={"Origin": origin}, trust_env=False)
    return answer.headers.get("access-control-allow-origin") == origin


class visited:  # noqa: N801  # reads as what it is: while the app is visited
    """Somebody asks all the while."""

    def __init__(self, app: str) -> None:
        self._app, self._over, self._statuses = app, threading.Event(), list[int | None]()
        self._visitor = threading.Thread(target=self._visit)

    def __enter__(self) -> list[int | None]:
        self._visitor.start()
        return self._statuses

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._visitor.join()

    def _visit(self) -> None:
        while not self._over.wait(0.05):
            self._statuses.append(status_of(f"{self._app.removeprefix('http://')}/health/live"))
