"""What can be told of app/Dockerfile without building it."""

import re
import shlex
from collections.abc import Iterator
from typing import Final

import pytest

from tests.compose.stack import ROOT

Step = tuple[str, str]
CODE: Final = ("app/pretamane", "app/migrations", "config/site", "app/healthy.py")


def steps() -> Iterator[Step]:
    """Each instruction with what it says, in order, as the builder joins its lines."""
    text = (ROOT / "app" / "Dockerfile").read_text()
    for line in re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", text)).splitlines():
        if line.strip():
            word, _, rest = line.partition(" ")
            yield word, rest.strip()


def stages() -> list[list[Step]]:
    found: list[list[Step]] = []
    for step in steps():
        if step[0] == "FROM":
            found.append([])
        if found:
            found[-1].append(step)
    return found


def last_of(word: str) -> str:
    return [rest for step, rest in stages()[-1] if step == word][-1]


def labels() -> dict[str, str]:
    told = [part.split("=", 1) for part in shlex.split(last_of("LABEL"))]
    return {name.removeprefix("org.opencontainers.image."): value for name, value in told}


def test_a_change_of_code_installs_no_package_again():
    *before, image = stages()

    assert [rest.split()[0] for stage in before for word, rest in stage if word == "COPY"] == ["app/requirements.lock"]
    assert [rest for word, rest in image if "pip " in rest or "apt-get" in rest] == []
    copied = [rest for word, rest in image if word == "COPY"]
    assert copied[0].startswith("--from=packages")
    assert {rest.split()[0] for rest in copied[1:]} >= set(CODE)
    assert copied[-1].startswith("app/pretamane ")


def test_only_packages_with_known_hashes_are_installed():
    installed = [rest for stage in stages() for word, rest in stage if "pip install" in rest]

    assert len(installed) == 1
    assert "--require-hashes" in installed[0]
    assert "--only-binary :all:" in installed[0]


def test_it_runs_as_a_number_that_is_not_root():
    """By number, so that nobody needs its password file to know that it is not root."""
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", last_of("USER"))


def test_its_health_is_asked_in_python_and_without_a_shell():
    assert re.search(r'CMD \["python3", "-I", "/srv/pretamane/healthy\.py"', last_of("HEALTHCHECK"))
    assert (ROOT / "app" / "healthy.py").is_file()


def test_it_is_for_both_processors():
    assert not any("--platform" in rest or "amd64" in rest or "x86_64" in rest for _word, rest in steps())


def test_the_labels_say_what_it_is_and_of_which_version_and_revision():
    told = labels()

    assert told.keys() >= {"title", "description", "licenses", "version", "revision"}
    assert (told["version"], told["revision"]) == ("${VERSION}", "${REVISION}")
    assert told["licenses"] in (ROOT / "app" / "pyproject.toml").read_text()


def test_another_revision_makes_no_layer_anew_but_the_labels():
    words = [word for word, rest in stages()[-1]]
    named = [number for number, (word, rest) in enumerate(stages()[-1]) if word == "ARG"]

    assert [rest.split("=")[0] for word, rest in stages()[-1] if word == "ARG"] == ["VERSION", "REVISION"]
    assert words[min(named) :] == ["ARG", "ARG", "LABEL"]


@pytest.mark.parametrize("name", ["app-blue", "app-green", "worker", "migrate", "backup", "store-access"])
def test_whoever_builds_it_is_told_both(stack, name):
    assert stack["services"][name]["build"]["args"].keys() >= {"PYTHON_IMAGE", "VERSION", "REVISION"}
