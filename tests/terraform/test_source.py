"""What can be said of the files themselves."""

import re
import subprocess

import pytest

from tests.terraform.root import SOURCE, TERRAFORM, environment, initialise

README = SOURCE / "README.md"


def blocks(kind: str, file: str) -> dict[str, str]:
    found = re.findall(rf'^{kind} "(\w+)" \{{\n(.*?)^\}}', (SOURCE / file).read_text(), flags=re.DOTALL | re.MULTILINE)
    return dict(found)


VARIABLES, OUTPUTS = blocks("variable", "variables.tf"), blocks("output", "outputs.tf")


def run(*command: str, folder=SOURCE):
    arguments = [str(TERRAFORM), *command]
    return subprocess.run(arguments, cwd=folder, env=environment(), capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("copied")
def test_every_file_is_formatted():
    assert run("fmt", "-recursive", "-check").stdout == ""


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_says_what_it_is_and_refuses_what_it_cannot_be(name):
    told = VARIABLES[name]

    assert "description =" in told
    assert "type " in told
    assert "validation {" in told or re.search(r"type\s+= bool", told)


@pytest.mark.parametrize("name", VARIABLES)
def test_each_validation_has_a_case_that_it_refuses(name):
    cases = (SOURCE / "tests" / "validation.tftest.hcl").read_text()

    assert len(re.findall(rf"^    var\.{name},$", cases, flags=re.MULTILINE)) >= VARIABLES[name].count("validation {")


def test_the_readme_tells_of_every_variable_and_output():
    told = set(re.findall(r"^\| `(\w+)` \|", README.read_text(), flags=re.MULTILINE))

    assert told == {*VARIABLES, *OUTPUTS}


def test_no_other_provider_is_needed():
    told = (SOURCE / "versions.tf").read_text()

    assert re.findall(r'source\s+= "(.*)"', told) == ["hashicorp/aws"]


def test_nothing_is_generated_by_terraform_where_the_state_would_hold_it():
    told = "".join(path.read_text() for path in SOURCE.glob("*.tf"))

    assert not re.findall(r"random_|tls_private_key|aws_key_pair|ignore_changes\s*=\s*\[value\]", told)


@pytest.mark.parametrize("example", ["minimal", "own-network", "environments"])
def test_an_example_is_valid(copied, example):
    folder = copied(example) / "examples" / example
    initialise(folder, "-backend=false")

    told = run("validate", "-no-color", folder=folder)

    assert told.returncode == 0, told.stderr


def test_staging_and_production_have_states_of_their_own_behind_a_lock():
    backends = [path.read_text() for path in sorted((SOURCE / "examples" / "environments").glob("*/backend.hcl"))]
    keys = [re.findall(r'^key\s+= "(.*)"$', told, flags=re.MULTILINE) for told in backends]

    assert keys == [["pretamane/production/terraform.tfstate"], ["pretamane/staging/terraform.tfstate"]]
    assert all(re.search(r"^use_lockfile = true$", told, flags=re.MULTILINE) for told in backends)
