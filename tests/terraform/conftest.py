"""Terraform with the provider that the machine has, and an AWS that is none: moto's server on loopback."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.terraform.root import PLUGINS, TERRAFORM, Root, Ruins, environment, prepare, stand_up, tear_down


@pytest.fixture(scope="session")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes a copy of the root that has its provider."""
    if TERRAFORM is None:
        pytest.skip("no Terraform")
    if PLUGINS is None:
        pytest.skip("no folder with Terraform's AWS provider")
    return lambda name: prepare(tmp_path_factory.mktemp(name))


@pytest.fixture(scope="session")
def mocked(copied: Callable[[str], Path]) -> Iterator["subprocess.Popen[str]"]:
    """Terraform's own tests, which run on while others wait for moto."""
    command = [str(TERRAFORM), "test", "-no-color"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=copied("mocked"), env=environment(), stdout=pipe, stderr=subprocess.STDOUT, text=True
    ) as running:
        yield running
        running.kill()


class Begun(NamedTuple):
    standing: "Future[Root]"
    ruins: "Future[Ruins]"
    mocks: "subprocess.Popen[str]"


@contextmanager
def empty_aws() -> Iterator[str]:
    """Its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment(), stdout=quiet, stderr=quiet) as server:
        try:
            wait_for(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        assert server.poll() is None, "moto's server did not start"
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("moto's server does not answer")


@pytest.fixture(scope="session")
def begun(copied: Callable[[str], Path], mocked: "subprocess.Popen[str]") -> Iterator[Begun]:
    """Whatever takes a minute of waiting, begun by the first test that needs any of it, each in an AWS of its own."""
    with empty_aws() as one, empty_aws() as other, ThreadPoolExecutor() as aside:
        standing = aside.submit(stand_up, copied("applied"), one)
        ruins = aside.submit(
            lambda folder: tear_down(stand_up(folder, other, backup_lock_days=30)), copied("torn-down")
        )
        yield Begun(standing, ruins, mocked)


@pytest.fixture(scope="session")
def applied(begun: Begun) -> Root:
    """The root with every secret given, applied once for all that look at it."""
    return begun.standing.result(timeout=300)


@pytest.fixture(scope="session")
def planned(copied: Callable[[str], Path], request: pytest.FixtureRequest) -> Iterator[Root]:
    """Applied nowhere: enough to render the user data, before an AWS in which there is nothing yet."""
    request.getfixturevalue("begun")  # it goes on while first boots are tried
    with empty_aws() as address:
        yield Root(copied("planned"), address)


@pytest.fixture(scope="session")
def user_data(planned: Root) -> str:
    """As the instance gets it."""
    return planned.user_data()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A release that is newer than the one that was applied."""
    newer = tmp_path / "pretamane-0.2.0-0123456789ab.tar"
    newer.write_text("A newer release.\n")
    told = subprocess.run(["sha256sum", newer.name], cwd=tmp_path, check=True, capture_output=True, text=True)
    newer.with_name(f"{newer.name}.sha256").write_text(told.stdout)
    return newer
