"""What user data, as Terraform rendered it, makes of an empty host; and of two that begin at the same moment."""

import json
import re
import zipfile

import pytest

PHASES = "facts packages firewall data-volume settings images secrets units start release verify"
SECRETS = "/var/lib/pretamane/secrets"
# Everything that setting up writes, but for what says when it was.
WRITTEN = "/etc/pretamane /etc/systemd/system /etc/docker /etc/apt/apt.conf.d /srv/pretamane/stack /opt/pretamane"


SWAP = ["fallocate --length 4GiB /var/swap.new", "mkswap --quiet /var/swap.new", "swapon /var/swap"]

ALERTMANAGER = "--alertmanager.url=http://127.0.0.1:9093/alertmanager"

# A fault is told by a unit of its own, a moment later.
FAILED = "for _ in $(seq 100); do systemctl is-failed --quiet pretamane-backup.service && exit; sleep 0.2; done; exit 1"


def hashes(machine, *folders):
    return machine.run("find", *folders, "-type", "f", "-exec", "sha256sum", "{}", "+").splitlines()


def secrets_of(machine):
    """All but what is lent for an hour."""
    return sorted(line for line in hashes(machine, SECRETS) if not line.endswith("/backup_credentials"))


def properties(machine, unit, *names):
    told = machine.run("systemctl", "show", unit, *(f"--property={name}" for name in names))
    return dict(line.split("=", 1) for line in told.splitlines())


def test_the_first_boot_ends_with_a_platform_that_is_ready(pair):
    assert pair.first.status()["state"] == "ready", pair.first.said()
    assert pair.twin.status()["state"] == "ready", pair.twin.said()


def test_the_parameter_says_what_the_file_says(pair, site):
    told = json.loads(site.parameter("status/boot"))

    assert told in (pair.first.status(), pair.twin.status())
    assert (told["phase"], told["state"]) == ("verify", "ready")
    assert site.parameter("status/address") == "https://example.org"


