"""scripts/wait-for-boot.sh, as an operator runs it; AWS's command line is a few lines that ask moto."""

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.host.aws import parameters
from tests.terraform.root import SOURCE

SCRIPT = Path(__file__).parents[2] / "scripts" / "wait-for-boot.sh"
AWS = """#!{python}
import sys, boto3
words = dict(zip(sys.argv[3::2], sys.argv[4::2]))
assert sys.argv[1:3] == ["ssm", "get-parameter"] and words["--query"] == "Parameter.Value", sys.argv
client = boto3.client("ssm", region_name=words["--region"], endpoint_url="{endpoint}",
                      aws_access_key_id="invented", aws_secret_access_key="invented")
try:
    print(client.get_parameter(Name=words["--name"])["Parameter"]["Value"])
except client.exceptions.ParameterNotFound as fault:
    sys.exit(f"\\n{{fault}}")
"""


@pytest.fixture
def says(aws):
    """What a host of a path of its own says in Parameter Store."""
    client = parameters(aws)

    def say(name, value):
        client.put_parameter(Name=f"/p/e/status/{name}", Value=value, Type="String", Overwrite=True)

    yield say
    for name in ("boot", "address", "log"):
        client.delete_parameters(Names=[f"/p/e/status/{name}"])


def at(phase, state, error="", instance="i-1"):
    return json.dumps({"phase": phase, "state": state, "error": error, "at": "now", "instance": instance})


@pytest.fixture
def wait(aws, tmp_path):
    command = tmp_path / "aws"
    command.write_text(AWS.format(python=sys.executable, endpoint=aws))
    command.chmod(0o755)

    def run(*arguments, patience="30"):
        path = f"{tmp_path}:{os.environ['PATH']}"
        env = os.environ | {"PATH": path, "WAIT_PAUSE": "0.1", "WAIT_SECONDS": patience, "PYTHONWARNINGS": "ignore"}
        words = [SCRIPT, "eu-central-1", "/p/e", *arguments]
        return subprocess.run(words, env=env, capture_output=True, text=True, check=False)

    return run


def test_it_follows_the_phases_and_ends_with_the_address(says, wait):
    says("boot", at("packages", "working"))
    says("address", "https://example.org")
    later = threading.Timer(4, says, ("boot", at("verify", "ready")))
    later.start()

    told = wait()

    assert (told.returncode, told.stdout) == (0, "https://example.org\n")
    assert re.search(r"^0:\d\d  packages$", told.stderr, flags=re.MULTILINE)


def test_it_ends_with_the_phase_that_failed_and_its_log(says, wait):
    says("boot", at("data-volume", "failed", "It is not attached."))
    says("log", "The last words.")

    told = wait()

    assert told.returncode == 1
    assert told.stdout == "The host stopped at data-volume: It is not attached.\nThe last words.\n"


def test_what_an_instance_before_it_said_is_not_believed(says, wait):
    says("boot", at("verify", "ready", instance="i-before"))
    says("address", "https://example.org")

    told = wait("i-now", patience="3")

    assert told.returncode == 2
    assert "Not ready after" in told.stdout
    assert wait("i-before").returncode == 0


def test_the_log_of_an_instance_before_it_is_not_shown_as_its_own(says, wait):
    says("boot", at("release", "failed", "No way out.", instance="i-now"))
    says("log", "i-before\nThe last words.")

    told = wait("i-now")

    assert told.returncode == 1
    assert "The last words." not in told.stdout
    assert "get-console-output" in told.stdout
    says("log", "i-now\nThe last words.")
    assert "The last words." in wait("i-now").stdout


def test_a_host_that_says_nothing_yet_is_waited_for(wait):
    told = wait(patience="3")

    assert told.returncode == 2
    assert "waiting for the host to say something" in told.stderr


def test_the_output_of_terraform_names_it():
    assert (
        '"scripts/wait-for-boot.sh ${var.region} ${local.path} ${aws_instance.host.id}"'
        in (SOURCE / "outputs.tf").read_text()
    )
