"""Tables for spreadsheets, which must not calculate what strangers wrote."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.contacts.conftest import VERA, one_of

from pretamane.core.http import tables
from pretamane.core.http.tables import harmless

FORMULAS = tuple("=+-@＝＋－＠")  # noqa: RUF001  # the full width is the point


def rows_of(answer):
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_messages_are_exported_as_they_were_sent(desk, write):
    said = {"subject": 'Quote " and; semicolon, comma', "message": "Two\nlines, déjà vu"}
    message = write("Ada Byron", **said)

    [row] = rows_of(desk.get("/api/v1/submissions.csv"))

    assert (row["reference"], row["name"]) == (message["reference"], "Ada Byron")
    assert (row["subject"], row["message"]) == (said["subject"], said["message"])


def test_lines_end_as_rfc_4180_has_it_and_a_browser_saves_a_file(desk, write):
    write()

    answer = desk.get("/api/v1/submissions.csv")

    assert answer.content.count(b"\r\n") == 2
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="messages.csv"'


def test_an_export_is_narrowed_like_its_list(desk, write):
    write("Ada Byron")
    spam = write("Eve Dropper", leave_empty="x")

    [row] = rows_of(desk.get("/api/v1/submissions.csv", params={"status": "spam"}))

    assert row["reference"] == spam["reference"]


def test_an_export_longer_than_a_chunk_is_whole(desk, write, monkeypatch):
    monkeypatch.setattr(tables, "CHUNK", 2)
    written = {write(f"Visitor{number} Some")["reference"] for number in range(5)}

    exported = [row["reference"] for row in rows_of(desk.get("/api/v1/submissions.csv"))]

    assert sorted(exported) == sorted(written)


def test_contacts_are_exported_with_their_tags(desk, write):
    contact = one_of(desk.get(f"/api/v1/contacts/{write('Ada Byron')['contact_id']}"))
    headers = {"If-Match": f'"{contact["version"]}"'}
    desk.patch(f"/api/v1/contacts/{contact['id']}", json={"tags": ["tax", "vip"]}, headers=headers)

    [row] = rows_of(desk.get("/api/v1/contacts.csv"))

    assert (row["email"], row["tags"]) == ("ada@example.org", "tax, vip")


def test_an_export_is_audited_with_how_it_was_narrowed_but_not_what_was_sought(onlooker, write, connection):
    write("Ada Byron")

    onlooker.get("/api/v1/submissions.csv", params={"status": "spam", "q": "Ada"})
    onlooker.get("/api/v1/contacts.csv")

    audited = connection.execute(text("SELECT account_id, act, details FROM audit_entries ORDER BY id")).all()
    assert audited == [
        (VERA.account_id, "messages.exported", {"filters": ["status", "search"]}),
        (VERA.account_id, "contacts.exported", {"filters": []}),
    ]


def test_an_export_longer_than_a_chunk_is_audited_once(desk, write, monkeypatch, connection):
    monkeypatch.setattr(tables, "CHUNK", 1)
    for name in ("Ada Byron", "Bob Stone"):
        write(name)

    desk.get("/api/v1/submissions.csv")

    assert connection.execute(text("SELECT act FROM audit_entries")).all() == [("messages.exported",)]


def test_a_viewer_may_export_and_a_stranger_may_not(onlooker, client):
    assert onlooker.get("/api/v1/contacts.csv").status_code == 200
    assert client.get("/api/v1/contacts.csv").status_code == 401


@pytest.mark.parametrize(
    "typed",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        ' "=1',
        "'=1",
        "\uff1d1",
        "a\n=1",
        "a;=1",
        'x";=1',
        "a,\t@x",
        "a|=x",
        "=",
        "  -x",
    ],
)
def test_no_cell_begins_a_formula_whichever_separator_is_expected(desk, write, typed):
    write("Ada Byron", message=typed + "x", subject=typed)

    content = desk.get("/api/v1/submissions.csv").content.decode("utf-8-sig")

    assert calculated(content) == []


def calculated(content):
    """Cells that some spreadsheet would calculate: those that expect other separators or no quotes split elsewhere."""
    readings = [csv.reader(io.StringIO(content, newline=""), delimiter=each) for each in ",;\t|"]
    cells = [cell for reading in readings for row in reading for cell in row]
    cells += [cell for line in content.splitlines() for cell in re.split(r"[;\t|]", line)]
    return [cell for cell in cells if cell.lstrip(' "').startswith(FORMULAS)]


@given(st.text(alphabet=st.sampled_from("=+-@\uff1da; ,\t\r\n\"'|1"), max_size=30))
def test_whatever_is_typed_no_cell_begins_a_formula(typed):
    written = harmless(typed)

    assert not written.startswith(("\t", "\r"))
    for cell in re.split(r"[\t\r\n;|]", written):
        assert not cell.lstrip(" \"'").startswith(FORMULAS) or "'" in cell


@given(st.text())
def test_text_without_formulas_stays_as_it_is(typed):
    plain = typed.translate(dict.fromkeys(map(ord, "=+-@＝＋－＠\t\r")))  # noqa: RUF001

    assert harmless(plain) == plain
