"""What backup-data.sh and restore-data.sh do themselves: the room, the modes, the number kept, the hashes, the list.

The database and the store are played by what answers as they do; tests/e2e has the real ones.
"""

import hashlib
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.scripts.house import House, real

LETTER = b"a letter"
GONE = b"a letter that was purged meanwhile"
RESERVE = 1 << 30


def row(content: bytes, purged: str = r"\N") -> str:
    digest = hashlib.sha256(content).hexdigest()
    return "\t".join(["1", f"key-{digest[:8]}", rf"\\x{digest}", str(len(content)), purged])


def dumped(*rows: str) -> str:
    return "\n".join(["COPY public.blobs (id, key, sha256, size, purged_at) FROM stdin;", *rows, r"\.", ""])


@pytest.fixture(autouse=True)
def a_stack_with_a_letter(house: House) -> None:
    house.settings()
    lies = house.root.parent / "store"
    lies.mkdir()
    (lies / "letter").write_bytes(LETTER)
    (lies.parent / "rows").write_text(dumped(row(LETTER), row(GONE, "2026-11-01 10:00:00+00")))
    answering(house)


def answering(house: House, first: str = "") -> None:
    here = house.root.parent
    house.docker(
        f"""{first}
  *"pg_dump "*) echo "the database" ;;
  *"pg_restore --data-only"*) cat >/dev/null; cat {here}/rows ;;
  *" backup save") cat >{here}/listed; tar --create --file - --directory {here}/store . ;;
"""
    )


def with_free(house: House, free: int) -> None:
    """On the disk of the backups."""
    house.program("df", f'case "$*" in *--output=avail*) echo Avail; echo {free} ;; *) exec {real("df")} "$@" ;; esac')


def backups(house: House) -> list[Path]:
    return sorted((house.stack / "backups").glob("pretamane-*.tar.gz"))


def test_a_backup_is_one_file_for_its_owner_alone_with_the_hash_of_everything_in_it(house, tmp_path):
    told = house.script("backup-data.sh")

    (backup,) = backups(house)
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines()[-1] == str(backup)
    assert backup.stat().st_mode & 0o777 == 0o600
    with tarfile.open(backup) as archive:
        archive.extractall(tmp_path / "out", filter="data")
    checked = subprocess.run(
        ["sha256sum", "--check", "SHA256SUMS"], cwd=tmp_path / "out", capture_output=True, check=False
    )
    assert checked.returncode == 0
    assert checked.stdout.count(b": OK") == 4
    assert (tmp_path / "out" / "database.dump").read_text() == "the database\n"
    assert (tmp_path / "out" / "blobs" / "letter").read_bytes() == LETTER


def test_the_bytes_are_asked_for_by_the_dumps_own_list_without_what_was_purged(house):
    house.script("backup-data.sh")

    digest = hashlib.sha256(LETTER).hexdigest()
    assert (house.root.parent / "listed").read_text() == f"key-{digest[:8]} {digest} {len(LETTER)}\n"


@pytest.mark.parametrize("lacking", [1 << 20, 1, 0])
def test_where_the_disk_has_no_room_none_is_made_and_what_is_missing_is_said(house, lacking):
    needed = 2 * (len("the database\n") + len(LETTER)) + RESERVE
    with_free(house, needed - lacking)

    told = house.script("backup-data.sh")

    assert (told.returncode, len(backups(house))) == ((2, 0) if lacking else (0, 1))
    if lacking:
        free = (needed - lacking) >> 20
        assert re.search(rf"A backup needs 1024 MiB in .*/backups, and {free} are free; it was not made\.", told.stderr)
        assert "BACKUPS_DIR" in told.stderr
        assert not any((house.stack / "backups").iterdir())
        assert [call for call in house.asked() if call.endswith("backup save")] == []


def made_before(house: House, number: int) -> list[str]:
    (house.stack / "backups").mkdir()
    names = [f"pretamane-202601{day:02}T000000Z.tar.gz" for day in range(1, number + 1)]
    for name in [*names, "moved-in-20250101T000000Z.tar.gz", "mine.txt"]:
        (house.stack / "backups" / name).touch()
    return names


