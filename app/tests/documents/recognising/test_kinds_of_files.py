"""Each kind of file meets the fate that docs/files.md promises, in the words that stand there."""

import re
from pathlib import Path

import pytest
from tests.documents.recognising.kinds_of_files import ROWS, Row, as_table

from pretamane.core.errors import AppError
from pretamane.documents.recognising.kinds import KINDS
from pretamane.documents.recognising.recognition import recognise

PAGE = Path(__file__).parents[4] / "docs" / "files.md"


def fate_of(row: Row, folder: Path) -> tuple[str, str]:
    file = folder / "received"
    file.write_bytes(row.make())
    try:
        recognised = recognise(file, row.name)
    except AppError:
        return "refused", ""
    outcome = "quarantined" if recognised.quarantine else "marked" if recognised.marks else "taken"
    return outcome, recognised.kind.name


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_a_kind_of_file_meets_its_fate(row, tmp_path):
    assert fate_of(row, tmp_path) == (row.outcome, row.kind)


def test_the_page_has_every_row_in_the_very_words():
    rows = "\n".join(line for line in as_table(ROWS).splitlines()[2:])

    assert len(ROWS) >= 60
    assert rows in PAGE.read_text(encoding="utf-8")


def test_the_page_lists_the_kinds_that_are_taken_and_no_others():
    listed = re.findall(r"^\| (\w+) \| `([^`]+)` \| ([\w, ]+) \| as (\w+) \|$", PAGE.read_text(), flags=re.MULTILINE)

    expected = [(kind.name, kind.media_type, ", ".join(kind.extensions), kind.shown_as) for kind in KINDS]
    assert listed == expected


def test_every_kind_is_among_the_samples_that_are_taken():
    assert {row.kind for row in ROWS if row.outcome == "taken"} == {kind.name for kind in KINDS}
