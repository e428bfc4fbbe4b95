"""kill -9 in the middle of leaving and of arriving: the next run goes on, and nothing is lost or doubled."""

import os
import random
import time

import pytest
from tests.houses import House, contents, files_in, known_id

# By hand, with many more: MOVING_KILLS=60.
KILLS = int(os.environ.get("MOVING_KILLS", "2"))
LETTERS = 40


@pytest.fixture
def with_letters(lived_in) -> House:
    house: House = lived_in
    for number in range(LETTERS):
        house.file(f"letter {number}.txt", f"Letter {number}. ".encode() * 40_000, contact_id=known_id("ada"))
    return house


def timed(house, *arguments):
    began = time.monotonic()
    code, out, err = house.run(*arguments)
    assert code == 0, (out, err)
    return time.monotonic() - began


def killed_again_and_again(house, seconds, *arguments):
    """How often it was in the middle."""
    drawn = random.Random()  # noqa: S311  # other moments each time; the moment is not what fails
    return sum(house.run_and_kill(drawn.uniform(seconds * 0.1, seconds * 0.7), *arguments) for _ in range(KILLS))


def test_an_export_that_was_killed_goes_on_and_becomes_the_same(with_letters, tmp_path):
    seconds = timed(with_letters, "export", str(tmp_path / "in one go"))

    kills = killed_again_and_again(with_letters, seconds, "export", str(tmp_path / "killed"))
    timed(with_letters, "export", str(tmp_path / "killed"))

    assert kills
    assert contents(tmp_path / "killed") == contents(tmp_path / "in one go")
    assert files_in(tmp_path / "killed") == files_in(tmp_path / "in one go")
    timed(with_letters, "export", "--verify", str(tmp_path / "killed"))


def test_an_import_that_was_killed_goes_on_and_becomes_the_same(with_letters, new_house, tmp_path):
    timed(with_letters, "export", str(tmp_path / "out"))
    seconds = timed(new_house("in one go"), "import", str(tmp_path / "out"))
    other = new_house("killed")

    kills = killed_again_and_again(other, seconds, "import", str(tmp_path / "out"))
    timed(other, "import", str(tmp_path / "out"))
    timed(other, "export", str(tmp_path / "again"))

    assert kills
    assert (tmp_path / "again" / "practice.csv").read_text() == (tmp_path / "out" / "practice.csv").read_text()
    assert contents(tmp_path / "again") == contents(tmp_path / "out")
