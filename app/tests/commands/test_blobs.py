"""The commands that look after the bytes of documents."""

import pytest

from pretamane.commands import blobs
from pretamane.core.errors import CannotStart
from pretamane.documents.stored import keys


@pytest.fixture
def run(run_with_the_house):
    return run_with_the_house(blobs, "blobs")


@pytest.fixture
def kept(store, as_staff):
    as_staff.put("/api/v1/documents?filename=a.pdf", content=b"%PDF-1.7")
    [blob] = store.kept()
    return blob.key


def test_where_all_is_there_it_says_so(run, kept):
    answer = run("verify")

    assert (answer.exit_code, answer.stdout) == (0, "0 missing, 0 damaged, 0 unnamed.\n")
    assert kept not in answer.stdout


@pytest.mark.parametrize("fate", ["missing", "damaged"])
def test_each_fault_is_a_line_and_the_exit_code_tells(run, kept, store, fate):
    if fate == "missing":
        store.remove(kept)
    else:
        (store.folder / kept).write_bytes(b"other")

    answer = run("verify")

    assert answer.exit_code == 1
    assert f"{fate} {kept}\n" in answer.stdout


def test_what_is_left_over_is_shown_and_then_removed(run, kept, store, clock, tmp_path):
    left_over = keys.new_key(b"\1" * 32, clock.now())
    (tmp_path / "file").write_bytes(b"left over")
    store.keep(left_over, tmp_path / "file")
    clock.move(keys.GRACE.total_seconds() + 1)
    shown, verified, removed = run("collect", "--dry-run"), run("verify"), run("collect")

    assert shown.stdout == f"unnamed {left_over}\nTo be removed: 1, with 9 bytes.\n"
    assert (verified.exit_code, f"unnamed {left_over}" in verified.stdout) == (0, True)
    assert removed.stdout == f"removed {left_over}\nRemoved: 1, with 9 bytes.\n"
    assert [blob.key for blob in store.kept()] == [kept]


@pytest.mark.parametrize("share", ["0", "101%", "some", "nan"])
def test_a_share_that_is_none_is_refused(run, share):
    answer = run("verify", "--sample", share)

    assert isinstance(answer.exception, CannotStart)
    assert "--sample 5%" in str(answer.exception)


@pytest.mark.parametrize("command", ["verify", "collect"])
def test_help_has_an_example(run, command):
    assert f"Example: pretamane blobs {command}" in run(command, "--help").stdout
