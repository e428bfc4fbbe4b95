"""Leaving, arriving in an empty house, and leaving that: what is compared is the whole manifest."""

from tests.houses import contents, known_id


def test_an_export_that_was_imported_into_an_empty_house_is_exported_the_same_again(lived_in, new_house, tmp_path):
    first, second, other = tmp_path / "first", tmp_path / "second", new_house("new")

    left = lived_in.run("export", str(first))
    arrived = other.run("import", str(first))
    left_again = other.run("export", str(second))
    other.do_jobs()
    left_later = other.run("export", str(tmp_path / "later"))

    assert (left[0], arrived[0], left_again[0], left_later[0]) == (0, 0, 0, 0), (arrived, left_again)
    assert contents(second) == contents(first)
    assert contents(tmp_path / "later") == contents(first)


def test_what_is_here_already_is_neither_taken_twice_nor_changed(lived_in, new_house, tmp_path):
    other = new_house("new")
    lived_in.run("export", str(tmp_path / "out"))
    other.run("import", str(tmp_path / "out"))
    other.do("UPDATE documents SET title = 'Mine now' WHERE id = :id", id=known_id("invoice.pdf"))
    other.do("UPDATE contacts SET name = 'Ada L.' WHERE id = :id", id=known_id("ada"))

    again = other.run("import", str(tmp_path / "out"))

    assert again[0] == 0
    assert again[2].endswith("9 known.\n")
    assert other.ask("SELECT title FROM documents WHERE id = :id", id=known_id("invoice.pdf")) == [("Mine now",)]
    assert other.ask("SELECT name FROM contacts WHERE id = :id", id=known_id("ada")) == [("Ada L.",)]
