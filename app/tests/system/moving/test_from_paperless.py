"""Arriving from paperless-ngx: all of its documented fields, and dumps that mean harm."""

import csv
import hashlib
import json
import zipfile
from typing import Any

import pytest
from sqlalchemy import make_url
from tests.conftest import _execute, _sibling
from tests.houses import House

from tests import paperless


@pytest.fixture
def house(new_house) -> House:
    made: House = new_house("house")
    made.do("UPDATE practice SET time_zone = 'Europe/Berlin'")
    return made


def taken_from(house, dump, *more):
    code, out, err = house.run("import", "--paperless", str(dump), *more)
    lines = {line["path"]: line for line in csv.DictReader(out.splitlines())}
    return code, lines, err


def documents(house):
    rows = house.ask(
        "SELECT d.title, c.name, c.email, t.name, d.document_date, d.notes, d.trashed_at IS NOT NULL AS away, "
        "  (SELECT coalesce(array_agg(tags.name ORDER BY tags.name), '{}') FROM tags "
        "     JOIN document_tags x ON x.tag_id = tags.id WHERE x.document_id = d.id) AS tags, "
        "  encode(b.sha256, 'hex'), v.state, v.filename "
        "FROM documents d LEFT JOIN contacts c ON c.id = d.contact_id LEFT JOIN document_types t ON t.id = d.type_id "
        "JOIN document_versions v ON v.id = d.current_version_id JOIN blobs b ON b.id = v.blob_id ORDER BY d.title"
    )
    return {row[0]: row for row in rows}


@pytest.mark.parametrize("form", ["folder", "split", "zip"])
def test_everything_that_its_exporter_writes_arrives(house, tmp_path, form):
    dump = paperless.write(tmp_path / "dump", paperless.manifest(), is_split=form == "split")
    if form == "zip":
        dump = paperless.zipped(dump, tmp_path / "export.zip")

    code, lines, err = taken_from(house, dump)
    found = documents(house)

    assert code == 0
    assert {path: line["outcome"] for path, line in lines.items()} == {
        "2023-05-01 Invoice.pdf": "taken",
        "papers/Letter.txt": "taken",
        "Old.docx": "taken",
        "Third.txt": "taken",
        "Page.html": "quarantined",
    }
    _, contact, _, kind, day, notes, is_away, tags, *_ = found["Invoice of May"]
    assert (contact, kind, str(day), is_away, tags) == (
        "Stadtwerke",
        "Invoice",
        "2023-05-01",
        False,
        ["Steuer", "urgent"],
    )
    assert notes == (
        "2023-05-04 08:30, anna: Paid on time.\n\n2023-05-05 08:30: By nobody.\n\n"
        "Archive serial number: 12\n\nAdded to paperless-ngx: 2023-05-02\n\nA string: Reference 7\n\n"
        "A url: https://example.org/7\n\nA date: 2023-07-01\n\nA boolean: yes\n\nA integer: 7\n\nA float: 1.5\n\n"
        "A monetary: EUR12.50\n\nA documentlink: “document 2”\n\nA select: Work\n\nA longtext: A long\ntext."
    )
    assert found["Letter"][2] == "ada@example.org"
    assert "A version of “Invoice of May” in paperless-ngx." in found["Title 3"][5]
    assert [title for title, row in found.items() if row[6]] == ["Title 4"]
    assert found["Title 5"][9] == "quarantined"
    assert "Originals were taken; 1 versions" in err
    assert "1 documents had an owner, and there were 1 permissions." in err
    assert "1 storage paths, 1 saved views, 1 workflows, 1 groups" in err


def test_the_original_is_taken_and_not_the_archive_version(house, tmp_path):
    dump = paperless.write(tmp_path / "dump", paperless.manifest())
    taken_from(house, dump)

    assert (
        documents(house)["Invoice of May"][8] == hashlib.sha256(paperless.files()["2023-05-01 Invoice.pdf"]).hexdigest()
    )


def test_twice_is_the_same_as_once(house, tmp_path):
    dump = paperless.write(tmp_path / "dump", paperless.manifest())
    taken_from(house, dump)
    before = documents(house)

    code, lines, _ = taken_from(house, dump)

    assert code == 0
    assert {line["outcome"] for line in lines.values()} == {"known"}
    assert documents(house) == before


def test_a_dry_run_takes_nothing(house, tmp_path):
    dump = paperless.write(tmp_path / "dump", paperless.manifest())

    code, lines, _ = taken_from(house, dump, "--dry-run")

    assert (code, documents(house), house.ask("SELECT count(*) FROM contacts")) == (0, {}, [(0,)])
    assert {line["outcome"] for line in lines.values()} == {"would take"}


