"""A real MinIO for a test, with keys of the moment; built by tests/standins/minio where there is Go."""

import base64
import http.client
import os
import secrets
import shutil
import ssl
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from tests.mail_server import Certificate
from tests.running import free_port

BUILD = Path(__file__).parents[2] / "tests" / "standins" / "minio"
PATIENCE_SECONDS = 120


class MinioServer:
    def __init__(self, folder: Path, certificate: Certificate | None = None, **environment: str) -> None:
        """With a certificate it speaks TLS, as localhost."""
        self._binary, self._folder = built(), folder
        self._user, self._password = secrets.token_hex(8), secrets.token_hex(16)
        self._environment = environment
        self._running: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.ca = None if certificate is None else certificate.file
        if certificate is not None:
            self._take(certificate.file.read_text())

    def url(self, bucket: str, port: int | None = None) -> str:
        host, line = ("127.0.0.1", "tls=none") if self.ca is None else ("localhost", f"ca={self.ca}")
        return f"s3://{self._user}:{self._password}@{host}:{port or self.port}/{bucket}?{line}"

    def start(self) -> None:
        places = ["--address", f"127.0.0.1:{self.port}", "--certs-dir", str(self._folder / "certs")]
        command = [self._binary, "server", "--quiet", *places, str(self._folder / "drive")]
        own = {"MINIO_ROOT_USER": self._user, "MINIO_ROOT_PASSWORD": self._password, "MINIO_BROWSER": "off"}
        environment = {"PATH": os.environ["PATH"], "HOME": str(self._folder)} | own | self._environment
        with (self._folder / "minio.log").open("ab") as log:
            self._running = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        until = time.monotonic() + PATIENCE_SECONDS
        while not self._is_ready():
            if time.monotonic() > until:
                self.stop()
                raise AssertionError((self._folder / "minio.log").read_text())
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
            connection = self._connection()
            try:
                connection.request("GET", "/minio/health/ready")
                return connection.getresponse().status == 200
            finally:
                connection.close()
        return False

    def _connection(self) -> http.client.HTTPConnection:
        if self.ca is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
        trust = ssl.create_default_context(cafile=self.ca)
        return http.client.HTTPSConnection("localhost", self.port, timeout=1, context=trust)

    def _take(self, both: str) -> None:
        """MinIO looks for the key and the certificate in two files of their own."""
        private, begin, public = both.partition("-----BEGIN CERTIFICATE-----")
        certs = self._folder / "certs"
        certs.mkdir()
        (certs / "private.key").write_text(private)
        (certs / "public.crt").write_text(begin + public)


def built() -> str:
    """Minutes the first time; .ci/run does it before the tests."""
    build = subprocess.run([BUILD], stdout=subprocess.PIPE, text=True, check=False)
    if build.returncode != 0 and shutil.which("go") is None:
        pytest.skip("no MinIO: there is no Go to build it with")
    assert build.returncode == 0
    return build.stdout.strip()


def encryption_key() -> str:
    return f"of-a-test:{base64.b64encode(secrets.token_bytes(32)).decode()}"
