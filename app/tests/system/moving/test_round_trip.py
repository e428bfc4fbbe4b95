"""Leaving, arriving in an empty house, and leaving that: what is compared is the whole manifest."""

import hashlib

import pytest
from tests.houses import contents, known_id


def test_an_export_that_was_imported_into_an_empty_house_is_exported_the_same_again(exported, new_house, tmp_path):
    other = new_house("new")

    arrived = other.run("import", str(exported))
    left_again = other.run("export", str(tmp_path / "second"))
    other.do_jobs()
    left_later = other.run("export", str(tmp_path / "later"))

    assert (arrived[0], left_again[0], left_later[0]) == (0, 0, 0), (arrived, left_again)
    assert contents(tmp_path / "second") == contents(exported)
    assert contents(tmp_path / "later") == contents(exported)


def test_what_is_here_already_is_neither_taken_twice_nor_changed(exported, new_house):
    other = new_house("new")
    other.run("import", str(exported))
    other.do("UPDATE documents SET title = 'Mine now' WHERE id = :id", id=known_id("invoice.pdf"))
    other.do("UPDATE contacts SET name = 'Ada L.' WHERE id = :id", id=known_id("ada"))

    again = other.run("import", str(exported))

    assert again[0] == 0
    assert again[2].endswith("10 known.\n")
    assert other.ask("SELECT title FROM documents WHERE id = :id", id=known_id("invoice.pdf")) == [("Mine now",)]
    assert other.ask("SELECT name FROM contacts WHERE id = :id", id=known_id("ada")) == [("Ada L.",)]


def test_what_is_known_here_by_another_id_stands_for_what_comes(exported, new_house):
    other = new_house("new")
    mine = {name: known_id(f"my own {name}") for name in ("contact", "account", "type", "tag", "document")}
    other.do(
        "INSERT INTO contacts (id, email, name, made_at, changed_at) "
        "VALUES (:id, 'ada@example.org', 'A', now(), now())",
        id=mine["contact"],
    )
    other.do(
        "INSERT INTO accounts (id, email, name, role, made_at, version) "
        "VALUES (:id, 'ada@practice.example', 'Ada', 'staff', now(), 1)",
        id=mine["account"],
    )
    other.do("INSERT INTO document_types (id, name, made_at) VALUES (:id, 'INVOICE', now())", id=mine["type"])
    other.do("INSERT INTO tags (id, name, made_at) VALUES (:id, 'Urgent', now())", id=mine["tag"])
    other.file("mine.txt", b"My own.")

    code, out, err = other.run("import", str(exported))
    [filed] = other.ask(
        "SELECT contact_id, type_id, received_by FROM documents WHERE id = :id", id=known_id("invoice.pdf")
    )

    assert code == 0, (out, err)
    assert filed == (mine["contact"], mine["type"], mine["account"])
    assert (mine["tag"],) in other.ask("SELECT tag_id FROM document_tags")
    assert other.ask("SELECT contact_id, assignee_id FROM submissions WHERE status = 'open'") == [
        (mine["contact"], mine["account"])
    ]
    assert other.ask("SELECT role FROM accounts WHERE id = :id", id=mine["account"]) == [("staff",)]
    # Nothing of this house's own is removed by a rule that nobody here has looked at.
    assert other.ask("SELECT type_id, in_force_since FROM retention_rules") == [(mine["type"], None)]


def test_nobody_can_sign_in_by_what_came_and_the_import_is_on_record(exported, new_house):
    other = new_house("new")

    other.run("import", str(exported))

    assert set(other.ask("SELECT password_hash FROM accounts")) == {(None,)}
    assert other.ask("SELECT count(*) FROM audit_entries WHERE act = 'house.imported'") == [(1,)]
    # No mail goes out because of an import.
    assert set(other.ask("SELECT name FROM jobs")) <= {("documents.process",), ("storage.measure",)}


def test_what_is_refused_here_but_was_kept_there_comes_into_quarantine(lived_in, new_house, tmp_path):
    """There somebody had allowed macros, or the rules were others."""
    page = b"<!DOCTYPE html><html><body>Kept there.</body></html>"
    document = lived_in.file("page.txt", b"A text for now.".ljust(len(page), b"."))
    other = new_house("new")
    lived_in.run("export", str(tmp_path / "out"))
    _swap(tmp_path / "out", "page", page)

    looked = other.run("import", "--dry-run", str(tmp_path / "out"))
    assert (looked[0], other.ask("SELECT id FROM documents WHERE id = :id", id=document)) == (0, [])
    code, out, err = other.run("import", str(tmp_path / "out"))
    assert code == 0, (out, err)
    [(state, reason)] = other.ask("SELECT state, reason FROM document_versions WHERE document_id = :id", id=document)

    assert (state, "web page (HTML), which is not taken" in reason) == ("quarantined", True)
    assert '"quarantined","This is a web page' in out
    assert '"would take","This is a web page' in looked[1]


