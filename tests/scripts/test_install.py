"""install.sh looks before it changes anything, and says everything that is wrong at once, each with what to do."""

import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.scripts.house import House, real

PUBLIC = {"COMPOSE_FILE": "compose.yml:compose.public.yml"}
# In the image's name, and what the clock may not be before.
MADE = re.compile(r"^DEBIAN_IMAGE=.*-(20\d{6})-", re.MULTILINE)

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for ports below 1024")


def no_engine(house: House) -> None:
    """As Docker's own client answers then: an empty line, and a failure."""
    house.docker("  info*) echo; exit 1 ;;")


def old_compose(house: House) -> None:
    house.docker('  "compose version --short") echo v2.19.9 ;;')


def no_compose(house: House) -> None:
    house.docker('  "compose version --short") exit 1 ;;')


def other_processor(house: House) -> None:
    house.program("uname", "echo riscv64")


def little_memory(house: House) -> None:
    house.program("awk", f'case "$*" in *MemTotal*) echo 2000 ;; *) exec {real("awk")} "$@" ;; esac')


def little_disk(house: House) -> None:
    house.program("df", 'echo "Filesystem 1M-blocks Used Available"; echo "/dev/root 20000 15001 4999 76% /"')


def clock_at(when: str) -> Callable[[House], None]:
    return lambda house: house.program("date", f'exec {real("date")} --date "{when}" "$@"')


def without(tool: str) -> Callable[[House], None]:
    return lambda house: house.without(tool)


def a_tunnel_that_nobody_is_told_of(house: House) -> None:
    house.settings(COMPOSE_PROFILES="tunnel")


FAULTS = {
    "no engine": (no_engine, "No Docker engine answers.", "docker.io"),
    "an old Compose": (old_compose, "2.20 or newer is needed, and this is 2.19.9", "docker-compose-v2"),
    "no Compose": (no_compose, "2.20 or newer is needed, and this is none", "docker-compose-v2"),
    "no openssl": (without("openssl"), "openssl is missing", "install the package"),
    "no curl": (without("curl"), "curl is missing", "install the package"),
    "no awk": (without("awk"), "awk is missing", "install the package"),
    "another processor": (other_processor, "This processor is riscv64", "amd64 and arm64"),
    "little memory": (little_memory, "has 2000 MiB of memory", "a larger one"),
    "little disk": (little_disk, "has 4999 MB free; 10 GB are needed", "docker image prune"),
    "a clock that stopped": (clock_at("1970-01-02"), "The clock says 1970-01-02", "timedatectl"),
    "a tunnel": (a_tunnel_that_nobody_is_told_of, "A tunnel without a name", "compose.quick.yml"),
}


@contextmanager
def taken(*ports: int) -> Iterator[list[int]]:
    """By somebody who listens there; 0 is any that is free."""
    with ExitStack() as held:
        numbers = []
        for port in ports:
            somebody = held.enter_context(socket.socket())
            somebody.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            somebody.bind(("127.0.0.1", port))
            somebody.listen()
            numbers.append(somebody.getsockname()[1])
        yield numbers


def passes(house: House) -> bool:
    """Whether it goes on to the first thing that it changes. Compose then ends it."""
    told = house.script("install.sh")
    assert told.returncode == 2
    return "== Settings" in told.stderr and "Compose does not take its files" in told.stderr


@pytest.fixture(autouse=True)
def compose_reads_nothing(house: House) -> None:
    house.docker("  compose*config*) exit 1 ;;")


@pytest.fixture(autouse=True)
def a_port_of_its_own(house: House) -> None:
    with taken(0) as (port,):
        pass
    house.settings(LOOPBACK_PORT=port)


def test_a_host_that_is_fit_is_not_refused(house):
    assert passes(house)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_told_with_what_to_do_and_nothing_is_changed(house, fault):
    spoil, sentence, remedy = FAULTS[fault]
    spoil(house)
    before = house.files()

    told = house.script("install.sh")

    assert told.returncode == 2
    assert "Nothing was changed." in told.stderr
    (line,) = [line for line in told.stderr.splitlines() if line.startswith("- ")]
    assert sentence in line
    assert remedy in line
    assert house.files() == before


