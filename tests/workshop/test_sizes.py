import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [sys.executable, ROOT / "scripts" / "check-sizes", folder]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def function_of(lines: int) -> str:
    return "def long():\n" + "    pass\n" * (lines - 1)


@pytest.mark.parametrize(("text", "passes"), [("x = 1\n" * 400, True), ("x = 1\n" * 401, False)])
def test_a_module_has_at_most_400_lines(tree, text, passes):
    (tree / "module.py").write_text(text)

    checked = check(tree)

    assert (checked.returncode == 0) is passes
    assert ("401 lines in a module" in checked.stderr) is not passes


@pytest.mark.parametrize(("text", "passes"), [(function_of(40), True), (function_of(41), False)])
def test_a_function_has_at_most_40_lines(tree, text, passes):
    (tree / "module.py").write_text(text)

    checked = check(tree)

    assert (checked.returncode == 0) is passes
    assert ("41 lines in long" in checked.stderr) is not passes


def test_nothing_in_the_tree_is_longer():
    assert check(ROOT).stderr == ""
