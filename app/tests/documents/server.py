"""A real server process on a folder, that a test may kill at any moment and start again, and a program that asks it."""

import http.client
import json
import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from tests.conftest import hire, make_settings
from tests.running import free_port
from tests.stand_ins import FolderBlobs

import pretamane
from pretamane.accounts import keys
from pretamane.accounts.schemas import KeyIn
from pretamane.core.actors import Role, Scope
from pretamane.wiring import Platform

SERVE = """
import json, sys
from pretamane.core.http.server import listen, serve_until_told
from pretamane.settings import Settings
from pretamane.wiring import Platform, build_app
from tests.stand_ins import FolderBlobs
settings = Settings.model_validate(json.loads(sys.argv[1]))
in_folder = settings.blob_url.get_secret_value() == "file:"
platform = Platform.build(settings, FolderBlobs(settings.data_dir / "blobs") if in_folder else None)
app = build_app(platform)
serve_until_told(app, listen(settings.host, settings.port), drain=platform.drain, drain_seconds=0)
"""
WITHIN = 60.0
Answer = tuple[int, dict[str, str], bytes]


class Serving:
    def __init__(self, folder: Path, database_address: str, **changed: object) -> None:
        self.folder, self.port = folder, free_port()
        blobs = str(changed.get("blob_url", "file:"))
        self.settings = make_settings(
            folder,
            database_url=SecretStr(database_address),
            public_url=f"http://127.0.0.1:{self.port}",
            blob_url=SecretStr(blobs),
        )
        self.platform = Platform.build(self.settings, FolderBlobs(folder / "blobs") if blobs == "file:" else None)
        self.key = self._key()
        told = {"data_dir": str(folder), "database_url": database_address, "signing_key": "x" * 48, "disk_reserve": 0}
        self._told = {**told, "port": self.port, "public_url": self.settings.public_url, **changed}
        self.start()

    def _key(self) -> str:
        staff = hire(self.platform, "Stefan", Role.STAFF).as_actor()
        wanted = KeyIn(name="a script", scopes=frozenset({Scope.DOCUMENTS_READ, Scope.DOCUMENTS_WRITE}), days=None)
        return self.platform.work.run_now(keys.make_key, wanted, staff)[1]

    def start(self) -> None:
        """Our own Python, our own words."""
        with (self.folder / "lines").open("ab") as lines:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVE, json.dumps(self._told)],
                env={**os.environ, "PYTHONPATH": str(Path(pretamane.__file__).parents[1])},
                stdout=lines,
                stderr=lines,
            )
        patience = time.monotonic() + WITHIN
        while not self._is_ready():
            assert self.process.poll() is None, self.log
            assert time.monotonic() < patience, self.log
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        try:
            return self.ask("GET", "/health/ready")[0] == 200
        except OSError:
            return False

    @property
    def log(self) -> str:
        return (self.folder / "lines").read_text()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(WITHIN)

    def end(self) -> None:
        self.kill()
        self.platform.database.bind.engine.dispose()
        self.platform.rate_limits.windows.bind.engine.dispose()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Raises an OSError or an HTTPException when the server dies meanwhile."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=WITHIN)) as connection:
            connection.request(method, path, body, {"Authorization": f"Bearer {self.key}", **named})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