def test_all_faults_are_told_at_once(house):
    with taken(0) as (port,):
        for fault in ("an old Compose", "no openssl", "no curl", "another processor", "little memory", "little disk"):
            FAULTS[fault][0](house)
        clock_at("2001-09-09")(house)
        house.settings(LOOPBACK_PORT=port, COMPOSE_PROFILES="tunnel")
        before = house.files()

        told = house.script("install.sh")

    lines = [line for line in told.stderr.splitlines() if line.startswith("- ")]
    assert told.returncode == 2
    assert len(lines) == 9
    assert f"Port {port} is taken" in told.stderr
    assert house.files() == before
    # Whatever was asked, nothing was told to do anything.
    assert {call.split()[0] for call in house.asked()} <= {"info", "compose", "ps"}
    assert [call for call in house.asked() if call.startswith("compose") and call != "compose version --short"] == []


def test_before_the_first_install_nothing_is_made_either(house):
    (house.stack / ".env").unlink()
    other_processor(house)
    before = house.files()

    assert house.script("install.sh").returncode == 2
    assert house.files() == before


def test_an_engine_whose_folder_is_not_of_this_machine_is_no_fault(house):
    house.docker('  "info --format"*) echo /nowhere/docker ;;\n  compose*config*) exit 1 ;;')

    assert passes(house)


def test_the_clock_may_not_be_before_the_newest_that_the_release_is_made_of(house):
    day = MADE.search((house.stack / "images.env").read_text())
    assert day is not None
    clock_at(f"{day[1]} 00:00 UTC")(house)
    assert passes(house)

    clock_at(f"{day[1]} 00:00 UTC - 1 second")(house)
    assert "The clock says" in house.script("install.sh").stderr


def test_a_clock_that_nothing_keeps_right_is_told_and_no_fault(house):
    house.program("timedatectl", "echo no")

    told = house.script("install.sh")

    assert "Nothing keeps this host's clock right" in told.stderr
    assert "== Settings" in told.stderr


def test_the_port_that_our_own_caddy_holds_is_as_good_as_free(house):
    with taken(0) as (port,):
        house.settings(LOOPBACK_PORT=port)
        assert not passes(house)
        house.docker(
            f'  "ps --quiet --filter publish={port} "*service=caddy*) echo 1234 ;;\n  compose*config*) exit 1 ;;'
        )
        assert passes(house)


@needs_root
def test_ports_80_and_443_are_looked_at_where_caddy_is_to_have_them(house):
    with taken(80, 443):
        assert passes(house)
        house.settings(LOOPBACK_PORT=free_port(), **PUBLIC)
        told = house.script("install.sh")

    lines = [line for line in told.stderr.splitlines() if line.startswith("- ")]
    assert [line.split(";")[0] for line in lines] == [
        "- Port 80 is taken by another program",
        "- Port 443 is taken by another program",
    ]
    assert all("compose.public.yml" in line for line in lines)


def free_port() -> int:
    with taken(0) as (port,):
        return port


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("PUBLIC_URL=https://${HOST_NAME}", True),
        ("PUBLIC_URL=${HOST_NAME:-https://a.example.org}", True),
        ('PUBLIC_URL="https://$HOST_NAME"', True),
        ("PUBLIC_URL='https://a.example.org/$HOME'", False),
        ("PUBLIC_URL=https://a.example.org # not $HOST_NAME", False),
        ("PUBLIC_URL=https://a.example.org/$1", False),
    ],
)
def test_a_setting_that_compose_would_fill_in_is_refused_by_name(house, line, refused):
    with (house.stack / ".env").open("a") as settings:
        settings.write(f"{line}\n")

    told = house.script("install.sh")

    assert told.returncode == 2
    assert ("PUBLIC_URL is filled in from another name" in told.stderr) is refused