def test_paths_out_of_the_dump_missing_files_and_wrong_hashes_are_told_and_not_taken(house, tmp_path):
    (tmp_path / "secret.txt").write_text("Not yours.")
    rows = [
        paperless.document(1, b"Not yours.", "../secret.txt"),
        paperless.document(2, b"Not yours.", str(tmp_path / "secret.txt")),
        paperless.document(3, b"Not yours.", "link.txt"),
        paperless.document(4, b"Not yours.", "folder/secret.txt"),
        paperless.document(5, b"gone", "gone.txt"),
        paperless.document(6, b"other bytes", "Third.txt"),
        paperless.document(7, b"", "papers"),
    ]
    dump = paperless.write(tmp_path / "dump", rows)
    (dump / "link.txt").symlink_to(tmp_path / "secret.txt")
    (dump / "folder").symlink_to(tmp_path)

    code, lines, _ = taken_from(house, dump)

    assert code == 1
    assert documents(house) == {}
    assert [line["outcome"] for line in lines.values()] == [*["damaged"] * 4, "missing", "damaged", "damaged"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{}", "is no list of rows"),
        ("[{", "is cut off, or it is no JSON"),
        ('[{"model": "a"} nonsense', "is no list of rows"),
        ("[" * 100_000, "is no list of rows"),
        ('[{"a":' * 100_000, "is nested too deeply"),
    ],
)
def test_a_manifest_that_is_none_is_a_sentence(house, tmp_path, text, sentence):
    dump = paperless.write(tmp_path / "dump", [])
    (dump / "manifest.json").write_text(text)

    code, _, err = taken_from(house, dump)

    assert code == 2
    assert sentence in err


def test_rows_that_are_not_as_they_should_be_end_nothing(house, tmp_path):
    odd: list[Any] = [
        {"model": 7, "pk": None},
        {"model": "documents.document", "pk": 8, "fields": [1]},
        paperless.document(9, b"A letter of few words.", "papers/Letter.txt", tags="x", correspondent="?", created=[1]),
    ]
    dump = paperless.write(tmp_path / "dump", odd)

    code, _, _ = taken_from(house, dump)

    assert (code, list(documents(house))) == (0, ["Title 9"])


def test_half_signs_that_no_database_takes_are_left_out_of_notes(house, tmp_path):
    rows = [
        paperless.document(1, b"A letter of few words.", "papers/Letter.txt"),
        paperless.row("documents.note", 1, note="Half \ud83d a sign.", created="2023-05-04T08:30:00Z", document=1),
        paperless.row("documents.customfield", 1, name="Mood", data_type="string"),
        paperless.row("documents.customfieldinstance", 1, document=1, field=1, value_text="Fine \ude00."),
    ]
    dump = paperless.write(tmp_path / "dump", [])
    (dump / "manifest.json").write_text(json.dumps(rows))

    code, lines, err = taken_from(house, dump)

    assert (code, lines["papers/Letter.txt"]["outcome"]) == (0, "taken"), err
    notes = documents(house)["Title 1"][5]
    assert notes.startswith("2023-05-04 08:30: Half  a sign.")
    assert notes.endswith("Mood: Fine .")


def test_a_document_that_does_not_fit_to_what_is_here_is_told_and_ends_nothing(house, tmp_path, postgres):
    owner = _sibling(postgres, str(make_url(house.address).database))
    _execute(owner, "ALTER TABLE contacts ADD CONSTRAINT nobody_of_that_name CHECK (name <> 'Stadtwerke')")
    dump = paperless.write(tmp_path / "dump", paperless.manifest())

    code, lines, err = taken_from(house, dump)

    assert code == 1, err
    assert lines["2023-05-01 Invoice.pdf"]["sentence"] == "It does not fit to what is here."
    assert [line["outcome"] for line in lines.values()].count("taken") == 3


def test_a_zip_that_swells_is_refused_at_the_limit_of_an_upload(house, tmp_path):
    house.settings["PRETAMANE_UPLOAD_LIMIT"] = str(1024 * 1024)
    content = b"A" * (256 * 1024 * 1024)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.txt", content)
        archive.writestr("manifest.json", json.dumps([paperless.document(1, content, "bomb.txt")]))

    code, lines, _ = taken_from(house, tmp_path / "bomb.zip")

    assert (code, lines["bomb.txt"]["outcome"]) == (1, "refused")
    assert "1 MiB" in lines["bomb.txt"]["sentence"]
    assert list((house.folder / "spool").iterdir()) == []
