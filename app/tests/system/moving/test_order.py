"""Rows leave in one order, whatever the database's own: else the same house would be two different exports."""

import re

import pytest
from sqlalchemy import event

from pretamane.documents.moving import leaving
from pretamane.system.leaving import sheets


@pytest.fixture
def asked(platform, connection):
    """The questions in which everything leaves, as the database hears them: here it knows no other collation."""
    heard: list[str] = []
    event.listen(connection, "before_cursor_execute", lambda _connection, _cursor, text, *_: heard.append(text))

    def leave(session):
        for each in sheets.SHEETS:
            list(each.rows(session))
        list(leaving.documents(session))

    platform.work.run_now(leave)
    return "\n".join(heard)


@pytest.mark.parametrize("text", ["tags.name", "blocked_senders.email"])
def test_names_are_ordered_by_their_bytes_and_not_by_the_databases_collation(asked, text):
    ordered = re.findall(rf"ORDER BY {re.escape(text)}( COLLATE \"C\")?", asked)

    assert set(ordered) == {' COLLATE "C"'}