def _swap(folder, name, content):
    """An export as another version of us would have written it: with other bytes, of the same length."""
    [place] = folder.rglob(f"*{name}.txt")
    changed = {digest(place.read_bytes()): digest(content)}
    place.write_bytes(content)
    for file in ("documents.json", "versions.csv", "manifest.json"):
        before = (folder / file).read_bytes()
        now = before
        for old, new in changed.items():
            now = now.replace(old, new)
        (folder / file).write_bytes(now)
        changed[digest(before)] = digest(now)


def digest(content):
    return hashlib.sha256(content).hexdigest().encode()


@pytest.mark.parametrize(
    ("name", "old", "new", "code", "sentence"),
    [
        ("practice.json", '"#1f4b43"', '"red;}"  ', 1, "practice.json"),
        ("messages.json", '"open"', '"ope?"', 1, "status is none that such a message has"),
        ("contacts.json", '"+49 30 1"', "0         ", 1, "phone is no text"),
        ("documents.json", '"versions": [', '"verzions": [', 2, "is not as Pretamane writes it"),
        ("documents.json", '{"id"', '{"id:', 2, "is not as Pretamane writes it"),
    ],
)
def test_rows_that_somebody_made_up_are_told_and_end_nothing(exported, new_house, name, old, new, code, sentence):
    """With hashes that fit, as whoever changes an export would write them."""
    other, before = new_house("new"), (exported / name).read_bytes()
    now = before.replace(old.encode(), new.encode(), 1)
    manifest = (exported / "manifest.json").read_bytes().replace(digest(before), digest(now))
    (exported / name).write_bytes(now)
    (exported / "manifest.json").write_bytes(manifest)

    told = other.run("import", str(exported))

    assert len(now) == len(before)
    assert now != before
    assert told[0] == code
    assert sentence in told[1] + told[2]
    assert "Traceback" not in told[2]


def test_an_old_version_that_the_other_house_had_lost_keeps_its_document_from_nothing(lived_in, new_house, tmp_path):
    [lost] = [path for path in (lived_in.folder / "blobs").rglob("*") if path.is_file() and is_first_version(path)]
    lost.unlink()
    other = new_house("new")
    lived_in.run("export", str(tmp_path / "out"))

    looked = other.run("import", "--dry-run", str(tmp_path / "out"))
    code, out, _ = other.run("import", str(tmp_path / "out"))

    assert (looked[0], code) == (1, 1)
    path = "documents/ada/2024-05-06 Just a few words"
    assert f'"{path}.pdf","would take"' in looked[1]
    assert f'"{path}.pdf","taken"' in out
    assert f'"{path} (version 1).txt","missing"' in out
    assert other.ask("SELECT number FROM document_versions WHERE document_id = :id", id=known_id("plain.txt")) == [(2,)]


def is_first_version(path):
    return path.read_bytes() == b"Just a few words."


@pytest.mark.parametrize("fault", ["table", "original", "link", "unfinished"])
def test_an_export_that_is_not_what_it_was_is_not_believed(exported, new_house, tmp_path, fault):
    other, original = new_house("new"), exported / "trash/Without contact/2024-05-06 …-..-..-etc-passwd.txt"
    if fault == "table":
        text = (exported / "accounts.json").read_text("utf-8")
        (exported / "accounts.json").write_text(text.replace('"viewer"', '"admin"'), "utf-8")
    elif fault == "original":
        original.write_bytes(b"Not with it..")
    elif fault == "link":
        original.rename(tmp_path / "outside")
        original.symlink_to(tmp_path / "outside")
    else:
        (exported / "manifest.json").unlink()
        (exported / ".pretamane-export").touch()

    code, out, err = other.run("import", str(exported))

    if fault in ("table", "unfinished"):
        assert (code, other.ask("SELECT count(*) FROM accounts")) == (2, [(0,)])
        assert "nothing was taken" in err or "was not finished" in err
    else:
        assert code == 1
        assert '"damaged"' in out
        assert other.ask("SELECT count(*) FROM documents") == [(9,)]
