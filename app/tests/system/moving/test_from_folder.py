"""Arriving from any folder: what becomes of each file, what its folders mean, and what is never touched."""

import csv
import errno
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.documents import samples
from tests.houses import AT, House, known_id

from pretamane.core.errors import CannotStart
from pretamane.system.arriving import folders
from pretamane.system.arriving.patterns import Pattern


@pytest.fixture
def house(new_house) -> House:
    made: House = new_house("house")
    for email, name in (("ada@example.org", "Ada"), ("one@example.org", "Twin"), ("two@example.org", "Twin")):
        made.do(
            "INSERT INTO contacts (id, email, name, made_at, changed_at) VALUES (:id, :email, :name, :at, :at)",
            id=known_id(email), email=email, name=name, at=AT,
        )  # fmt: skip
    made.do(
        "INSERT INTO submissions (id, reference, contact_id, status, name, email, message, consented, received_at) "
        "VALUES (:id, 'ABCD-EFGH', :contact, 'new', 'Ada', 'ada@example.org', 'Hello', false, :at)",
        id=known_id("m"), contact=known_id("ada@example.org"), at=AT,
    )  # fmt: skip
    return made


def written(folder, files):
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def taken_from(house, folder, *more):
    code, out, err = house.run("import", str(folder), *more)
    return code, {line["path"]: line for line in csv.DictReader(out.splitlines())}, err


def documents(house):
    rows = house.ask(
        "SELECT v.filename, c.email, t.name, (SELECT coalesce(array_agg(tags.name ORDER BY tags.name), '{}') FROM tags "
        "  JOIN document_tags x ON x.tag_id = tags.id WHERE x.document_id = d.id) "
        "FROM documents d LEFT JOIN contacts c ON c.id = d.contact_id LEFT JOIN document_types t ON t.id = d.type_id "
        "JOIN document_versions v ON v.id = d.current_version_id"
    )
    return {row[0]: row[1:] for row in rows}


def test_folders_mean_contacts_tags_and_types(house, tmp_path):
    folder = written(
        tmp_path / "scans",
        {
            "ada@example.org/2024 taxes/Letters/a.txt": b"first",
            "abcd-efgh/2025/b.txt": b"second",
            "Twin/c.txt": b"third",
            "New Person/d.txt": b"fourth",
            "e.txt": b"fifth",
        },
    )

    code, lines, err = taken_from(house, folder, "--folders", "{contact}/{tag} taxes/{type}")

    assert code == 0
    assert err.endswith("5 taken.\n")
    assert documents(house) == {
        "a.txt": ("ada@example.org", "Letters", ["2024"]),
        "b.txt": ("ada@example.org", None, []),
        "c.txt": (None, None, []),
        "d.txt": (None, None, []),
        "e.txt": (None, None, []),
    }
    assert lines["Twin/c.txt"]["sentence"] == "Several contacts are called “Twin”, so it has none."
    assert lines["New Person/d.txt"]["sentence"] == "No contact is called “New Person”, so it has none."


def test_contacts_are_made_once_where_that_is_wished(house, tmp_path):
    files = {"New Person/a.txt": b"a", "New Person/b.txt": b"b", "eve@example.org/c.txt": b"c", "Ada/d.txt": b"d"}
    folder = written(tmp_path / "scans", files)

    taken_from(house, folder, "--folders", "{contact}", "--make-contacts")

    owners = {name: row[0] for name, row in documents(house).items()}
    assert owners["a.txt"] == owners["b.txt"]
    assert owners["a.txt"].startswith("new.person-")
    assert owners["a.txt"].endswith("@imported.invalid")
    assert (owners["c.txt"], owners["d.txt"]) == ("eve@example.org", "ada@example.org")
    assert house.ask("SELECT count(*) FROM contacts") == [(5,)]


def test_one_who_was_made_by_an_import_is_found_again_under_another_name(house, tmp_path):
    folder = written(tmp_path / "scans", {"Mueller/a.txt": b"a"})
    taken_from(house, folder, "--folders", "{contact}", "--make-contacts")
    house.do("UPDATE contacts SET name = 'Eva Müller' WHERE name = 'Mueller'")
    written(folder, {"Mueller/b.txt": b"b"})

    code, lines, _ = taken_from(house, folder, "--folders", "{contact}", "--make-contacts")

    assert (code, lines["Mueller/b.txt"]["outcome"]) == (0, "taken")
    owners = {name: row[0] for name, row in documents(house).items()}
    assert owners["a.txt"] == owners["b.txt"]


