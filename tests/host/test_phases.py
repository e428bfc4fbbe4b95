"""Each phase of setting up, made to fail on a host that was ready; and Parameter Store when it does not answer."""

import json
from contextlib import contextmanager

import pytest

from tests.host.aws import SAID

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
    assert site.secrets_in(boot + log + hasty.log.read_text(errors="replace")) == []


def test_a_host_that_cannot_send_its_backups_is_not_called_ready(hasty, site):
    file = f"{SECRETS}/backup_credentials"
    hasty.run("sh", "-c", f"cp -p {file} /run/lent; echo '# Nothing is lent.' >{file}")

    with site.door.trouble("denied", "", "AssumeRole"):
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


@pytest.mark.parametrize("kind", SAID)
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


READ = {
    "facts": ("GetParameter", "HOST_FACTS"),
    "settings": ("GetParametersByPath", ""),
    "secrets": ("GetParameter", "generated/SIGNING_KEY"),
}


def kept(host):
    """What Parameter Store has a host write down, and the releases that were fetched."""
    files = f"find {SECRETS} /srv/pretamane/stack/.env /{HOUSE} /opt/pretamane/releases -type f -exec sha256sum {{}} +"
    return sorted(host.run("sh", "-c", files).splitlines())


@pytest.fixture
def outdated(hasty, site):
    """A host for which Parameter Store has a newer setting and a newer secret, and lacks one that the host has."""
    ssm, was = site.root.client("ssm"), site.parameter("settings/TUNNEL_TOKEN")
    lost = {
        "Name": "/pretamane/testing/generated/GRAFANA_PASSWORD",
        "Value": site.parameter("generated/GRAFANA_PASSWORD"),
    }
    newer = {"Name": "/pretamane/testing/settings/TUNNEL_TOKEN", "Type": "SecureString", "Overwrite": True}
    ssm.put_parameter(**newer, Value="the-newest-token")
    ssm.put_parameter(Name="/pretamane/testing/settings/MAIL_REPLY_TO", Value="new@example.org", Type="String")
    ssm.delete_parameter(Name=lost["Name"])
    site.door.written.clear()
    yield hasty
    ssm.put_parameter(**lost, Type="SecureString", Overwrite=True)
    ssm.delete_parameter(Name="/pretamane/testing/settings/MAIL_REPLY_TO")
    ssm.put_parameter(**newer, Value=was)


@pytest.mark.parametrize("kind", SAID)
@pytest.mark.parametrize("what", READ)
def test_a_reload_that_cannot_read_one_thing_writes_nothing(outdated, site, what, kind):
    before = kept(outdated)

    with site.door.trouble(kind, *READ[what]):
        told = outdated.try_("pretamane-host", "reload")

    assert told.returncode in (1, 2)
    assert SAID[kind] in told.stderr
    assert kept(outdated) == before
    assert site.door.written == []


@pytest.mark.parametrize("kind", SAID)
def test_facts_that_cannot_be_read_end_a_setup_before_it_changes_anything(outdated, site, kind):
    before = kept(outdated)

    with site.door.trouble(kind, *READ["facts"]):
        told = outdated.try_("pretamane-host", "setup")

    said = outdated.status()
    assert told.returncode == 1
    assert (said["phase"], said["state"]) == ("facts", "failed")
    assert SAID[kind] in said["error"]
    assert kept(outdated) == before
    assert [name for name in site.door.written if "/status/" not in name] == []


@pytest.mark.parametrize("kind", SAID)
def test_a_release_that_cannot_be_asked_for_is_not_taken(outdated, site, kind):
    before = kept(outdated)

    with site.door.trouble(kind, "GetParameter", "testing/release"):
        told = outdated.try_("pretamane-host", "release")

    assert told.returncode == 1
    assert SAID[kind] in told.stderr
    assert kept(outdated) == before
    assert site.door.written == []


@pytest.mark.parametrize("kind", SAID)
def test_settings_that_cannot_be_read_stay_as_they_were(outdated, site, kind):
    before = kept(outdated)

    with site.door.trouble(kind, *READ["settings"]):
        told = outdated.try_("pretamane-host", "settings")

    assert told.returncode == 1
    assert SAID[kind] in told.stderr
    assert kept(outdated) == before


def test_what_could_be_read_again_arrives(outdated, site):
    outdated.run("pretamane-host", "reload")

    assert outdated.run("cat", f"{SECRETS}/tunnel_token") == "the-newest-token"
    assert "MAIL_REPLY_TO=new@example.org" in outdated.read("srv/pretamane/stack/.env").splitlines()
    assert site.door.written[0] == "/pretamane/testing/generated/GRAFANA_PASSWORD"
