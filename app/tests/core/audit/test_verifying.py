"""Whoever owns the database can change anything in it; that it was changed is found, and named."""

import re
from pathlib import Path

import pytest
from sqlalchemy import event

from pretamane.core.audit import verifying

ENTRIES = 9
CHANGE = "UPDATE audit_entries SET {} WHERE id = :entry"


@pytest.fixture
def sealed(house):
    house.act_and_seal(ENTRIES)
    assert house.faults() == []
    return house


def test_a_chain_that_nobody_touched_is_whole_and_says_from_when_to_when(sealed):
    verification, faults = sealed.verify()

    assert faults == []
    assert verification.links == ENTRIES
    assert (verification.first, verification.last) == ("2026-03-02 09:00:01 UTC", "2026-03-02 09:00:09 UTC")


@pytest.mark.parametrize(
    ("number", "change"),
    [
        (1, "actor = 'somebody else'"),
        (ENTRIES, "actor = 'somebody else'"),
        (5, "made_at = made_at - interval '1 microsecond'"),
        (5, "made_at = 'infinity'"),
        (5, "act = 'contact.merged'"),
        (5, "subject = id"),
        (5, 'details = details || \'{"fields": ["name"]}\''),
        (5, "account_id = id"),
        (5, "key_id = id"),
        (5, "request_id = ''"),
    ],
)
def test_a_changed_entry_is_named(sealed, number, change):
    entry = sealed.entry(number)
    sealed.tamper(CHANGE.format(change), entry=entry)

    assert sealed.faults() == [f"Entry {entry}, sealed as number {number}, was changed since, or its seal was."]


@pytest.mark.parametrize("number", [1, 5, ENTRIES])
def test_a_removed_entry_is_named(sealed, number):
    entry = sealed.entry(number)
    sealed.tamper("DELETE FROM audit_entries WHERE id = :entry", entry=entry)

    assert sealed.faults() == [f"Entry {entry}, sealed as number {number}, is gone."]


def test_a_removed_seal_is_named_and_so_is_the_entry_that_it_leaves(sealed):
    entry = sealed.entry(5)
    sealed.tamper("DELETE FROM audit_seals WHERE number = 5")
    sealed.clock.move(120)

    assert sealed.faults() == [
        "Seal 5 is missing.",
        f"Entry {entry}, made at 2026-03-02 09:00:05 UTC, has no seal.",
    ]


def test_an_entry_removed_with_its_seal_is_missed(sealed):
    sealed.tamper("DELETE FROM audit_entries WHERE id IN (SELECT entry_id FROM audit_seals WHERE number < 4)")
    sealed.tamper("DELETE FROM audit_seals WHERE number < 4")

    assert sealed.faults() == ["Seals 1 to 3 are missing."]


def test_a_gap_that_was_closed_by_new_numbers_does_not_fit(sealed):
    sealed.tamper("DELETE FROM audit_entries WHERE id = (SELECT entry_id FROM audit_seals WHERE number = 4)")
    sealed.tamper("DELETE FROM audit_seals WHERE number = 4")
    for number in range(5, ENTRIES + 1):
        sealed.tamper("UPDATE audit_seals SET number = number - 1 WHERE number = :number", number=number)

    faults = "\n".join(sealed.faults())
    assert f"The end was cut off: Seal {ENTRIES} is missing." in faults
    assert all(f"Entry {sealed.entry(number)}, " in faults for number in range(4, ENTRIES))


def test_a_changed_seal_is_named_and_the_one_after_it_is_not_blamed(sealed):
    sealed.tamper("UPDATE audit_seals SET hash = sha256(hash) WHERE number = 5")

    assert sealed.faults() == [f"Entry {sealed.entry(5)}, sealed as number 5, was changed since, or its seal was."]


def test_two_entries_in_each_others_place_are_named(sealed):
    third, sixth = sealed.entry(3), sealed.entry(6)
    sealed.tamper("UPDATE audit_seals SET entry_id = gen_random_uuid() WHERE number = 3")
    sealed.tamper("UPDATE audit_seals SET entry_id = :third WHERE number = 6", third=third)
    sealed.tamper("UPDATE audit_seals SET entry_id = :sixth WHERE number = 3", sixth=sixth)

    assert sealed.faults() == [
        f"Seal 3 names entry {sixth} and was made for {third}: the order was changed.",
        f"Seal 6 names entry {third} and was made for {sixth}: the order was changed.",
    ]


