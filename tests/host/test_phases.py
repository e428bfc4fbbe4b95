"""Each phase of setting up, made to fail on a host that was ready; and Parameter Store when it does not answer."""

import json
from contextlib import contextmanager

import pytest

SECRETS = "/var/lib/pretamane/secrets"
HOUSE = "opt/pretamane/stack/VERSION"


@contextmanager
def no_disk(host):
    host.run("mv", "/run/disks", "/run/elsewhere")
    try:
        yield
    finally:
        host.run("mv", "/run/elsewhere", "/run/disks")


@contextmanager
def no_images(host):
    host.run("sed", "-i", "/0.1.0-/d", "/srv/pretamane/docker/tests-images")
    with host.broken("compose-build"):
        yield


@contextmanager
def stopped(host):
    host.run("systemctl", "stop", "pretamane.service")
    with host.broken("compose-up"):
        yield


@contextmanager
def another_version(host):
    was = host.read(HOUSE)
    host.write(HOUSE, "0.1.0-ffffffffffff\n")
    try:
        with host.failing("docker", "pg_dump"):
            yield
    finally:
        host.write(HOUSE, was)


PHASES = {
    "facts": (lambda _, aws: aws.trouble("denied", "GetParameter", "HOST_FACTS"), "AccessDeniedException"),
    "packages": (lambda host, _: host.broken("apt-get"), "apt-get was broken by a test"),
    "firewall": (lambda host, _: host.failing("nft", "--file"), "nft was broken by a test"),
    "data-volume": (lambda host, _: no_disk(host), "is not attached"),
    "settings": (lambda _, aws: aws.trouble("denied", "GetParametersByPath", ""), "AccessDeniedException"),
    "images": (lambda host, _: no_images(host), "compose build was broken by a test"),
    "secrets": (lambda _, aws: aws.trouble("denied", "GetParameter", "generated"), "AccessDeniedException"),
    "units": (lambda host, _: host.failing("systemctl", "enable --now pretamane-"), "systemctl was broken by a test"),
    "start": (lambda host, _: stopped(host), "compose up was broken by a test"),
    "release": (lambda host, _: another_version(host), "is in service"),
    "verify": (lambda host, _: host.broken("stack"), "was answered with 503"),
}


@pytest.fixture(scope="module")
def hasty(pair):
    """The first host, with less patience than AWS deserves."""
    pair.first.run("sed", "-i", "s/^AWS_MAX_ATTEMPTS=.*/AWS_MAX_ATTEMPTS=1/", "/etc/pretamane/host.env")
    return pair.first


@pytest.mark.parametrize("phase", PHASES)
def test_a_phase_that_fails_names_itself_and_leaves_no_ready_mark(hasty, site, phase):
    breaking, words = PHASES[phase]

    with breaking(hasty, site.door):
        told = hasty.try_("pretamane-host", "setup")

    said, (boot, log) = hasty.status(), (site.parameter(f"status/{name}") for name in ("boot", "log"))
    assert told.returncode == 1, told.stdout
    assert (said["phase"], said["state"]) == (phase, "failed")
    assert words in said["error"]
    assert json.loads(boot) == said
    assert words in log


def test_a_host_that_cannot_send_its_backups_is_not_called_ready(hasty):
    file = f"{SECRETS}/backup_credentials"
    hasty.run("sh", "-c", f"cp -p {file} /run/lent; echo '# Nothing is lent.' >{file}")

    told = hasty.try_("pretamane-host", "setup")
    hasty.run("cp", "-p", "/run/lent", file)

    assert told.returncode == 1
    assert (hasty.status()["phase"], hasty.status()["state"]) == ("verify", "failed")
    assert "No credentials of this hour" in hasty.status()["error"]


def test_what_was_mended_is_ready_again(hasty):
    hasty.run("pretamane-host", "setup")

    assert hasty.status()["state"] == "ready"


@pytest.fixture
def without_secrets(hasty):
    """A host whose secrets are in Parameter Store alone."""
    hasty.run("mv", SECRETS, f"{SECRETS}.away")
    yield hasty
    hasty.run("rm", "-rf", SECRETS)
    hasty.run("mv", f"{SECRETS}.away", SECRETS)


@pytest.mark.parametrize("kind", ["denied", "throttled", "silent"])
def test_secrets_that_cannot_be_read_are_not_made_instead(without_secrets, site, kind):
    site.door.written.clear()

    with site.door.trouble(kind, "GetParameter", "generated"):
        told = without_secrets.try_("pretamane-host", "setup")

    said = without_secrets.status()
    assert told.returncode == 1
    assert (said["phase"], said["state"]) == ("secrets", "failed")
    assert "No secret was changed" in said["error"]
    assert without_secrets.try_("ls", SECRETS).stdout == ""
    assert [name for name in site.door.written if "/generated/" in name] == []


@pytest.mark.parametrize("kind", ["throttled", "silent"])
def test_settings_that_cannot_be_read_stay_as_they_were(hasty, site, kind):
    before = hasty.read("srv/pretamane/stack/.env")

    with site.door.trouble(kind, "GetParametersByPath", ""):
        told = hasty.try_("pretamane-host", "settings")

    assert told.returncode == 1
    assert "AWS did not answer" in told.stderr or "ThrottlingException" in told.stderr
    assert hasty.read("srv/pretamane/stack/.env") == before
