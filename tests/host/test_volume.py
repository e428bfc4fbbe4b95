"""The data volume: what stays when an instance goes, and what is never written to. The hosts end here."""

import hashlib
import json

import pytest

from tests.components import eventually

KEPT = "srv/pretamane/stack/state.env"


def is_up(host):
    return host.try_("systemctl", "is-active", "pretamane.service").stdout == "active\n"


def test_without_the_volume_neither_the_engine_nor_the_app_starts(pair):
    host, units = pair.twin, ("pretamane.service", "docker.service", "docker.socket")
    host.run("systemctl", "stop", *units, "containerd.service", "srv-pretamane.mount")
    host.run("sh", "-c", "rm -rf /dev/disk/by-uuid")

    told = host.try_("systemctl", "start", "pretamane.service")

    assert told.returncode == 1
    assert "active" not in host.try_("systemctl", "is-active", *units[:2]).stdout.split()
    assert host.run("ls", "/srv/pretamane") == ""


def test_what_nobody_mounts_is_not_used_in_the_volumes_place(pair):
    """As the test above left it, and with the unit that mounts gone too."""
    pair.twin.run("rm", "/etc/systemd/system/srv-pretamane.mount")
    pair.twin.run("systemctl", "daemon-reload")

    told = pair.twin.try_("systemctl", "start", "docker.service")

    assert told.returncode == 1
    assert pair.twin.run("ls", "/srv/pretamane") == ""


def test_after_a_reboot_the_platform_comes_up_by_itself(pair, site):
    uuid, kept = pair.disk.uuid(), pair.first.read(KEPT)
    pair.first.stop()

    pair.first.boot(pair.disk, site.volume)
    eventually(lambda: is_up(pair.first), pair.first.said, within=90)

    assert pair.first.run("systemctl", "is-active", "pretamane.service", "docker.service") == "active\nactive"
    assert pair.first.run("curl", "--silent", "--fail", "http://127.0.0.1:8080/health/ready") == ""
    assert (pair.disk.uuid(), pair.first.read(KEPT)) == (uuid, kept)
    assert "ordering cycle" not in pair.first.run("journalctl", "--boot", "--output", "cat")


def test_a_volume_that_is_nearly_full_keeps_nobody_from_starting(pair):
    free = int(pair.first.run("df", "--output=avail", "-BM", "/srv/pretamane").split()[-1].rstrip("M"))
    pair.first.run("/usr/bin/fallocate", "--length", f"{free - 500}MiB", "/srv/pretamane/filled")

    pair.first.run("systemctl", "stop", "pretamane.service")
    told = pair.first.try_("systemctl", "start", "pretamane.service")
    pair.first.run("rm", "/srv/pretamane/filled")

    assert told.returncode == 0, told.stderr
    assert is_up(pair.first)


@pytest.fixture(scope="module")
def successor(pair, launch):
    """Another instance, after the first was lost, with the volume of that one, which is larger now."""
    pair.first.run("sh", "-c", "echo kept > /srv/pretamane/stack/dumps-of-a-test")
    uuid, kept = pair.disk.uuid(), pair.first.read(KEPT)
    pair.first.stop()
    pair.disk.grow(14 << 10)
    return launch.booted(pair.disk), uuid, kept


def test_another_instance_with_the_old_volume_goes_on_where_the_first_was(successor, pair):
    host, uuid, kept = successor

    assert host.status()["state"] == "ready", host.said()
    assert host.status()["instance"] != pair.first.status()["instance"]
    assert pair.disk.uuid() == uuid
    assert host.read("srv/pretamane/stack/dumps-of-a-test") == "kept\n"
    # What ran there, and after it the release that the parameter names.
    assert kept.partition("WORKER_VERSION=")[2].splitlines()[0] in host.read(KEPT)


def test_it_tells_the_old_database_its_secrets_before_anything_else_starts(successor):
    host, _, _ = successor

    calls = host.read("var/log/calls")
    ups = [line for line in calls.splitlines() if " up " in line]
    assert ups[0].endswith(" postgresql")
    assert calls.index(ups[0]) < calls.index("postgresql psql") < calls.index(ups[1])
    assert "--force-recreate" in ups[1]


def test_it_has_the_same_secrets_and_all_of_the_larger_disk(successor, pair):
    host, _, _ = successor

    size = int(host.run("findmnt", "--noheadings", "--bytes", "--output", "SIZE", "/srv/pretamane"))
    mine = host.run("cat", "/var/lib/pretamane/secrets/signing_key")
    assert mine == (pair.first.root / "var/lib/pretamane/secrets/signing_key").read_text().strip()
    assert size > 13 << 30


FOREIGN = {
    "another file system": lambda disk: disk.make("ext4", "somebodys"),
    "a swap area": lambda disk: disk.make("swap", "somebodys"),
    "a table of partitions": lambda disk: disk.put(510, b"\x55\xaa" + b"\0" * 2),
    "something that no tool knows": lambda disk: disk.put(5 << 20, b"a database of somebody's"),
    "something at its very end": lambda disk: disk.put(-4096, b"a database of somebody's"),
}


def hash_of(disk):
    with disk.image.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.fixture(scope="module")
def stranger(launch):
    """A host whose volume is of another size each time, and was never ours."""
    disk = launch.disk(64)
    disk.make("ext4", "somebodys")
    before = hash_of(disk)
    return launch.booted(disk), disk, before


def test_a_first_boot_stops_before_somebody_elses_disk(stranger):
    host, disk, before = stranger

    said = host.status()
    assert (said["phase"], said["state"]) == ("data-volume", "failed")
    assert "holds something that is not ours" in said["error"]
    assert hash_of(disk) == before


@pytest.mark.parametrize("what", FOREIGN)
def test_a_disk_with_foreign_data_is_never_formatted(stranger, what):
    host, disk, _ = stranger
    disk.blank()
    FOREIGN[what](disk)
    before = hash_of(disk)

    told = host.try_("sh", "-c", "/opt/pretamane/releases/*/scripts/host-data-volume mount")

    assert told.returncode == 2
    assert "holds something that is not ours" in told.stderr
    assert hash_of(disk) == before


def test_a_first_boot_that_stopped_early_can_be_run_again(stranger):
    host, _, _ = stranger

    told = host.try_("pretamane-host", "setup")

    assert told.returncode == 1
    assert (host.status()["phase"], host.status()["state"]) == ("data-volume", "failed")
    assert host.run("readlink", "/usr/local/bin/pretamane-host").startswith("/opt/pretamane/releases/")


def test_only_the_disk_that_was_named_is_looked_at(stranger):
    host, disk, _ = stranger
    disk.blank()
    host.run("sh", "-c", "sed -i s/_vol/_other/ /etc/planted-disks; rm /run/disks/*; udevadm settle")
    before = hash_of(disk)

    told = host.try_("sh", "-c", "/opt/pretamane/releases/*/scripts/host-data-volume mount")

    assert "is not attached" in told.stderr
    assert hash_of(disk) == before
    assert json.loads(host.read("var/lib/pretamane/boot.json"))["state"] == "failed"
