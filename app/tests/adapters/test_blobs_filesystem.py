"""What only a folder can promise, or lose."""

import os
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pretamane.adapters.blobs_filesystem import FileBlobs
from pretamane.core.errors import Unavailable

KEY = "ab/cd/letter"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var" / "blobs"


@pytest.fixture
def store(folder: Path) -> FileBlobs:
    return FileBlobs(folder)


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    file = tmp_path / "letter"
    file.write_bytes(b"letter" * 1_000_000)
    return file


@pytest.fixture
def without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """As between two file systems, and on one like FAT."""

    def refuse(_self: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted", target)

    monkeypatch.setattr(Path, "hardlink_to", refuse)


@contextmanager
def room_for(most_bytes: int) -> Iterator[None]:
    """No file may grow beyond it: to whoever writes, that is a disk with no room left."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_nobody_but_its_owner_comes_in_and_nobody_can_write(store, folder, letter):
    store.keep(KEY, letter)

    assert {oct(each.stat().st_mode & 0o777) for each in (folder, folder / "ab", folder / "ab" / "cd")} == {"0o700"}
    assert oct((folder / KEY).stat().st_mode & 0o777) == "0o400"


def test_on_one_file_system_bytes_are_written_once(store, folder, letter):
    store.keep(KEY, letter)

    assert (folder / KEY).samefile(letter)


@pytest.mark.usefixtures("without_links")
def test_a_copy_is_a_file_of_its_own_that_nobody_can_write(store, folder, letter):
    store.keep(KEY, letter)

    assert not (folder / KEY).samefile(letter)
    assert oct((folder / KEY).stat().st_mode & 0o777) == "0o400"
    assert [each for each in folder.rglob("*") if each.is_file()] == [folder / KEY]


@pytest.mark.usefixtures("without_links")
def test_without_room_nothing_is_kept_and_nothing_left(store, folder, letter):
    with pytest.raises(Unavailable) as refused, room_for(1_000_000):
        store.keep(KEY, letter)

    assert refused.value.code == "blobs-unavailable"
    assert [each for each in folder.rglob("*") if each.is_file()] == []
    store.keep(KEY, letter)
    assert store.size(KEY) == 6_000_000


def test_what_a_killed_keep_left_is_no_blob_and_goes_after_a_day(store, folder, letter):
    store.keep(KEY, letter)
    now = datetime.now(UTC)
    old, young = folder / ".copies" / "old", folder / ".copies" / "young"
    old.parent.mkdir()
    for copy, age in ((old, timedelta(hours=25)), (young, timedelta(hours=23))):
        copy.write_bytes(b"half")
        os.utime(copy, times=((now - age).timestamp(),) * 2)

    assert [each.key for each in store.kept()] == [KEY]
    assert store.sweep(now) == 1
    assert [each.name for each in old.parent.iterdir()] == ["young"]
    assert store.size(KEY) == 6_000_000


def test_to_sweep_where_nothing_was_ever_kept_does_nothing(store, folder):
    assert store.sweep(datetime.now(UTC)) == 0
    assert not folder.exists()


def test_files_that_others_put_into_the_folder_are_no_blobs(store, folder, letter):
    store.keep(KEY, letter)
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "Notes.txt").write_bytes(b"x")

    assert [each.key for each in store.kept()] == [KEY]


def test_a_folder_that_is_away_makes_nothing_seem_missing_and_may_come_back(store, folder, letter):
    store.keep(KEY, letter)
    folder.rename(folder.parent / "unplugged")

    for asking in (store.size, store.remove):
        with pytest.raises(Unavailable):
            asking(KEY)
    with pytest.raises(Unavailable), store.read(KEY):
        raise AssertionError("entered")

    (folder.parent / "unplugged").rename(folder)
    assert store.size(KEY) == 6_000_000


def test_a_file_in_the_place_of_the_folder_is_told_by_everything(store, folder, letter):
    folder.parent.mkdir()
    folder.write_text("a file where a folder belongs")

    with pytest.raises(Unavailable):
        store.keep(KEY, letter)
    with pytest.raises(Unavailable):
        list(store.kept())
    with pytest.raises(Unavailable) as down:
        store.probe()
    assert "is no folder that we may write to" in down.value.sentence


def test_to_ask_a_store_that_nothing_was_kept_in_makes_no_folder(store, folder):
    store.probe()

    assert list(store.kept()) == []
    assert not folder.parent.exists()


def test_it_prepares_by_making_its_folder(store, folder):
    assert store.prepare() == []

    assert oct(folder.stat().st_mode & 0o777) == "0o700"


def test_a_failure_of_the_readers_own_is_not_taken_for_the_stores(store, letter):
    store.keep(KEY, letter)

    with pytest.raises(BrokenPipeError), store.read(KEY):
        raise BrokenPipeError


def test_a_missing_source_is_the_callers_mistake_and_keeps_nothing(store, folder, letter):
    shutil.move(letter, letter.with_name("elsewhere"))

    with pytest.raises(FileNotFoundError):
        store.keep(KEY, letter)

    assert not folder.exists()
