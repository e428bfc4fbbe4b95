"""`make bundle`: what a host gets, and what keeps it from being made."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "bundle"
FILES = {
    ".dockerignore": "*\n",
    "LICENSE": "Free.\n",
    "app/Dockerfile": "FROM scratch\n",
    "app/pyproject.toml": '[project]\nversion = "0.1.0"\n',
    "app/pretamane/main.py": "x = 1\n",
    "app/tests/test_main.py": "assert True\n",
    "config/site/index.html": "<p>\n",
    "docker-compose/compose.yml": "services: {}\n",
    "scripts/host-setup.sh": "#!/usr/bin/env bash\n",
}


@pytest.fixture
def checkout(tmp_path):
    return plant(tmp_path / "checkout")


def plant(folder: Path) -> Path:
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "scripts" / "host-setup.sh").chmod(0o755)
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    subprocess.run(["git", "add", "."], cwd=folder, check=True)
    return folder


def make(checkout: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), "--folder", str(checkout)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def made(checkout: Path) -> Path:
    told = make(checkout)
    assert told.returncode == 0, told.stderr
    return Path(told.stdout.splitlines()[-1])


def test_it_holds_what_git_tracks_and_a_host_needs(checkout):
    (checkout / "config" / ".env").write_text("SECRET=1\n")

    with tarfile.open(made(checkout)) as archive:
        members = {entry.name: entry.mode for entry in archive}

    assert members.keys() == (FILES.keys() | {"VERSION"}) - {"app/tests/test_main.py"}
    assert {name for name, mode in members.items() if mode == 0o755} == {"scripts/host-setup.sh"}


def test_the_same_content_is_the_same_bytes_wherever_and_whenever_it_is_packed(checkout, tmp_path):
    other = plant(tmp_path / "elsewhere")
    for path in other.rglob("*"):
        os.utime(path, (1, 1))
    (other / "LICENSE").chmod(0o600)

    assert made(checkout).read_bytes() == made(other).read_bytes()
    assert made(checkout).name == made(other).name


def test_other_content_is_another_version(checkout):
    before = made(checkout).name
    (checkout / "app" / "pretamane" / "main.py").write_text("x = 2\n")

    assert made(checkout).name != before


def test_the_checksum_beside_it_is_its_own(checkout):
    bundle = made(checkout)

    told = bundle.with_name(f"{bundle.name}.sha256").read_text()

    assert told == f"{hashlib.sha256(bundle.read_bytes()).hexdigest()}  {bundle.name}\n"


@pytest.mark.parametrize("part", ["docker-compose", "config", "scripts", "app"])
def test_a_part_that_is_missing_is_named_and_nothing_is_made(checkout, part):
    shutil.rmtree(checkout / part)

    told = make(checkout)

    assert told.returncode == 1
    assert told.stderr == f"There is no {part} here, which is a part of the bundle.\n"
    assert not (checkout / "dist").exists()


def test_a_host_without_its_setup_is_refused(checkout):
    (checkout / "scripts" / "deploy.sh").write_text("#!/usr/bin/env bash\n")
    subprocess.run(["git", "add", "scripts/deploy.sh"], cwd=checkout, check=True)
    subprocess.run(["git", "rm", "--quiet", "--cached", "scripts/host-setup.sh"], cwd=checkout, check=True)

    assert make(checkout).stderr == "Git tracks no scripts/host-setup.sh here, without which a host cannot start.\n"
