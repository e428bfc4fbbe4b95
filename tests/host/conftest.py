"""Hosts that boot what Terraform rendered, before an AWS to which Terraform was really applied."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.host.aws import Door
from tests.host.machine import Disk, Machine, Net
from tests.terraform.conftest import copied, empty_aws  # noqa: F401  # copied is a fixture here too
from tests.terraform.root import Root, stand_up

ROOT = Path(__file__).parents[2]
STANDIN = ROOT / "tests" / "standins" / "host-root"


class Site(NamedTuple):
    """What every host of these tests is launched with."""

    root: Root
    door: Door
    port: int
    volume: str
    user_data: str

    def parameter(self, name: str) -> str:
        told = self.root.client("ssm").get_parameter(Name=f"/pretamane/testing/{name}", WithDecryption=True)
        value: str = told["Parameter"]["Value"]
        return value

    def parameters(self, kind: str) -> dict[str, str]:
        """By name, whatever is below settings, generated or status."""
        pages = self.root.client("ssm").get_paginator("get_parameters_by_path")
        found = pages.paginate(Path=f"/pretamane/testing/{kind}", WithDecryption=True)
        return {each["Name"].rpartition("/")[2]: each["Value"] for page in found for each in page["Parameters"]}

    def secrets_in(self, text: str) -> list[str]:
        """Of those that hosts made, and any piece of one that was given."""
        return [each for each in (*self.parameters("generated").values(), "sentinel-of-the") if each in text]


@pytest.fixture(scope="session")
def system() -> Path:
    if os.getuid() != 0 or not Path("/dev/loop-control").exists():
        pytest.skip("no root, or no loop devices: no host can be booted")
    made = subprocess.run([STANDIN], stdout=subprocess.PIPE, text=True, check=True)
    return Path(made.stdout.strip())


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("bundle")
    command = [sys.executable, str(ROOT / "scripts" / "bundle"), "--into", str(into)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    return Path(told.stdout.strip())


@pytest.fixture(scope="session")
def site(copied: Callable[[str], Path], bundle: Path) -> Iterator[Site]:  # noqa: F811  # as pytest wants it
    with empty_aws() as moto:
        given = {"bundle": str(bundle), "settings": {"PUBLIC_URL": "https://example.org"}}
        root = stand_up(copied("host"), moto, **given)
        told = json.loads(root.terraform("output", "-json"))
        door = Door(moto)
        with door.open() as port:
            yield Site(root, door, port, told["data_volume_id"]["value"], root.user_data())


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """One in which there is nothing, for those who need no host."""
    with empty_aws() as address:
        yield address


class Launch:
    """Makes hosts and disks, and takes them away at the end."""

    def __init__(self, system: Path, site: Site, folder: Path, gone: ExitStack) -> None:
        self.system, self.site, self.folder, self.gone = system, site, folder, gone
        self.numbers = count(1)

    def disk(self, mebibytes: int = 12 << 10) -> Disk:
        disk = Disk(self.folder / f"disk-{next(self.numbers)}", mebibytes)
        self.gone.callback(disk.remove)
        return disk

    def machine(self) -> Machine:
        number = next(self.numbers)
        net = Net(number)
        self.gone.callback(net.remove)
        machine = Machine(self.system, self.folder / f"host-{number}", net, f"i-{number:017x}")
        self.gone.callback(machine.remove)
        machine.plan(self.site.user_data, self.site.port)
        return machine

    def booted(self, disk: Disk | None) -> Machine:
        machine = self.machine()
        machine.boot(disk, self.site.volume)
        machine.wait_until_set_up()
        return machine


@pytest.fixture(scope="session")
def launch(system: Path, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launch]:
    with ExitStack() as gone:
        yield Launch(system, site, tmp_path_factory.mktemp("hosts"), gone)


class Pair(NamedTuple):
    first: Machine
    twin: Machine
    disk: Disk
    other_disk: Disk


@pytest.fixture(scope="session")
def pair(launch: Launch) -> Pair:
    """Two hosts that begin at the same moment, each with a new disk, with secrets that nobody made yet."""
    disks = launch.disk(), launch.disk()
    with ThreadPoolExecutor() as at_once:
        first, twin = at_once.map(launch.booted, disks)
    return Pair(first, twin, *disks)