@pytest.mark.parametrize(("asked", "kept"), [({}, 7), ({"BACKUPS_KEPT": 3}, 3)])
def test_the_last_seven_are_kept_and_nobody_elses_file_is_touched(house, asked, kept):
    before = made_before(house, 9)

    house.script("backup-data.sh", **asked)

    names = [file.name for file in backups(house)]
    assert names[:-1] == before[-(kept - 1) :]
    assert {"moved-in-20250101T000000Z.tar.gz", "mine.txt"} <= {
        file.name for file in (house.stack / "backups").iterdir()
    }


def test_one_that_fails_costs_none_that_is_there(house):
    before = made_before(house, 9)
    answering(house, '  *" backup save") cat >/dev/null; echo "the store does not answer" >&2; exit 1 ;;')

    told = house.script("backup-data.sh")

    assert told.returncode != 0
    assert "Documents' bytes could not be read: the store does not answer" in told.stderr
    assert [file.name for file in backups(house)] == before


def test_bytes_that_come_torn_fail_it_though_the_store_says_that_all_is_well(house):
    answering(house, '  *" backup save") cat >/dev/null; head -c 700 /dev/zero | tr "\\0" x ;;')

    told = house.script("backup-data.sh")

    assert told.returncode == 2
    assert "Documents' bytes could not be read" in told.stderr
    assert backups(house) == []


def test_what_one_that_was_killed_left_is_swept_away(house):
    left = house.stack / "backups" / ".making.abcdef"
    left.mkdir(parents=True)
    (left / "database.dump").write_text("half")

    assert house.script("backup-data.sh").returncode == 0
    assert not left.exists()


def test_a_document_whose_bytes_are_missing_and_were_not_purged_fails_it(house):
    store = house.root.parent / "store"
    save = f"cat >/dev/null; echo 'missing key-1' >&2; tar --create --file - --directory {store} .; exit 3"
    answering(house, f'  *" backup save") {save} ;;\n  *psql*) cat >/dev/null; echo 0 ;;')

    told = house.script("backup-data.sh")

    assert told.returncode == 2
    assert "The bytes of key-1 are missing from the store; the backup was not made." in told.stderr
    assert backups(house) == []


def changes(house: House) -> list[str]:
    return [call for call in house.asked() if re.search(r" (stop|up|load|psql)\b", call)]


def test_a_damaged_backup_is_refused_before_anything_is_stopped(house, tmp_path):
    house.script("backup-data.sh")
    (backup,) = backups(house)
    with tarfile.open(backup) as archive:
        archive.extractall(tmp_path / "out", filter="data")
    (tmp_path / "out" / "blobs" / "letter").write_bytes(b"another letter")
    shutil.make_archive(str(tmp_path / "damaged"), "gztar", tmp_path / "out")

    told = house.script("restore-data.sh", tmp_path / "damaged.tar.gz")

    assert told.returncode == 2
    assert "The backup is damaged; nothing was changed." in told.stderr
    assert changes(house) == []
    assert sorted(file.name for file in tmp_path.glob(".restoring*")) == []


def test_a_backup_of_a_newer_version_is_refused_before_anything_is_stopped(house):
    house.script("backup-data.sh")
    (backup,) = backups(house)
    file = house.stack / "images.env"
    file.write_text(file.read_text().replace("PRETAMANE_VERSION=0.1.0", "PRETAMANE_VERSION=0.0.9"))

    told = house.script("restore-data.sh", backup)

    assert told.returncode == 2
    assert "The backup is of version 0.1.0, and this stack is 0.0.9" in told.stderr
    assert changes(house) == []


def test_a_stack_with_data_is_not_restored_over_and_serves_again(house):
    house.script("backup-data.sh")
    (backup,) = backups(house)
    answering(house, "  *psql*) cat >/dev/null; echo 1 ;;")

    told = house.script("restore-data.sh", backup)

    assert told.returncode == 2
    assert "There is data in this stack already" in told.stderr
    assert [call.split(" backup ")[-1] for call in house.asked() if call.endswith(" load")] == []
    assert house.asked()[-1].endswith("up --detach --wait --wait-timeout 300 caddy app-blue worker")
