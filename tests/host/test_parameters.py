"""scripts/host-parameters: what a host is told of its settings, before it boots anything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.host.aws import parameters
from tests.terraform.root import environment

SCRIPT = Path(__file__).parents[2] / "scripts" / "host-parameters"
FACTS = {
    "HOST_PARAMETERS": "/p/e",
    "HOST_DATA_ROOT": "/srv/pretamane",
    "HOST_BACKUP_BUCKET": "backups",
    "HOST_PUBLIC_EDGE": "false",
    "SECRETS_DIR": "/var/lib/pretamane/secrets",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "PYTHONWARNINGS": "ignore",
}
HIDDEN = "a-token-that-nobody-may-see"


@pytest.fixture
def settings(aws):
    """Puts these into Parameter Store, and asks the script for them."""
    client = parameters(aws)

    def ask(public_edge="false", secret=(), **given):
        named = {f"/p/e/settings/{name}": (value, "String") for name, value in given.items()}
        named |= {f"/p/e/settings/{name}": (HIDDEN, "SecureString") for name in secret}
        for name, (value, kind) in named.items():
            client.put_parameter(Name=name, Value=value, Type=kind)
        env = environment(aws) | FACTS | {"HOST_PUBLIC_EDGE": public_edge, "PATH": os.environ["PATH"]}
        command = [sys.executable, str(SCRIPT), "settings"]
        told = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        for name in named:
            client.delete_parameter(Name=name)
        return told

    return ask


def test_without_a_token_the_tunnel_is_quick_and_says_its_own_address(settings):
    told = settings()

    assert told.returncode == 0, told.stderr
    assert "COMPOSE_FILE=compose.yml:compose.quick.yml\n" in told.stdout
    assert "TUNNEL_NAMED" not in told.stdout


def test_with_one_it_is_named_and_the_token_is_not_asked_for(settings):
    told = settings(secret=["TUNNEL_TOKEN"], PUBLIC_URL="https://example.org")

    assert "TUNNEL_NAMED=yes\n" in told.stdout
    assert HIDDEN not in told.stdout + told.stderr
    assert "TUNNEL_TOKEN" not in told.stdout


def test_what_people_say_counts_more_than_what_follows_from_the_host(settings):
    told = settings(PUBLIC_URL="https://example.org", COMPOSE_PROFILES="tunnel,admin")

    assert "COMPOSE_PROFILES=tunnel,admin\n" in told.stdout
    assert "PUBLIC_URL=https://example.org\n" in told.stdout


@pytest.mark.parametrize("way", [{"secret": ["TUNNEL_TOKEN"]}, {"public_edge": "true"}])
def test_a_name_of_ones_own_has_to_be_said(settings, way):
    told = settings(**way)

    assert (told.returncode, told.stdout) == (1, "")
    assert "there is no PUBLIC_URL" in told.stderr


@pytest.mark.parametrize("value", ["a $HOME of ours", "it's", 'a "name"', "two\nlines", "this #that", "C:\\"])
def test_a_value_that_compose_would_read_as_more_is_refused_by_name(settings, value):
    told = settings(MAIL_FROM=value, PUBLIC_URL="https://example.org")

    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith("The setting MAIL_FROM holds ")


def test_a_secret_that_is_made_is_encrypted_by_the_key_that_was_given(aws, tmp_path):
    key = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000"
    (tmp_path / "signing_key").write_text("0123456789abcdef\n")
    command = [sys.executable, str(SCRIPT.with_name("parameter-store")), "/p/k", str(tmp_path)]
    env = environment(aws) | FACTS | {"HOST_KMS_KEY_ARN": key, "PATH": os.environ["PATH"]}

    told = subprocess.run(
        [*command, "--generated", "signing_key"], env=env, capture_output=True, text=True, check=False
    )

    (stored,) = parameters(aws).describe_parameters(
        Filters=[{"Key": "Name", "Values": ["/p/k/generated/SIGNING_KEY"]}]
    )["Parameters"]
    assert told.returncode == 0, told.stderr
    assert stored["KeyId"] == key
