"""A real MinIO for a test, with keys of the moment; built by tests/standins/minio where there is Go."""

import base64
import http.client
import os
import secrets
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from tests.running import free_port

BUILD = Path(__file__).parents[2] / "tests" / "standins" / "minio"
PATIENCE_SECONDS = 30


class MinioServer:
    def __init__(self, folder: Path, **environment: str) -> None:
        self._binary, self._folder = built(), folder
        self._user, self._password = secrets.token_hex(8), secrets.token_hex(16)
        self._environment = environment
        self._running: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    def url(self, bucket: str, port: int | None = None) -> str:
        return f"s3://{self._user}:{self._password}@127.0.0.1:{port or self.port}/{bucket}?tls=none"

    def start(self) -> None:
        command = [
            self._binary,
            "server",
            "--quiet",
            "--address",
            f"127.0.0.1:{self.port}",
            str(self._folder / "drive"),
        ]
        own = {"MINIO_ROOT_USER": self._user, "MINIO_ROOT_PASSWORD": self._password, "MINIO_BROWSER": "off"}
        environment = {"PATH": os.environ["PATH"], "HOME": str(self._folder)} | own | self._environment
        with (self._folder / "minio.log").open("ab") as log:
            self._running = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        until = time.monotonic() + PATIENCE_SECONDS
        while not self._is_ready():
            assert time.monotonic() < until, (self._folder / "minio.log").read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._running.wait()
            self._running = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _is_ready(self) -> bool:
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
            try:
                connection.request("GET", "/minio/health/ready")
                return connection.getresponse().status == 200
            finally:
                connection.close()
        return False


def built() -> str:
    """Minutes the first time; .ci/run does it before the tests."""
    build = subprocess.run([BUILD], stdout=subprocess.PIPE, text=True, check=False)
    if build.returncode != 0 and shutil.which("go") is None:
        pytest.skip("no MinIO: there is no Go to build it with")
    assert build.returncode == 0
    return build.stdout.strip()


def encryption_key() -> str:
    return f"of-a-test:{base64.b64encode(secrets.token_bytes(32)).decode()}"
