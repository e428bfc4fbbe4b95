import secrets
import shutil
import string
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A working tree with our baseline and one harmless file."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    shutil.copy(ROOT / ".secrets.baseline", tmp_path)
    (tmp_path / "harmless.py").write_text("greeting = 'good morning'\n")
    return tmp_path


def scan(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [sys.executable, ROOT / "scripts" / "secret-scan", folder, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def made_up_key() -> str:
    """Of the shape that AWS gives its keys, and new at each run, so that the tree never holds one."""
    return "AKIA" + "".join(secrets.choice(string.ascii_uppercase) for _ in range(16))


def test_the_tree_holds_no_secret_that_the_baseline_does_not_know():
    found = scan(ROOT)

    assert found.stderr == ""
    assert found.returncode == 0


@pytest.mark.parametrize("name", ["settings.py", "compose.yml", "notes.md", "deploy"])
def test_a_planted_secret_fails_the_scan_and_is_named_without_being_shown(tree, name):
    key = made_up_key()
    (tree / name).write_text(f"# one\nkey = '{key}'\n")

    found = scan(tree)

    assert found.returncode == 1
    assert found.stderr.startswith(f"{name}:2: AWS Access Key\n")
    assert key not in found.stdout + found.stderr


def test_a_tree_without_one_passes(tree):
    assert scan(tree).returncode == 0


def test_what_the_baseline_knows_may_move_within_its_file(tree):
    line = f"key = '{made_up_key()}'\n"
    (tree / "known.py").write_text(line)
    scan(tree, "--accept")
    (tree / "known.py").write_text(f"# a line above it\n{line}")

    assert scan(tree).returncode == 0


def test_what_the_baseline_knows_hides_nothing_beside_it(tree):
    (tree / "known.py").write_text(f"key = '{made_up_key()}'\n")
    scan(tree, "--accept")
    with (tree / "known.py").open("a") as known:
        known.write(f"other = '{made_up_key()}'\n")

    found = scan(tree)

    assert found.returncode == 1
    assert "known.py:2: " in found.stderr
    assert "known.py:1: " not in found.stderr


def test_an_ignored_file_is_not_scanned_because_no_commit_carries_it(tree):
    (tree / ".gitignore").write_text(".env\n")
    (tree / ".env").write_text(f"KEY={made_up_key()}\n")

    assert scan(tree).returncode == 0


@pytest.mark.parametrize(
    "name",
    [
        ".env",
        ".env.production",
        "config/tls.key",
        "server.pem",
        "id_ed25519",
        "var/signing-key",
        "aws-credentials.json",
    ],
)
def test_git_is_never_offered_a_file_of_secrets(name):
    ignored = subprocess.run(["git", "check-ignore", "--quiet", name], cwd=ROOT, check=False)

    assert ignored.returncode == 0