def test_two_seals_in_each_others_place_are_named(sealed):
    third, fourth = sealed.entry(3), sealed.entry(4)
    sealed.tamper("UPDATE audit_seals SET number = -number WHERE number IN (3, 4)")
    sealed.tamper("UPDATE audit_seals SET number = 7 + number WHERE number < 0")

    assert sealed.faults() == [
        f"Entry {fourth}, which has seal 3, was sealed as number 4: the order was changed.",
        f"Entry {third}, which has seal 4, was sealed as number 3: the order was changed.",
        f"Entry {sealed.entry(5)}, which has seal 5, followed another one: the order was changed.",
    ]


def test_a_cut_end_is_found_by_what_was_written_down_outside(sealed):
    sealed.tamper("DELETE FROM audit_entries WHERE id IN (SELECT entry_id FROM audit_seals WHERE number > 6)")
    sealed.tamper("DELETE FROM audit_seals WHERE number > 6")

    assert sealed.faults() == ["The end was cut off: Seals 7 to 9 are missing."]


def test_a_chain_of_which_nothing_is_left_is_found(sealed):
    sealed.tamper("TRUNCATE audit_entries, audit_seals")

    assert sealed.faults() == [f"The end was cut off: Seals 1 to {ENTRIES} are missing."]


def test_a_chain_made_anew_from_other_entries_is_found(sealed):
    sealed.tamper("TRUNCATE audit_seals")
    sealed.tamper("UPDATE audit_entries SET actor = 'somebody else'")
    sealed.seal()

    assert sealed.faults() == [f"Seal {ENTRIES} is not the one that was written down outside the database."]


def test_what_was_written_down_outside_must_be_there(sealed):
    sealed.newest.path.unlink()

    [fault] = sealed.faults()
    assert fault.startswith("No seal was written down outside the database")
    assert str(sealed.newest.path) in fault


@pytest.mark.parametrize("content", ["", "9\n", "9 abc\n", "-1 " + "0" * 64 + "\n", "é"])
def test_what_was_written_down_outside_must_be_readable(sealed, content):
    sealed.newest.path.write_text(content, encoding="utf-8")

    [fault] = sealed.faults()
    assert fault.startswith("The newest seal outside the database cannot be read: ")


def test_entries_without_a_seal_are_named_once_they_are_older_than_a_minute(sealed):
    sealed.act(2)
    at_once = sealed.faults()
    sealed.clock.move(61)
    later = sealed.faults()

    assert at_once == []
    assert [re.sub("[0-9a-f-]{36}", "…", fault) for fault in later] == [
        "Entry …, made at 2026-03-02 09:00:10 UTC, has no seal.",
        "Entry …, made at 2026-03-02 09:00:11 UTC, has no seal.",
    ]


def test_of_many_entries_without_a_seal_some_are_named_and_the_rest_counted(house, monkeypatch):
    monkeypatch.setattr(verifying, "UNSEALED_NAMED", 3)
    house.act(10)
    house.clock.move(61)

    faults = house.faults()
    assert len(faults) == 4
    assert faults[-1] == "And 7 more entries have no seal."


def test_every_one_of_very_many_changed_entries_is_named(house):
    house.act_and_seal(100)
    house.tamper("UPDATE audit_entries SET actor = 'somebody else'")

    assert len(house.faults()) == 100


def test_a_long_chain_is_read_a_part_at_a_time(house, monkeypatch):
    monkeypatch.setattr(verifying, "_ROWS", 10)
    house.act_and_seal(35)
    cursors = []
    event.listen(house.app, "after_cursor_execute", lambda *given: cursors.append(given[1].name))

    verification, _ = house.verify()

    assert verification.links == 35
    assert [name for name in cursors if name]  # psycopg2 gives names to the server's cursors alone


@pytest.mark.parametrize(
    ("tampering", "code", "told"),
    [
        (None, 0, "Looked at 9 sealed entries, from 2026-"),
        ("UPDATE audit_entries SET actor = 'somebody else'", 1, ": 9 faults."),
    ],
)
def test_the_command_says_what_it_found_and_its_exit_code_too(
    house, monkeypatch, capsys, tmp_path: Path, tampering, code, told
):
    from pretamane.cli import main

    monkeypatch.setenv("PRETAMANE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PRETAMANE_DATABASE_URL", house.app.url.render_as_string(hide_password=False))
    house.act_and_seal(ENTRIES)
    if tampering:
        house.tamper(tampering)

    ended = main(["audit", "verify"])

    lines = capsys.readouterr().out.splitlines()
    assert (ended, len(lines)) == (code, 1 + code * ENTRIES)
    assert told in lines[-1]