def test_each_file_has_its_line_and_links_and_pipes_are_never_followed(house, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "private.txt").write_text("Not yours.")
    folder = written(
        tmp_path / "scans",
        {"a.txt": b"twin", "b.txt": b"twin", "run.sh": b"#!/bin/sh\n", "virus.csv": b"=cmd|' /C calc'!A0,1\n2,3\n"},
    )
    (folder / "link.txt").symlink_to(tmp_path / "secret" / "private.txt")
    (folder / "folder").symlink_to(tmp_path / "secret")
    os.mkfifo(folder / "pipe")
    (folder / os.fsdecode(b"b\xe4d.txt")).write_bytes(b"an old name")

    code, lines, _ = taken_from(house, folder)

    assert code == 1
    assert {path: line["outcome"] for path, line in lines.items()} == {
        "a.txt": "taken",
        "b.txt": "duplicate",
        "b\\udce4d.txt": "taken",
        "folder": "left out",
        "link.txt": "left out",
        "pipe": "left out",
        "run.sh": "refused",
        "virus.csv": "quarantined",
    }
    assert lines["b.txt"]["sentence"] == "You have this already, as “a”."
    assert house.ask("SELECT id FROM documents WHERE id = :id", id=lines["a.txt"]["document_id"])
    assert "private.txt" not in documents(house)


def test_a_second_run_goes_on_and_a_dry_run_only_tells(house, tmp_path):
    folder = written(tmp_path / "scans", {"a.txt": b"a", "b.pdf": samples.pdf(), "c.exe": b"MZ" + b"\0" * 64})
    _, looked, _ = taken_from(house, folder, "--dry-run")
    before = documents(house)
    taken_from(house, folder)
    written(folder, {"d.txt": b"new since"})

    _, lines, _err = taken_from(house, folder, "--report", str(tmp_path / "report.csv"))

    assert before == {}
    assert {path: line["outcome"] for path, line in looked.items()} == {
        "a.txt": "would take", "b.pdf": "would take", "c.exe": "refused",
    }  # fmt: skip
    assert lines == {}
    assert (tmp_path / "report.csv").read_text().count("known") == 2
    assert sorted(documents(house)) == ["a.txt", "b.pdf", "d.txt"]


def test_duplicates_are_left_out_where_that_is_wished(house, tmp_path):
    folder = written(tmp_path / "scans", {"a.txt": b"twin", "b.txt": b"twin"})

    code, lines, _ = taken_from(house, folder, "--skip-duplicates")

    assert (code, lines["b.txt"]["outcome"], list(documents(house))) == (0, "duplicate", ["a.txt"])


def test_somebodys_own_file_is_copied_and_never_linked(house, tmp_path):
    folder = written(tmp_path / "scans", {"a.txt": b"as it was"})
    taken_from(house, folder)

    (folder / "a.txt").write_bytes(b"changed..")
    kept = [path.read_bytes() for path in (house.folder / "blobs").rglob("*") if path.is_file()]

    assert kept == [b"as it was"]
    assert (folder / "a.txt").stat().st_nlink == 1


def test_a_disk_of_ours_that_is_full_is_not_told_as_the_files_fault(tmp_path):
    written(tmp_path, {"a.txt": b"a"})

    def keep():
        with folders.opened(tmp_path, "a.txt") as file:
            assert list(folders.pieces(file)) == [b"a"]
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left"):
        keep()


@pytest.mark.parametrize("text", ["{contakt}", "{}/{tag}"])
def test_a_pattern_that_means_nothing_is_refused(text):
    with pytest.raises(CannotStart, match=r"there are \{contact\}, \{tag\}, \{type\} and \*"):
        Pattern(text)


@given(st.lists(st.text(min_size=1).filter(lambda text: "/" not in text), max_size=4))
def test_whatever_folders_are_called_a_plain_pattern_reads_each_as_it_is(folders):
    meant = Pattern("{contact}/{tag}/{tag}").read(folders)

    words = [folder.strip() for folder in folders]
    assert (meant.contact or "") == (words[0] if words else "")
    assert meant.tags == [word for word in words[1:3] if word]