def test_each_phase_says_when_it_began(pair):
    journal = pair.first.run("journalctl", "--boot", "--unit", "cloud-final.service", "--output", "cat")

    told = re.findall(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (\S+) working", journal, flags=re.MULTILINE)
    assert told == f"packages release unpack setup {PHASES}".split()


def test_images_are_built_one_by_one_with_one_compiler_each_and_a_swap_file(pair):
    calls = pair.first.read("var/log/calls").splitlines()

    builds = [call for call in calls if " build " in call]
    # Before anything that a build left, as a second run finds all of it.
    swap = [calls.index(next(call for call in calls if call.startswith(each))) for each in SWAP]
    assert sorted(call.rpartition(" ")[2] for call in builds) == [
        "app-blue",
        "caddy",
        "meilisearch",
        "minio",
        "otel-collector",
    ]
    assert all(" --build-arg GOFLAGS=-trimpath -p=1 " in call for call in builds)
    assert swap == sorted(swap)
    assert swap[-1] < calls.index(builds[0])
    assert pair.first.run("stat", "--format", "%a", "/var/swap") == "600"
    assert pair.first.read("etc/fstab").splitlines().count("/var/swap none swap sw 0 0") == 1


def test_two_hosts_at_once_have_one_value_of_each_secret(pair, site):
    first, twin = set(secrets_of(pair.first)), set(secrets_of(pair.twin))

    # The stack's stand-in hashes a password the same each time.
    assert first == twin
    assert len(first) >= 15
    stored = site.parameter("generated/SIGNING_KEY")
    assert pair.first.run("cat", f"{SECRETS}/signing_key") == stored


def test_secrets_belong_to_the_containers_user_alone(pair):
    modes = pair.first.run("find", SECRETS, "-type", "f", "-printf", "%m %U %G\n").splitlines()

    assert set(modes) == {"600 10001 10001"}


def test_no_secret_is_in_the_journal_the_settings_or_what_was_told(pair, site):
    no_secret = "^[[#]\\|^log:$\\|^none$\\|^pretamane-owner$"
    secrets = pair.first.run("sh", "-c", f"grep -hv '{no_secret}' {SECRETS}/*").splitlines()
    seen = pair.first.run("journalctl", "--boot", "--output", "cat")
    seen += pair.first.run("sh", "-c", "cat /etc/pretamane/* /srv/pretamane/stack/.env /var/log/cloud-init*.log")
    seen += pair.first.run("sh", "-c", "cat /var/log/calls /var/lib/pretamane/phase.log /proc/[0-9]*/cmdline")
    seen += pair.first.said() + pair.first.log.read_text(errors="replace") + json.dumps(site.parameters("status"))

    assert len(secrets) >= 12
    assert [secret for secret in secrets if secret in seen] == []
    assert site.secrets_in(seen) == []


@pytest.mark.usefixtures("pair")
def test_what_hosts_wrote_back_is_in_nothing_that_terraform_keeps_or_says(site):
    root, newer = site.root, {"TUNNEL_TOKEN": 2, "MAIL_URL": 2, "MODEL_KEY": 2}

    root.terraform("apply", "-refresh-only", "-auto-approve")
    plan = root.plan(secret_versions=newer)

    with zipfile.ZipFile(root.folder / "planned") as planned:
        file = "".join(planned.read(name).decode(errors="replace") for name in planned.namelist())
    seen = {
        "state": root.state(),
        "plan": json.dumps(plan),
        "its file": file,
        "words": root.said,
        "start": site.user_data,
    }
    assert {*site.parameters("generated")} >= {"SIGNING_KEY", "POSTGRES_PASSWORD", "MINIO_ROOT_PASSWORD"}
    assert {name: site.secrets_in(text) for name, text in seen.items()} == {name: [] for name in seen}


def test_settings_are_a_file_for_root_alone(pair):
    told = pair.first.read("srv/pretamane/stack/.env").splitlines()

    assert pair.first.run("stat", "--format", "%a %u", "/srv/pretamane/stack/.env") == "600 0"
    assert {"PUBLIC_URL=https://example.org", "TUNNEL_NAMED=yes", "COMPOSE_PROFILES=tunnel"} <= set(told)
    assert not any(line.startswith("TUNNEL_TOKEN") for line in told)


def test_once_more_is_the_same_as_once(pair):
    secrets, files = secrets_of(pair.first), sorted(hashes(pair.first, *WRITTEN.split()))
    begun = properties(pair.first, "docker.service", "ActiveEnterTimestamp")

    pair.first.run("pretamane-host", "setup")

    assert secrets_of(pair.first) == secrets
    assert sorted(hashes(pair.first, *WRITTEN.split())) == files
    assert properties(pair.first, "docker.service", "ActiveEnterTimestamp") == begun
    assert pair.first.status()["state"] == "ready"


def test_dockers_data_is_on_the_data_volume(pair):
    mounted = pair.first.run("findmnt", "--noheadings", "--output", "SOURCE", "/srv/pretamane")

    assert mounted == pair.disk.device
    assert pair.first.run("/usr/bin/docker", "info", "--format", "{{.DockerRootDir}} {{.Driver}}") == (
        "/srv/pretamane/docker overlay2"
    )
    assert f"/dev/disk/by-uuid/{pair.disk.uuid()}" in pair.first.read("etc/systemd/system/srv-pretamane.mount")


def test_the_data_volume_is_checked_before_it_is_mounted(pair):
    escaped = pair.disk.uuid().replace("-", r"\x2d")

    wants = properties(pair.first, "srv-pretamane.mount", "Wants")["Wants"]

    # Newer systemds quote what they show.
    shown = wants.replace('"', "").replace("\\\\", "\\").split()
    assert rf"systemd-fsck@dev-disk-by\x2duuid-{escaped}.service" in shown


def test_no_order_of_units_is_a_circle(pair):
    journal = pair.first.run("journalctl", "--boot", "--output", "cat")

    assert "Reached target multi-user.target" in journal
    assert not re.findall(r"(?i)ordering cycle|job .* deleted to break", journal)


def test_every_unit_passes_verification(pair):
    units = pair.first.run("sh", "-c", "ls -d /etc/systemd/system/pretamane* /etc/systemd/system/srv-pretamane.mount")
    names = [unit.replace("@.", "@docker.service.") for unit in units.split()]

    told = pair.first.try_("systemd-analyze", "verify", "--man=no", *names)

    assert len(names) >= 12
    assert (told.returncode, told.stdout + told.stderr) == (0, "")


@pytest.mark.parametrize("name", ["backup", "cleanup", "credentials", "refresh"])
def test_a_timer_makes_up_for_what_it_missed_and_its_failure_is_told(pair, name):
    timer = properties(pair.first, f"pretamane-{name}.timer", "ActiveState", "Persistent", "RandomizedDelayUSec")
    service = properties(pair.first, f"pretamane-{name}.service", "OnFailure", "LoadState")

    assert timer["ActiveState"] == "active"
    assert timer["Persistent"] == "yes"
    assert timer["RandomizedDelayUSec"] != "0"
    assert service == {"OnFailure": f"pretamane-failed@pretamane-{name}.service.service", "LoadState": "loaded"}


def test_setting_up_again_upgrades_nothing_that_runs(pair):
    calls = pair.first.read("var/log/calls").splitlines()

    (installed, *more) = {call for call in calls if call.startswith("apt-get ") and " docker.io " in call}
    assert more == []
    assert " --no-upgrade " in installed


def test_upgrades_leave_the_engine_alone_and_reboot_in_their_window(pair):
    told = pair.first.run("apt-config", "dump")

    assert 'Unattended-Upgrade::Package-Blacklist:: "^docker";' in told
    assert 'Unattended-Upgrade::Automatic-Reboot-Time "04:30";' in told


def test_credentials_for_containers_are_their_own_and_are_renewed(pair):
    file = f"{SECRETS}/backup_credentials"
    before = pair.first.run("cat", file)

    pair.first.run("systemctl", "start", "pretamane-credentials.service")

    after = pair.first.run("cat", file)
    assert pair.first.run("stat", "--format", "%a %u", file) == "600 10001"
    assert "aws_session_token = " in after
    assert after != before
    assert "= invented" not in after


def test_of_backups_that_the_bucket_has_the_newest_stays_here(pair):
    folder = "/srv/pretamane/backups"
    pair.first.run("mkdir", "-p", folder)
    pair.first.run("touch", f"{folder}/pretamane-20200101T012000Z.tar.gz")
    pair.first.run("mv", "/opt/pretamane/stack/scripts/backup-data.sh", "/run/backup-data.sh")
    made = f"#!/bin/sh\ntouch {folder}/pretamane-20260101T012000Z.tar.gz\n"
    pair.first.write("opt/pretamane/stack/scripts/backup-data.sh", made)
    pair.first.run("chmod", "755", "/opt/pretamane/stack/scripts/backup-data.sh")

    pair.first.run("systemctl", "start", "pretamane-backup.service")
    pair.first.run("mv", "/run/backup-data.sh", "/opt/pretamane/stack/scripts/backup-data.sh")

    assert pair.first.run("ls", folder) == "pretamane-20260101T012000Z.tar.gz"


def test_a_unit_that_fails_says_so_where_others_can_read_it(pair, site):
    with pair.first.failing("docker", "pg_dump"):
        told = pair.first.try_("systemctl", "start", "pretamane-backup.service")
        pair.first.run("sh", "-c", FAILED)
        pair.first.run("systemctl", "start", "pretamane-failed@pretamane-backup.service.service")

    failed = json.loads(site.parameter("status/failed"))
    assert told.returncode == 1
    assert failed["unit"] == "pretamane-backup.service"
    assert "docker was broken by a test" in failed["said"]
    assert site.secrets_in(failed["said"]) == []
    alert = 'alertname=UnitFailed severity=critical unit="pretamane-backup.service"'
    assert f"exec -T alertmanager amtool {ALERTMANAGER} alert add {alert}" in pair.first.read("var/log/calls")


def test_without_alertmanager_it_says_so_all_the_same(pair, site):
    site.root.client("ssm").delete_parameter(Name="/pretamane/testing/status/failed")

    with pair.first.failing("docker", "amtool"):
        pair.first.run("systemctl", "start", "pretamane-failed@pretamane-cleanup.service.service")

    assert json.loads(site.parameter("status/failed"))["unit"] == "pretamane-cleanup.service"


def test_a_changed_setting_and_a_changed_secret_arrive_by_a_reload(pair, site):
    ssm = site.root.client("ssm")
    ssm.put_parameter(Name="/pretamane/testing/settings/MAIL_FROM", Value="praxis@example.org", Type="String")
    ssm.put_parameter(
        Name="/pretamane/testing/settings/TUNNEL_TOKEN", Value="a-newer-token", Type="SecureString", Overwrite=True
    )
    pair.first.run("truncate", "--size", "0", "/var/log/calls")

    pair.first.run("systemctl", "reload", "pretamane.service")

    assert "MAIL_FROM=praxis@example.org" in pair.first.read("srv/pretamane/stack/.env").splitlines()
    assert pair.first.run("cat", f"{SECRETS}/tunnel_token") == "a-newer-token"
    assert "--force-recreate" in pair.first.read("var/log/calls")


@pytest.mark.parametrize("name", ["DATABASE_OWNER_PASSWORD", "MINIO_ROOT_PASSWORD"])
def test_a_changed_password_is_told_before_anything_starts_with_it(pair, site, name):
    ssm, place = site.root.client("ssm"), f"/pretamane/testing/generated/{name}"
    ssm.put_parameter(Name=place, Value=f"another-{name}", Type="SecureString", Overwrite=True)
    pair.first.run("truncate", "--size", "0", "/var/log/calls")

    pair.first.run("systemctl", "reload", "pretamane.service")

    calls = pair.first.read("var/log/calls")
    assert pair.first.run("cat", f"{SECRETS}/{name.lower()}") == f"another-{name}"
    assert calls.index("postgresql psql") < calls.index(" up ")
    assert calls.index("--force-recreate") == calls.rindex("--force-recreate")


def test_a_role_that_terraform_made_later_is_known_after_a_reload(pair, site):
    ssm, place = site.root.client("ssm"), "/pretamane/testing/settings/HOST_FACTS"
    was = site.parameter("settings/HOST_FACTS")
    role = "arn:aws:iam::123456789012:role/pretamane-testing-model"
    ssm.put_parameter(
        Name=place, Value=json.dumps(json.loads(was) | {"model_role": role}), Type="String", Overwrite=True
    )

    pair.first.run("systemctl", "reload", "pretamane.service")
    ssm.put_parameter(Name=place, Value=was, Type="String", Overwrite=True)

    assert f"HOST_MODEL_ROLE={role}" in pair.first.read("etc/pretamane/facts.env").splitlines()
    assert "aws_session_token = " in pair.first.run("cat", f"{SECRETS}/model_credentials")


def test_a_reload_has_caddy_ask_the_colour_that_is_recorded(pair):
    pair.first.run("truncate", "--size", "0", "/var/log/calls")

    pair.first.run("systemctl", "reload", "pretamane.service")

    assert "exec -T caddy rm -f /etc/caddy/live/green" in pair.first.read("var/log/calls")


def test_a_reload_without_a_change_begins_nothing_anew(pair):
    pair.first.run("truncate", "--size", "0", "/var/log/calls")

    pair.first.run("systemctl", "reload", "pretamane.service")

    assert "--force-recreate" not in pair.first.read("var/log/calls")


def test_the_first_administrators_link_comes_from_the_running_app(pair):
    pair.first.run("pretamane-host", "admin", "create")

    assert "exec app-blue pretamane admin create" in pair.first.read("var/log/calls")
