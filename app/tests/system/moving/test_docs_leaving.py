"""The pages about leaving and arriving say what the code does."""

import re
from pathlib import Path

from pretamane.system.arriving import report
from pretamane.system.leaving import sheets

DOCS = Path(__file__).parents[4] / "docs"


def test_the_page_lists_every_column_of_every_table():
    page = (DOCS / "leaving.md").read_text("utf-8")
    tables = {each.name: tuple(each.columns) for each in sheets.SHEETS}
    tables |= {sheets.DOCUMENTS: sheets.DOCUMENT_COLUMNS, sheets.VERSIONS: sheets.VERSION_COLUMNS}

    told = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.MULTILINE))

    assert {name: tuple(columns.split(", ")) for name, columns in told.items() if name != "logo"} == tables


def test_the_page_explains_every_outcome():
    page = (DOCS / "arriving.md").read_text("utf-8")
    outcomes = {value for name, value in vars(report).items() if name.isupper() and isinstance(value, str)}

    assert set(re.findall(r"^\| ([a-z ]+) \| ", page, re.MULTILINE)) - {"outcome", "there"} >= outcomes
