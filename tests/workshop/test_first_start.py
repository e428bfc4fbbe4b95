"""scripts/run and scripts/venv, on machines made up by putting programs of a test's own first on PATH."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INTERPRETERS = ("python3.13", "python3.12", "python3.11", "python3")
ABSENT = "exit 127"
WITHOUT_VENV = 'case "$2" in *ensurepip*) exit 1 ;; esac'
LINUX = {"uname": "echo Linux", "getconf": "echo glibc 2.36"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone in small: the real scripts, a package of two lines, a lock of one package."""
    tree = tmp_path / "a clone"
    shutil.copytree(ROOT / "scripts", tree / "scripts")
    package = tree / "app" / "pretamane"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "cli.py").write_text("import sys\n\n\ndef main():\n    print('asked for', *sys.argv[1:])\n")
    # The build back end and the command, as the real project declares them; nothing to depend on.
    declared = (ROOT / "app" / "pyproject.toml").read_text()
    declared = declared.partition("[project.optional-dependencies]")[0]
    declared = re.sub(r"^dependencies = \[.*?^\]\n", "", declared, flags=re.DOTALL | re.MULTILINE)
    (tree / "app" / "pyproject.toml").write_text(declared)
    lock = (ROOT / "app" / "requirements.lock").read_text()
    flit = re.search(r"^flit-core==.*?(?=^\S)", lock, flags=re.DOTALL | re.MULTILINE)
    assert flit
    (tree / "app" / "requirements.lock").write_text(flit.group())
    return tree


def start(clone: Path, programs: Mapping[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    on_path = clone.parent / "programs"
    on_path.mkdir(exist_ok=True)
    for name, script in programs.items():
        (on_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (on_path / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{on_path}:{os.environ['PATH']}"}
    environment.pop("PYTHON", None)
    if not set(INTERPRETERS) & set(programs):
        environment["PYTHON"] = sys.executable
    command: list[str | Path] = [clone / "scripts" / "run", *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


REFUSALS = {
    "no Python": ({**LINUX, **dict.fromkeys(INTERPRETERS, ABSENT)}, "needs Python 3.11, 3.12 or 3.13"),
    "no venv module": ({**LINUX, **dict.fromkeys(INTERPRETERS, WITHOUT_VENV)}, "has no venv module"),
    "musl": ({"uname": "echo Linux", "getconf": "exit 1"}, "musl"),
    "old glibc": ({"uname": "echo Linux", "getconf": "echo glibc 2.17"}, "needs glibc 2.27 or newer"),
    "glibc just too old": (
        {"uname": "echo Linux", "getconf": "echo glibc 2.26"},
        "needs glibc 2.27 or newer",
    ),
    "Git's bash on Windows": ({"uname": "echo MINGW64_NT-10.0-22631"}, "inside WSL"),
    "Cygwin": ({"uname": "echo CYGWIN_NT-10.0"}, "inside WSL"),
    "MSYS": ({"uname": "echo MSYS_NT-10.0"}, "inside WSL"),
    "another system": ({"uname": "echo FreeBSD"}, "runs on Linux and macOS"),
}


@pytest.mark.parametrize(("programs", "words"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_machine_that_cannot_run_it_is_told_so_in_one_sentence(clone, programs, words):
    run = start(clone, programs)

    assert run.returncode == 2
    assert words in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize("glibc", ["2.27", "2.28", "2.31", "2.36", "2.100"])
def test_every_newer_glibc_gets_past_that_check(clone, glibc):
    machine = {"uname": "echo Linux", "getconf": f"echo glibc {glibc}", **dict.fromkeys(INTERPRETERS, ABSENT)}

    run = start(clone, machine)

    assert "glibc" not in run.stderr


def test_an_older_interpreter_first_on_path_does_not_hide_a_right_one(clone):
    machine = {**LINUX, **dict.fromkeys(INTERPRETERS, ABSENT), "python3.11": f'exec "{sys.executable}" "$@"'}

    run = start(clone, machine, "--port", "8123")

    assert run.stdout == "asked for up --port 8123\n"


def test_the_packages_are_installed_once_and_again_when_the_lock_changes(clone):
    first = start(clone, LINUX)
    second = start(clone, LINUX)
    with (clone / "app" / "requirements.lock").open("a") as lock:
        lock.write("# another\n")
    third = start(clone, LINUX)

    assert [run.stdout for run in (first, second, third)] == ["asked for up\n"] * 3
    assert [len(run.stderr.splitlines()) for run in (first, second, third)] == [1, 0, 1]


def test_what_left_the_lock_leaves_the_environment(clone):
    start(clone, LINUX)
    packages = next((clone / ".venv").glob("lib/python3*/site-packages"))
    (packages / "left_behind.py").touch()
    with (clone / "app" / "requirements.lock").open("a") as lock:
        lock.write("# without it\n")

    run = start(clone, LINUX)

    assert run.stdout == "asked for up\n"
    assert not (packages / "left_behind.py").exists()


def test_an_interrupted_installation_is_repaired_by_the_next_start(clone):
    start(clone, LINUX)
    # As kill -9 leaves it: pip believes in a package that is not whole, and the last lines were not reached.
    (clone / ".venv" / ".installed-requirements.lock").unlink()
    shutil.rmtree(next((clone / ".venv").glob("lib/python3*/site-packages/flit_core")))

    run = start(clone, LINUX)

    assert run.stdout == "asked for up\n"
    assert next((clone / ".venv").glob("lib/python3*/site-packages/flit_core"))


def test_a_clone_that_was_moved_still_starts(clone):
    start(clone, LINUX)
    moved = clone.rename(clone.parent / "moved")

    run = start(moved, LINUX)

    assert (run.returncode, run.stdout) == (0, "asked for up\n")


def test_a_package_whose_hash_is_not_the_lock_s_is_not_installed(clone):
    lock = clone / "app" / "requirements.lock"
    lock.write_text(re.sub(r"sha256:\w{8}", "sha256:00000000", lock.read_text()))

    run = start(clone, LINUX)

    assert run.returncode == 1
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in run.stderr
    assert not list((clone / ".venv").glob(".installed-*"))
