"""What each process may do, looked at from the kernel's side: images may lie about themselves."""

import errno
from pathlib import Path

import pytest

from tests.e2e.services import SERVICES
from tests.e2e.stack import engines_version

KERNELS_OWN = ("/proc", "/sys", "/dev")
# From this version on the engine makes read-only what is mounted below a read-only folder, too.
READS_ONLY_ALL_THE_WAY_DOWN = 25


def status_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, value in (line.split(":", 1) for line in lines)}


@pytest.mark.parametrize("service", SERVICES)
def test_a_process_is_who_it_should_be_and_can_gain_nothing(stack, service):
    status, wanted = status_of(stack.container(service).pid), SERVICES[service]

    assert set(status["Uid"].split()) == {str(wanted.user)}
    assert {int(status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")} == {0}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_can_be_written_outside_volumes_and_memory(stack, service):
    """Tried as this host's root, whom no file's mode keeps out: what refuses is the file system."""
    root = Path(f"/proc/{stack.container(service).pid}/root")

    for folder in ("", "etc", "usr", "var", "home", "opt", "srv", "run/secrets"):
        if (root / folder).is_dir():
            with pytest.raises(OSError, match="Read-only") as refusal:
                (root / folder / "planted").touch()
            assert refusal.value.errno == errno.EROFS


@pytest.mark.parametrize("service", SERVICES)
def test_what_can_be_written_is_a_volume_or_memory(stack, service):
    container = stack.container(service)
    volumes = {mount["Destination"] for mount in container.told["Mounts"] if mount["Type"] == "volume"}
    lines = Path(f"/proc/{container.pid}/mountinfo").read_text().splitlines()
    left_out = KERNELS_OWN if engines_version() >= READS_ONLY_ALL_THE_WAY_DOWN else (*KERNELS_OWN, "/host/")

    writable = {
        (fields[4], line.split(" - ")[1].split()[0])
        for line in lines
        for fields in [line.split()]
        if "rw" in fields[5].split(",") and not fields[4].startswith(left_out)
    }

    # The engine's own three files are there too: it writes them, and the container's user cannot.
    own = {"/etc/resolv.conf", "/etc/hostname", "/etc/hosts"}
    assert {place for place, kind in writable if kind != "tmpfs"} - own == volumes


def test_no_secret_is_in_an_environment(stack):
    secrets = {file.read_text().strip() for file in stack.secrets.iterdir()} - {"log:", "none", "pretamane-owner"}
    for name, container in stack.running().items():
        told = " ".join(container.told["Config"]["Env"])
        assert not any(secret in told for secret in secrets), name
