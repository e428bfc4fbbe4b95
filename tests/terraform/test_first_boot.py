"""The first boot's own script, run against moto: what it fetches, whom it hands over to, what it says when it fails.

Its folders are put below the test's own, and the package manager is one that has nothing to do.
"""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.host.aws import REFUSALS, Door
from tests.terraform.root import Root, environment

BOOT = "/pretamane/testing/status/boot"
READY = """#!/usr/bin/env bash
printf '{"phase": "verify", "state": "ready"}' >STATE/boot.json
"""


class Host:
    def __init__(self, folder: Path, user_data: str, root: Root) -> None:
        self.folder, self.root = folder, root
        self.state, self.releases = folder / "state", folder / "opt" / "releases"
        script = user_data.replace("/var/lib/pretamane", str(self.state)).replace("/opt/pretamane", str(folder / "opt"))
        # What has failed once is tried again for minutes; the test knows that it stays so.
        self.script = re.sub(r"within [36]00 ", "within 11 ", script).replace("sleep 5", "sleep 1")
        (folder / "bin").mkdir()
        self.provide("apt-get", "exit 0")
        (folder / "bin" / "python3").symlink_to(sys.executable)

    def provide(self, name: str, body: str) -> None:
        command = self.folder / "bin" / name
        command.write_text(f"#!/usr/bin/env bash\n{body}\n")
        command.chmod(0o755)

    def boot(self, endpoint: str = "") -> subprocess.CompletedProcess[str]:
        path = f"{self.folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        env = environment(endpoint or self.root.endpoint) | {
            "PATH": path,
            "VIRTUAL_ENV": sys.prefix,
            "PYTHONWARNINGS": "ignore",
        }
        return subprocess.run(["bash", "-c", self.script], env=env, capture_output=True, text=True, check=False)

    def said(self) -> tuple[str, str, str]:
        """By the file and by the parameter, which must agree."""
        parameter = self.root.client("ssm").get_parameter(Name=BOOT)["Parameter"]["Value"]
        told = json.loads((self.state / "boot.json").read_text())
        assert json.loads(parameter) == told
        return told["phase"], told["state"], told["error"]

    def release(self, setup: str | None, sha256: str = "") -> None:
        """Puts a bundle with this setup script where the release parameter says."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            content = (setup or "nothing").replace("STATE", str(self.state)).encode()
            entry = tarfile.TarInfo("scripts/host-setup.sh" if setup else "README.md")
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
        s3, ssm = self.root.client("s3"), self.root.client("ssm")
        s3.put_object(Bucket="bundles", Key="pretamane.tar", Body=packed.getvalue())
        version = s3.head_object(Bucket="bundles", Key="pretamane.tar")["VersionId"]
        named = {"version": "0.1.0-abc", "bucket": "bundles", "key": "pretamane.tar", "object_version": version}
        named["sha256"] = sha256 or hashlib.sha256(packed.getvalue()).hexdigest()
        ssm.put_parameter(Name="/pretamane/testing/release", Value=json.dumps(named), Type="String", Overwrite=True)


@pytest.fixture
def host(tmp_path, user_data, booted_aws):
    return Host(tmp_path, user_data, booted_aws)


@pytest.fixture(scope="session")
def booted_aws(planned):
    """With a bucket for bundles of these tests' own."""
    s3 = planned.client("s3")
    s3.create_bucket(Bucket="bundles", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_bucket_versioning(Bucket="bundles", VersioningConfiguration={"Status": "Enabled"})
    return planned


def test_the_release_is_fetched_checked_and_handed_over_to(host):
    host.release(READY)

    booted = host.boot()

    assert booted.returncode == 0, booted.stdout + booted.stderr
    assert os.access(host.releases / "0.1.0-abc" / "scripts" / "host-setup.sh", os.X_OK)
    assert json.loads((host.state / "boot.json").read_text())["state"] == "ready"


def test_a_second_run_does_the_same_again(host):
    host.release(READY)
    host.boot()

    again = host.boot()

    assert again.returncode == 0, again.stdout + again.stderr
    assert [path.name for path in host.releases.iterdir()] == ["0.1.0-abc"]


@pytest.mark.parametrize(
    ("setup", "error"),
    [
        ("#!/usr/bin/env bash\nexit 7\n", "scripts/host-setup.sh ended with exit code 7."),
        ("#!/usr/bin/env bash\n", "scripts/host-setup.sh ended without saying that the host is ready."),
    ],
)
def test_a_setup_that_fails_or_says_nothing_leaves_no_ready_mark(host, setup, error):
    host.release(setup)

    booted = host.boot()

    assert booted.returncode == 1
    assert host.said() == ("setup", "failed", error)


def test_what_the_setup_says_of_its_own_failure_stays(host):
    failed = READY.replace("verify", "secrets").replace("ready", "failed")
    host.release(f"{failed}exit 3\n")

    booted = host.boot()

    assert booted.returncode == 1
    assert json.loads((host.state / "boot.json").read_text()) == {"phase": "secrets", "state": "failed"}


def test_another_bundle_than_the_one_that_was_named_is_never_unpacked(host):
    host.release(READY, sha256="0" * 64)

    booted = host.boot()

    assert booted.returncode == 1
    assert host.said()[:2] == ("release", "failed")
    assert "is not the one that the release parameter names" in host.said()[2]
    assert list(host.releases.iterdir()) == []


def test_a_bundle_without_a_setup_is_refused(host):
    host.release(None)

    booted = host.boot()

    assert booted.returncode == 1
    assert host.said() == ("unpack", "failed", "The bundle has no scripts/host-setup.sh that can be run.")


def test_a_host_that_may_not_read_its_release_says_so(host):
    host.root.client("ssm").delete_parameter(Name="/pretamane/testing/release")

    booted = host.boot()

    assert booted.returncode == 1
    phase, state, error = host.said()
    assert (phase, state) == ("release", "failed")
    assert "ParameterNotFound" in error


@pytest.mark.parametrize(("kind", "error"), [*REFUSALS.items(), ("silent", "no answer in time.")])
def test_a_release_that_cannot_be_asked_for_stops_the_boot(host, kind, error):
    host.release(READY)
    door = Door(host.root.endpoint)

    with door.open() as port, door.trouble(kind, "GetParameter", "testing/release"):
        booted = host.boot(f"http://127.0.0.1:{port}")

    assert booted.returncode == 1
    phase, state, said = host.said()
    assert (phase, state) == ("release", "failed")
    assert error in said
    assert list(host.releases.iterdir()) == []
    assert set(door.written) == {BOOT}


def test_packages_that_cannot_be_had_are_named(host):
    host.provide("apt-get", 'if [[ " $* " == *" install "* ]]; then echo "E: no such host" >&2; exit 100; fi')

    booted = host.boot()

    assert booted.returncode == 1
    assert host.said() == ("packages", "failed", "The package python3-boto3 could not be installed: E: no such host")


def test_a_command_that_never_answers_is_given_up_and_said_to_be(host):
    host.provide("apt-get", "exec sleep 60")
    host.script = host.script.replace("within 11 ", "within 1 ")

    booted = host.boot()

    assert booted.returncode == 1
    assert host.said() == ("packages", "failed", "The package lists could not be fetched: no answer in time.")


def test_shellcheck_finds_nothing_in_what_is_rendered(user_data, tmp_path):
    script = tmp_path / "user-data.sh"
    script.write_text(user_data)

    told = subprocess.run(["shellcheck", script], capture_output=True, text=True, check=False)

    assert told.stdout == ""


def test_only_names_are_in_it_and_it_stays_small(user_data, planned):
    assert len(user_data.encode()) < 12_000
    for value in ("https://example.org", "operations@example.org", "vol-", planned.given["image_id"], "0.1.0-"):
        assert value not in user_data
