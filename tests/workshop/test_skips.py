import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SKIPPING = """
import pytest

@pytest.mark.skip(reason="no Chromium")
def test_that_needs_a_browser():
    assert True

@pytest.mark.xfail(reason="known")
def test_that_is_expected_to_fail():
    assert False
"""

SKIPPING_WHOLE = "import pytest\npytest.skip('no Tesseract', allow_module_level=True)\n"


def run_pytest(folder: Path, tests: str, ci: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "conftest.py", folder)
    (folder / "test_planted.py").write_text(tests)
    (folder / "test_beside.py").write_text("def test_that_runs():\n    assert True\n")
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(folder)]
    environment = {**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("tests", "reason"), [(SKIPPING, "no Chromium"), (SKIPPING_WHOLE, "no Tesseract")])
def test_with_ci_a_skip_fails_the_run_and_names_its_reason(tmp_path, tests, reason):
    run = run_pytest(tmp_path, tests, ci="true")

    assert run.returncode != 0
    assert f"nothing may be skipped, and this was: {reason}" in run.stdout


def test_with_ci_an_expected_failure_is_no_skip(tmp_path):
    run = run_pytest(tmp_path, SKIPPING, ci="true")

    assert "1 passed, 1 xfailed, 1 error" in run.stdout


@pytest.mark.parametrize(("tests", "reason"), [(SKIPPING, "no Chromium"), (SKIPPING_WHOLE, "no Tesseract")])
def test_elsewhere_a_skip_is_counted_under_its_reason(tmp_path, tests, reason):
    run = run_pytest(tmp_path, tests, ci="")

    assert run.returncode == 0
    assert f"1 × {reason}" in run.stdout
