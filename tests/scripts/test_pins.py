"""Digests come from registries alone, are of the versions that images.env names, and go into a release."""

import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.compose.stack import compose_command
from tests.scripts.house import ROOT, House, real_compose

NAMED = re.compile(r"^([A-Z_]+_IMAGE)=(.*)$", re.MULTILINE)
# As `docker buildx imagetools inspect` asks them: of each image another, and always the same.
REGISTRIES = """
  "buildx imagetools inspect "*" --format {{.Manifest.Digest}}") echo "sha256:$(echo "$4" | sha256sum | head -c 64)" ;;
"""


@pytest.fixture(autouse=True)
def registries_answer(house: House) -> None:
    house.settings()
    house.docker(REGISTRIES)


def named(house: House) -> dict[str, str]:
    return dict(NAMED.findall((house.stack / "images.env").read_text()))


def pinned(house: House) -> dict[str, str]:
    return dict(NAMED.findall((house.stack / "images.pinned.env").read_text()))


def digest_of(image: str) -> str:
    return hashlib.sha256(f"{image}\n".encode()).hexdigest()


def rename(house: House, name: str, image: str) -> None:
    file = house.stack / "images.env"
    file.write_text(re.sub(rf"(?m)^{name}=.*$", f"{name}={image}", file.read_text()))


def test_every_image_gets_the_digest_that_its_registry_tells(house):
    told = house.script("pin-images.sh")

    assert told.returncode == 0, told.stderr
    assert len(named(house)) > 15
    assert pinned(house) == {name: f"{image}@sha256:{digest_of(image)}" for name, image in named(house).items()}


@pytest.mark.parametrize("answer", ["exit 1", "echo '<no value>'", "echo sha256:abc", "true"])
def test_where_one_registry_does_not_tell_nothing_is_changed(house, answer):
    house.script("pin-images.sh")
    before = house.files()
    house.docker(f'  "buildx imagetools inspect grafana/loki:"*) {answer} ;;\n{REGISTRIES}')

    told = house.script("pin-images.sh")

    assert told.returncode == 1
    assert told.stderr.startswith("No registry told the digest of grafana/loki:")
    assert house.files() == before


def test_compose_runs_by_the_digests(house):
    if compose_command() is None:
        pytest.skip("no Docker Compose")
    house.docker(f'{REGISTRIES}\n  compose*) shift; exec {real_compose()} "$@" ;;')
    house.script("pin-images.sh")

    told = house.script("compose", "config", "--images")

    assert f"{named(house)['LOKI_IMAGE']}@sha256:" in told.stdout


@pytest.mark.parametrize(
    "change",
    [
        lambda house: rename(house, "LOKI_IMAGE", "grafana/loki:3.7.9"),
        lambda house: rename(house, "LOKI_IMAGE", "grafana/loki:3.7.8\nONE_MORE_IMAGE=one/more:1.0"),
        lambda house: (house.stack / "images.pinned.env").write_text("LOKI_IMAGE=grafana/loki:3.7.8@sha256:made-up\n"),
    ],
)
def test_pins_of_other_versions_than_are_named_are_refused(house, change):
    house.script("pin-images.sh")
    assert house.script("compose", "ps").returncode == 0
    asked = house.asked()
    change(house)

    told = house.script("compose", "ps")

    assert told.returncode == 2
    assert "pins other versions than images.env names: scripts/pin-images.sh pins anew" in told.stderr
    assert house.asked() == asked


def checkout(house: House) -> Path:
    for name in ("app/Dockerfile", "app/pyproject.toml", "LICENSE", ".dockerignore", ".gitignore"):
        (house.root / name).parent.mkdir(exist_ok=True)
        shutil.copy2(ROOT / name, house.root / name)
    subprocess.run(["git", "init", "--quiet", house.root], check=True)
    subprocess.run(["git", "add", "."], cwd=house.root, check=True)
    return house.root


def packed(house: House, *arguments: str) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [sys.executable, house.root / "scripts" / "bundle", *arguments]
    return subprocess.run(command, env=house.environment(), capture_output=True, text=True, check=False)


def test_a_release_brings_the_pins_and_what_is_packed_without_asking_does_not(house):
    checkout(house)
    plain = Path(packed(house).stdout.strip())
    told = packed(house, "--pinned")
    release = Path(told.stdout.strip().splitlines()[-1])

    with tarfile.open(plain) as archive:
        assert "docker-compose/images.pinned.env" not in archive.getnames()
    with tarfile.open(release) as archive:
        pins = archive.extractfile("docker-compose/images.pinned.env")
        assert pins is not None
        assert pins.read() == (house.stack / "images.pinned.env").read_bytes()
    assert plain.name != release.name


def test_a_release_whose_images_cannot_be_pinned_is_not_packed(house):
    root = checkout(house)
    house.docker("  buildx*) exit 1 ;;")

    told = packed(house, "--pinned")

    assert told.returncode == 1
    assert told.stderr.endswith("The images could not be pinned, so nothing was packed.\n")
    assert not (root / "dist").exists()
