"""An export: all of it, readable, proved by its manifest, and nobody's other files touched."""

import csv
import hashlib
import json
import shutil
import sqlite3
from contextlib import closing, contextmanager
from typing import Any

import pytest
from tests.documents import samples
from tests.houses import contents, files_in, known_id

from pretamane.system.leaving.export import Export
from pretamane.system.leaving.ledger import NAME, Ledger


def verified(house, folder):
    """Without the house: no database is where this command looks."""
    house.settings["PRETAMANE_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/nothing"
    code, out, _ = house.run("export", "--verify", str(folder))
    del house.settings["PRETAMANE_DATABASE_URL"]
    return code, out.splitlines()


def test_originals_have_readable_names_and_are_what_came(exported):
    originals = [path for path in files_in(exported) if "/" in path]

    assert originals == [
        "documents/Without contact/2024-05-06 Invoice 2026-031- three hours of advice, 12 March.pdf",
        "documents/Without contact/2026-03-12 The papers.eml",
        "documents/Zoë .--------- von Ümlaut lang lang lang lang lang lang la/2024-05-06 scan.png",
        "documents/ada (2)/2024-05-06 Another Ada’s.txt",
        "documents/ada/2024-05-01 Invoice- May - June- (2).pdf",
        "documents/ada/2024-05-01 invoice- may - june-.pdf",
        "documents/ada/2024-05-06 Just a few words (version 1).txt",
        "documents/ada/2024-05-06 Just a few words.pdf",
        "quarantine/Without contact/2024-05-06 offer.csv",
        "restricted/_CON/2026-03-02 _nul.docx",
        "trash/Without contact/2024-05-06 …-..-..-etc-passwd.txt",
    ]
    assert (exported / originals[7]).read_bytes() == samples.pdf()
    assert (exported / originals[6]).read_bytes() == b"Just a few words."


def test_the_manifest_lists_every_file_with_its_hash(exported):
    told = json.loads((exported / "manifest.json").read_text("utf-8"))

    assert sorted(file["path"] for file in told["files"]) == [
        path for path in files_in(exported) if path != "manifest.json"
    ]
    for file in told["files"]:
        content = (exported / file["path"]).read_bytes()
        assert (file["size"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    own = {file["path"] for file in contents(exported, "house")}
    assert own == {f"{name}.{end}" for name in ("audit", "readings") for end in ("csv", "json")}


def test_tables_hold_all_of_it_and_no_secret(exported, lived_in):
    read = {name: json.loads((exported / f"{name}.json").read_text("utf-8")) for name in ("documents", "contacts")}
    held = next(each for each in read["documents"] if each["title"] == "nul")
    rows = list(csv.DictReader((exported / "documents.csv").read_text("utf-8-sig").splitlines(keepends=True)))
    everything = "".join(path.read_text("utf-8") for path in exported.glob("*.*s*"))

    assert (held["is_restricted"], held["hold_reason"]) == (True, "A trial.")
    assert held["reader_ids"] == [str(known_id("Vera"))]
    assert (held["tag_names"], held["held_by"]) == (["2024"], str(known_id("Ada")))
    assert len(read["contacts"]) == 5
    assert [row["notes"] for row in rows if row["notes"]] == ["Paid.\n\n'=SUM(A1)"] * 2
    assert "Line\\nbreak “quoted” 😀" in (exported / "messages.json").read_text("utf-8")
    assert "a secret that stays here" not in everything
    assert (exported / "logo").read_bytes() == samples.picture("PNG")
    assert lived_in.ask("SELECT count(*) FROM audit_entries WHERE act = 'house.exported'") == [(1,)]


def test_a_second_export_copies_nothing_twice_and_takes_away_what_is_gone(exported, lived_in):
    inodes = {path: (exported / path).stat().st_ino for path in files_in(exported) if "/" in path}
    lived_in.do("UPDATE documents SET title = 'Renamed' WHERE id = :id", id=known_id("twin.pdf"))

    code, _, _ = lived_in.run("export", str(exported))
    now = {path: (exported / path).stat().st_ino for path in files_in(exported) if "/" in path}

    assert code == 0
    assert set(inodes) - set(now) == {
        "documents/ada/2024-05-01 invoice- may - june-.pdf",
        "documents/ada/2024-05-01 Invoice- May - June- (2).pdf",
    }
    assert {path for path in now if inodes.get(path) != now[path]} == {
        "documents/ada/2024-05-01 Renamed.pdf",
        "documents/ada/2024-05-01 Invoice- May - June-.pdf",
    }
    assert verified(lived_in, exported) == (0, ["All is there, and as it was written."])


def test_verify_tells_what_is_missing_damaged_or_extra(exported, lived_in):
    whole = verified(lived_in, exported)
    (exported / "contacts.csv").unlink()
    with (exported / "documents" / "Without contact" / "2026-03-12 The papers.eml").open("r+b") as file:
        file.write(b"X")
    (exported / "documents" / "mine.txt").write_text("mine")
    (exported / "logo").unlink()
    (exported / "logo").symlink_to(exported / "README.txt")

    assert whole == (0, ["All is there, and as it was written."])
    assert verified(lived_in, exported) == (
        1,
        [
            "missing contacts.csv",
            "damaged documents/Without contact/2026-03-12 The papers.eml",
            "extra documents/mine.txt",
            "damaged logo",
            "Faults: 4.",
        ],
    )


@pytest.mark.parametrize("change", ["cut", "unordered", "outside"])
def test_a_manifest_that_was_changed_is_a_sentence(exported, lived_in, change):
    lines = (exported / "manifest.json").read_text("utf-8").splitlines(keepends=True)
    if change == "cut":
        lines = lines[:5]
    elif change == "unordered":
        lines[1], lines[2] = lines[2], lines[1]
    else:
        lines[1] = lines[1].replace("README.txt", "../README.txt")
    (exported / "manifest.json").write_text("".join(lines), "utf-8")

    code, out, err = lived_in.run("export", "--verify", str(exported))

    assert code == 2
    assert "as it was written" in err or "in which it was written" in err
    assert "Traceback" not in err + out


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(lived_in, exported, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine")
    (exported / "documents" / "mine.txt").write_text("mine")

    first, second = lived_in.run("export", str(other)), lived_in.run("export", str(exported))

    assert (first[0], second[0]) == (2, 2)
    assert "is not empty and holds no export" in first[2]
    assert "holds something that is not of an export: documents/mine.txt" in second[2]
    assert files_in(other) == ["mine.txt"]
    assert (exported / "documents" / "mine.txt").read_text() == "mine"


def test_originals_that_are_missing_or_damaged_are_told_and_the_rest_is_there(lived_in, tmp_path):
    blobs = {path.read_bytes(): path for path in (lived_in.folder / "blobs").rglob("*") if path.is_file()}
    missing, damaged = blobs[b"Away with it."], blobs[samples.picture("PNG")]
    missing.unlink()
    damaged.chmod(0o600)
    damaged.write_bytes(b"other bytes")

    code, out, _ = lived_in.run("export", str(tmp_path / "out"))

    assert code == 1
    assert "missing trash/Without contact/2024-05-06 …-..-..-etc-passwd.txt (document " in out
    assert "damaged documents/Zoë" in out
    assert "2 could not be." in out
    assert not (tmp_path / "out" / "trash").exists()
    assert verified(lived_in, tmp_path / "out") == (
        1,
        [
            "damaged documents/Zoë .--------- von Ümlaut lang lang lang lang lang lang la/2024-05-06 scan.png "
            "(already when it was exported)",
            "missing trash/Without contact/2024-05-06 …-..-..-etc-passwd.txt (already when it was exported)",
            "Faults: 2.",
        ],
    )
    told = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))["missing"]
    assert sorted(each["fate"] for each in told) == ["damaged", "missing"]


def test_two_exports_into_one_folder_do_not_meet(lived_in, tmp_path):
    (tmp_path / "out").mkdir()
    held = Ledger(tmp_path / "out" / NAME)

    code, _, err = lived_in.run("export", str(tmp_path / "out"))
    held.close()

    assert code == 2
    assert "cannot be exported into just now" in err


def test_a_disk_that_refuses_is_a_sentence_and_a_later_run_goes_on(lived_in, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".pretamane-export-part").symlink_to(tmp_path / "elsewhere")

    code, _, err = lived_in.run("export", str(tmp_path / "out"))
    (tmp_path / "out" / ".pretamane-export-part").unlink()
    again, _, _ = lived_in.run("export", str(tmp_path / "out"))

    assert (code, again) == (2, 0)
    assert "run the same command again to go on" in err
    assert not (tmp_path / "elsewhere").exists()


class PulledOut:
    """A store; the stick that is written to is pulled out once its first bytes are read."""

    def __init__(self, store, stick):
        self._store, self._stick, self.asked = store, stick, 0

    @contextmanager
    def read(self, key):
        self.asked += 1
        with self._store.read(key) as pieces:
            shutil.rmtree(self._stick, ignore_errors=True)
            yield pieces


def test_a_folder_that_goes_away_ends_it_and_is_taken_for_no_missing_original(lived_in, tmp_path):
    platform, stick = lived_in.platform, tmp_path / "out"
    store: Any = PulledOut(platform.archive.store, stick)

    with pytest.raises(FileNotFoundError, match="pretamane-export-part"):
        Export(platform.database, store, stick, lambda *_: None).run()

    assert store.asked == 1


def test_a_ledger_that_cannot_be_written_is_a_sentence_and_a_later_run_goes_on(lived_in, tmp_path):
    (tmp_path / "out").mkdir()
    with closing(sqlite3.connect(tmp_path / "out" / NAME)) as ledger:
        ledger.execute("CREATE TABLE folders (whose TEXT)")

    code, _, err = lived_in.run("export", str(tmp_path / "out"))
    with closing(sqlite3.connect(tmp_path / "out" / NAME)) as ledger:
        ledger.execute("DROP TABLE folders")
    again, _, _ = lived_in.run("export", str(tmp_path / "out"))

    assert (code, again) == (2, 0)
    assert "run the same command again to go on" in err
