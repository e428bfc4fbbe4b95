"""secrets.sh ssm: the same files from Parameter Store, whoever asks, and nothing changed where it does not answer."""

import http.client
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.components import built
from tests.scripts.parameter_store import PATH, REFUSALS, Fault, Front, ask, before, give, kept
from tests.terraform.conftest import empty_aws
from tests.terraform.root import environment

SCRIPT = Path(__file__).parents[2] / "scripts" / "secrets.sh"
FAULTS = ["denied", "throttled", "broken", "garbled", "empty", "silent"]
GENERATED = 11
MAIL_URL = "smtps://practice:sentinel-of-the-mail@mail.example.org:465"  # pragma: allowlist secret: invented

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for the files belong to the containers' user")


class Host:
    """One machine with its folder of secrets, and the programs that it has."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self._address = folder / "secrets", address
        self.programs, self.said = folder / "programs", folder / "said"
        self.programs.mkdir(parents=True)
        self.program("python3", f'exec {sys.executable} "$@"')
        # What the script asks of Docker is Caddy's own hash of what comes through the pipe.
        self.program("docker", f"exec {built('caddy')} hash-password --bcrypt-cost 4")

    def program(self, name: str, body: str) -> None:
        file = self.programs / name
        file.unlink(missing_ok=True)
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        own = {"PATH": f"{self.programs}:{os.environ['PATH']}", "SECRETS_DIR": str(self.folder)}
        asking = {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_MAX_ATTEMPTS": "1"}
        told = environment(self._address) | own | asking
        return subprocess.run([SCRIPT, *arguments], env=told, capture_output=True, text=True, check=False)

    def ssm(self) -> subprocess.CompletedProcess[str]:
        told = self.run("ssm", PATH)
        assert told.returncode == 0, told.stderr
        return told

    def secrets(self) -> dict[str, str]:
        return {file.name: file.read_text() for file in self.folder.iterdir()} if self.folder.exists() else {}


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with empty_aws() as address:
        yield address


@pytest.fixture
def store(moto: str) -> Iterator[Front]:
    with before(moto) as front:
        yield front
    forget(moto)


def forget(moto: str) -> None:
    line = http.client.HTTPConnection(urlsplit(moto).netloc)
    line.request("POST", "/moto-api/reset")
    assert line.getresponse().status == 200


@pytest.fixture
def host(tmp_path: Path, store: Front) -> Host:
    return Host(tmp_path, store.address)


def test_the_first_run_makes_each_and_parameter_store_has_it(host, store):
    host.ssm()

    files, there = host.secrets(), kept(store.behind)
    assert len(there) == GENERATED
    assert {name: files[name.lower()].strip() for name in there} == there
    assert there["DATABASE_APP_PASSWORD"] in files["database_url"]
    assert (files["mail_url"], files["tunnel_token"]) == ("log:\n", "none\n")
    assert {file.stat().st_mode & 0o777 for file in host.folder.iterdir()} == {0o600}
    assert {file.stat().st_uid for file in host.folder.iterdir()} == {10001}


def test_the_second_run_changes_nothing(host, store):
    host.ssm()
    first, added = host.secrets(), len(store.added())
    told = host.ssm()

    assert host.secrets() == first
    assert len(store.added()) == added == GENERATED
    assert "none was touched" in told.stderr
    assert told.stdout == ""


def test_two_hosts_at_once_have_the_same(tmp_path, store):
    hosts = [Host(tmp_path / name, store.address) for name in ("one", "other")]
    # Neither adds before both have found that there is nothing.
    store.meeting = threading.Barrier(2)
    with ThreadPoolExecutor() as together:
        list(together.map(Host.ssm, hosts))

    one, other = (host.secrets() for host in hosts)
    hashes = {one.pop("consoles_password_hash"), other.pop("consoles_password_hash")}
    assert one == other
    assert len(hashes) == 2
    assert len(store.added()) == 2 * GENERATED


def test_of_two_the_slower_has_the_value_of_the_faster_and_all_that_is_made_of_it(host, store):
    store.rival = "somebody-elses-0123456789"
    host.ssm()

    files, there = host.secrets(), kept(store.behind)
    assert set(there.values()) == {store.rival}
    assert {files[name.lower()] for name in there} == {f"{store.rival}\n"}
    assert f":{store.rival}@" in files["database_url"]


def test_what_data_here_depends_on_becomes_the_truth_and_is_not_replaced(host, store):
    assert host.run("local").returncode == 0
    before_that = host.secrets()
    host.ssm()

    assert host.secrets() == before_that
    assert kept(store.behind)["SIGNING_KEY"] == before_that["signing_key"].strip()


def test_what_people_gave_is_copied_and_what_they_took_away_is_gone(host, store):
    give(store.behind, "settings/MAIL_URL", MAIL_URL)
    give(store.behind, "settings/TUNNEL_TOKEN", "a-token-of-the-tunnel")
    give(store.behind, "settings/MODEL_KEY", "a-key-of-the-model")
    host.ssm()
    with_all = host.secrets()
    for name in ("MAIL_URL", "MODEL_KEY"):
        ask(store.behind).delete_parameter(Name=f"{PATH}/settings/{name}")
    host.ssm()

    assert with_all["mail_url"] == f"{MAIL_URL}\n"
    assert with_all["model_key"] == "a-key-of-the-model\n"
    assert host.secrets()["tunnel_token"] == "a-token-of-the-tunnel\n"
    assert host.secrets()["mail_url"] == "log:\n"
    assert "model_key" not in host.secrets()


def test_a_changed_parameter_comes_with_all_that_is_made_of_it(host, store):
    host.ssm()
    first = host.secrets()
    give(store.behind, "generated/DATABASE_APP_PASSWORD", "0123456789abcdef-another")
    give(store.behind, "generated/CONSOLES_PASSWORD", "fedcba9876543210-another")
    told = host.ssm()

    changed = {name for name, value in host.secrets().items() if value != first[name]}
    expected = {"database_app_password", "database_url", "consoles_password", "consoles_password_hash"}
    assert changed == expected
    assert "0123456789abcdef-another" in host.secrets()["database_url"]
    assert set(told.stdout.split()) == expected


@pytest.mark.parametrize(("kind", "had_some"), [*((kind, True) for kind in FAULTS), ("denied", False)])
def test_a_store_that_does_not_answer_changes_nothing_there_or_here(host, store, kind, had_some):
    if had_some:
        assert host.run("local").returncode == 0
    files = host.secrets()
    # The last that is read: all others were not found, and could have been added.
    store.fault = Fault(kind, "GetParameter", "SIGNING_KEY")
    told = host.run("ssm", PATH)

    assert told.returncode == 2
    assert store.added() == []
    assert kept(store.behind) == {}
    assert host.secrets() == files
    sentence, nothing = told.stderr.splitlines()
    assert sentence.startswith(("Parameter Store ", "What Parameter Store answers "))
    assert f"{PATH}/generated" in sentence
    assert REFUSALS.get(kind, ".") in sentence
    assert nothing == "No secret was changed, neither there nor here."


@pytest.mark.parametrize("kind", ["denied", "throttled", "garbled"])
def test_one_that_takes_nothing_leaves_the_folder_as_it_was(host, store, kind):
    assert host.run("local").returncode == 0
    files = host.secrets()
    store.fault = Fault(kind, "PutParameter", "SIGNING_KEY")
    told = host.run("ssm", PATH)

    assert told.returncode == 2
    assert host.secrets() == files


def test_a_value_that_would_break_an_address_is_refused(host, store):
    give(store.behind, "generated/DATABASE_APP_PASSWORD", "with@and/and a space")
    told = host.run("ssm", PATH)

    assert told.returncode == 2
    assert f"{PATH}/generated/DATABASE_APP_PASSWORD is no secret that the stack can use" in told.stderr
    assert "with@and" not in told.stderr
    assert (store.added(), host.secrets()) == ([], {})


def test_no_argument_of_any_program_and_nothing_that_is_said_has_a_secret(host, store):
    give(store.behind, "settings/MAIL_URL", MAIL_URL)
    arguments = host.folder.with_name("arguments")
    for name in (
        "bash",
        "cat",
        "chmod",
        "chown",
        "cmp",
        "env",
        "install",
        "mkdir",
        "mktemp",
        "mv",
        "openssl",
        "rm",
        "test",
    ):
        found = shutil.which(name)
        host.program(name, f'printf "%s\\n" "$0 $*" >>{arguments}\nexec {found} "$@"')
    host.program("python3", f'printf "%s\\n" "$0 $*" >>{arguments}\nexec {sys.executable} "$@"')
    first = host.ssm()
    give(store.behind, "generated/MINIO_APP_PASSWORD", "0123456789abcdef-another")
    second = host.ssm()

    seen = arguments.read_text() + first.stdout + first.stderr + second.stdout + second.stderr
    secret = {
        value.strip() for name, value in host.secrets().items() if name not in ("minio_root_user", "tunnel_token")
    }
    assert "install" in seen
    assert "parameter-store" in seen
    assert [value for value in secret if value in seen] == []


@pytest.mark.parametrize("path", [[], ["pretamane/testing"], ["/"]])
def test_without_a_path_it_says_what_is_missing(host, path):
    told = host.run("ssm", *path)

    assert (told.returncode, told.stderr) == (
        2,
        "Say where in Parameter Store: scripts/secrets.sh ssm /PROJECT/ENVIRONMENT\n",
    )
