"""The contracts in app/pyproject.toml: that they bite, and that they know every part there is."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "app"
NO_FEATURES = {"adapters", "web", "core", "desk", "commands", "wiring"}


def features() -> set[str]:
    packages = {path.parent.name for path in (APP / "pretamane").glob("*/__init__.py")}
    return {f"pretamane.{name}" for name in packages - NO_FEATURES}


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """The package's modules without what they say, so that a test can add the one import it is about."""
    for module in (APP / "pretamane").rglob("*.py"):
        empty = tmp_path / module.relative_to(APP)
        empty.parent.mkdir(parents=True, exist_ok=True)
        empty.touch()
    shutil.copy(APP / "pyproject.toml", tmp_path)
    return tmp_path


def check(tree: Path) -> subprocess.CompletedProcess[str]:
    checker = Path(sys.executable).with_name("lint-imports")
    command: list[str | Path] = [checker, "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


def test_modules_that_import_nothing_keep_every_contract(skeleton):
    assert check(skeleton).returncode == 0


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("core/errors.py", "pretamane.contacts"),
        ("core/errors.py", "pretamane.web"),
        ("ports.py", "pretamane.core.errors"),
        ("settings.py", "pretamane.core.errors"),
        ("web/__init__.py", "pretamane.practice"),
        ("practice/__init__.py", "pretamane.contacts"),
        ("contacts/__init__.py", "pretamane.insights"),
        ("insights/__init__.py", "pretamane.system"),
        ("contacts/__init__.py", "pretamane.adapters"),
        ("adapters/__init__.py", "pretamane.contacts"),
        ("documents/receiving/receiving.py", "pretamane.documents.reading"),
        ("documents/filing/filing.py", "pretamane.documents.retention"),
        ("documents/models.py", "pretamane.documents.queries"),
    ],
)
def test_an_import_against_the_order_breaks_a_contract(skeleton, module, imported):
    (skeleton / "pretamane" / module).write_text(f"import {imported}\n")

    checked = check(skeleton)

    assert checked.returncode == 1
    assert "BROKEN" in checked.stdout


def test_a_part_that_no_layer_names_breaks_a_contract(skeleton):
    (skeleton / "pretamane" / "helpers.py").touch()

    assert check(skeleton).returncode == 1


def test_every_feature_is_held_apart_from_the_adapters():
    contracts = tomllib.loads((APP / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    named = {contract["id"]: contract for contract in contracts}

    assert set(named["features-know-ports"]["source_modules"]) == features()
    assert set(named["adapters-know-ports"]["forbidden_modules"]) == features()
