import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECIPES = dict(re.findall(r"^(\w+): ; @(\S+)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


def scripts() -> list[Path]:
    return sorted(path for path in [*(ROOT / "scripts").iterdir(), ROOT / ".ci" / "run"] if path.is_file())


def test_the_makefile_has_the_commands_that_people_type():
    assert {"run", "test", "e2e", "lint", "bench", "lock"} <= RECIPES.keys()


@pytest.mark.parametrize("script", RECIPES.values())
def test_each_target_names_a_script_that_can_be_run(script):
    assert os.access(ROOT / script, os.X_OK)


@pytest.mark.parametrize("script", scripts(), ids=lambda path: path.name)
def test_a_script_begins_with_what_it_needs_and_leaves(script):
    head = script.read_text()[:1500]

    assert re.search(r"^(# )?Needs:? ", head, flags=re.MULTILINE)
    assert re.search(r"(^|# |\. )Leaves:? ", head, flags=re.MULTILINE)


@pytest.mark.parametrize("script", scripts(), ids=lambda path: path.name)
def test_a_bash_script_stops_at_its_first_error(script):
    text = script.read_text()

    assert not text.startswith("#!/usr/bin/env bash") or "\nset -euo pipefail\n" in text
