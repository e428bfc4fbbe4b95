"""The queue at a terminal: what is there, why something was given up, and another chance for it."""

import re

import pytest
from tests.workbench import workbench_at

from pretamane.cli import main
from pretamane.core.clock import SystemClock
from pretamane.core.jobs import Tries

UNKNOWN = "0199f3a2-7c51-7d4e-9d0c-5a6b1c2d3e4f"


@pytest.fixture
def bench(database_address, monkeypatch):
    monkeypatch.setenv("PRETAMANE_DATABASE_URL", database_address)
    with workbench_at(database_address, SystemClock()) as bench:
        yield bench


def fail(_run):
    raise ValueError("the post office is closed")


def bury(bench, **how):
    job = bench.queue(**how)
    bench.run_due(fail, Tries(attempts=1))
    return job


def say(capsys, *arguments):
    code = main(["jobs", *arguments])
    told = capsys.readouterr()
    return code, re.sub(" {2,}", " | ", told.out), told.err


def test_list_shows_what_waits_and_how_many_there_are_of_each(bench, capsys):
    dead, waiting = bury(bench), bench.queue("other")

    code, out, _ = say(capsys, "list")

    assert code == 0
    assert f"{waiting} | other | due | 0 | " in out
    assert str(dead) not in out
    assert "1 due, 0 running, 0 delayed, 1 dead" in out


def test_dead_shows_what_was_given_up_and_why(bench, capsys):
    dead, waiting = bury(bench), bench.queue("other")

    code, out, _ = say(capsys, "dead")

    assert code == 0
    assert f"{dead} | note | dead | 1 | " in out
    assert "ValueError: the post office is closed" in out
    assert str(waiting) not in out


def test_show_tells_all_about_one(bench, capsys):
    job = bury(bench, words="hello", unique="key")

    code, out, _ = say(capsys, "show", str(job))

    assert code == 0
    for told in ("arguments | words=hello", "state | dead", "key | key", "closed"):
        assert told in out


def test_retry_gives_those_that_are_named_another_chance(bench, capsys):
    first, second = bury(bench), bury(bench)

    said = say(capsys, "retry", str(first))

    assert said == (0, "Queued again: 1.\n", "")
    assert bench.ask("SELECT id FROM jobs WHERE died_at IS NOT NULL") == [second]


def test_retry_all_gives_every_one_another_chance(bench, capsys):
    bury(bench)
    bury(bench)

    said = say(capsys, "retry", "--all")

    assert said == (0, "Queued again: 2.\n", "")
    assert bench.ask("SELECT count(*) FROM jobs WHERE died_at IS NOT NULL") == [0]


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("show", f"There is no job {UNKNOWN}; one that is done is gone.\n"),
        ("retry", f"There is no dead job {UNKNOWN}.\n"),
    ],
)
def test_an_id_that_no_job_has_is_a_sentence(bench, capsys, command, sentence):
    bench.queue()

    assert say(capsys, command, UNKNOWN) == (2, "", sentence)


def test_of_several_ids_with_a_wrong_one_none_is_retried(bench, capsys):
    dead = bury(bench)

    code, _, _ = say(capsys, "retry", str(dead), UNKNOWN)

    assert code == 2
    assert bench.ask("SELECT id FROM jobs WHERE died_at IS NOT NULL") == [dead]
