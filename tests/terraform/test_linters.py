"""What readers who know AWS object to in the root: checkov always, tflint where the machine has it."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.components import STANDINS
from tests.terraform.root import SOURCE, environment

SOURCES = {path.relative_to(SOURCE): path.read_text() for path in sorted(SOURCE.rglob("*.tf"))}
EXCEPTION = re.compile(r"^ *#checkov:skip=(\w+):?(.*)\n", flags=re.MULTILINE)
RESOURCE = re.compile(r'^resource "(\w+)" "(\w+)" \{\n(.*?)^\}', flags=re.DOTALL | re.MULTILINE)
NOBODY = "http://127.0.0.1:9"


class Finding(NamedTuple):
    file: str
    resource: str
    check: str


def linters_environment(home: Path) -> dict[str, str]:
    """Without a way out, keys of a service, or a configuration of the caller's."""
    kept = {name: value for name, value in environment().items() if not name.startswith(("BC_", "CKV_", "CHECKOV_"))}
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NOBODY)
    return kept | nowhere | {"HOME": str(home), "CKV_SKIP_PACKAGE_UPDATE_CHECK": "true"}


def explained() -> dict[Finding, str]:
    """Each exception that stands in a resource, with its reason."""
    return {
        Finding(str(file), f"{kind}.{name}", check): reason.strip()
        for file, text in SOURCES.items()
        for kind, name, body in RESOURCE.findall(text)
        for check, reason in EXCEPTION.findall(body)
    }


@pytest.fixture
def unexplained(tmp_path: Path) -> Path:
    """The root and its examples, with no exception in them."""
    for file, text in SOURCES.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(EXCEPTION.sub("", text))
    return tmp_path


@pytest.fixture
def checkov() -> str:
    build = subprocess.run([STANDINS / "checkov"], stdout=subprocess.PIPE, text=True, check=False)
    if build.returncode != 0:
        pytest.skip("no checkov: it could not be installed")
    return build.stdout.strip()


def test_checkov_finds_nothing_but_what_is_explained_where_it_stands(checkov, unexplained):
    command = [checkov, "--directory", ".", "--framework", "terraform", "--skip-download", "--output", "json"]
    told = subprocess.run(
        command, cwd=unexplained, env=linters_environment(unexplained), capture_output=True, text=True, check=False
    )

    answer = json.loads(told.stdout)
    found = {
        Finding(
            failed["file_path"].lstrip("/"), failed["resource"].removeprefix("module.pretamane."), failed["check_id"]
        )
        for failed in answer["results"]["failed_checks"]
    }
    assert answer["results"]["parsing_errors"] == []
    assert answer["summary"]["passed"] > 100
    assert found == explained().keys()


def test_every_exception_says_its_reason():
    written = sum(len(EXCEPTION.findall(text)) for text in SOURCES.values())

    assert len(explained()) == written > 0
    assert [finding for finding, reason in explained().items() if len(reason.split()) < 4] == []


def test_nothing_is_declared_that_nothing_uses(tmp_path):
    """tflint says the same and more, where there is one."""
    text = "".join(SOURCES[path] for path in SOURCES if path.parent == Path())
    declared = [f"var.{name}" for name in re.findall(r'^variable "(\w+)"', text, flags=re.MULTILINE)]
    declared += [f"data.{kind}.{name}" for kind, name in re.findall(r'^data "(\w+)" "(\w+)"', text, flags=re.MULTILINE)]
    for body in re.findall(r"^locals \{\n(.*?)^\}", text, flags=re.DOTALL | re.MULTILINE):
        declared += [f"local.{name}" for name in re.findall(r"^  (\w+) +=", body, flags=re.MULTILINE)]
    used = re.sub(r"^  validation \{\n.*?^  \}", "", text, flags=re.DOTALL | re.MULTILINE)

    assert [name for name in declared if not re.search(rf"\b{name}\b", used)] == []
    if tflint := shutil.which("tflint"):
        told = subprocess.run(
            [tflint, "--recursive", "--format=compact"],
            cwd=SOURCE,
            env=linters_environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stdout + told.stderr
