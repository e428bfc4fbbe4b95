"""No list is found by reading a whole table: what PostgreSQL plans, with more rows than it would rather scan."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.orm import Session

from pretamane.contacts import lists, queries
from pretamane.contacts.lists import Messages, People
from pretamane.contacts.models import Contact, Submission
from pretamane.core.paging import Place

ROWS = 24_000
STEFAN = UUID(int=1)
PLACE = Place(datetime(2026, 1, 10, tzinfo=UTC), UUID(int=10)).cursor

# Half of the messages have the common word, one in a thousand the rare one; most are done, as in a practice.
FURNISH = (
    """
    INSERT INTO contacts (id, email, name, company, made_at, tags)
    SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'visitor' || n || '@example.org',
        'Visitor ' || n, CASE WHEN n % 1000 = 0 THEN 'Rare Engines' END,
        timestamptz '2026-01-01' + n * interval '1 minute',
        CASE WHEN n % 500 = 0 THEN '{vip}'::text[] ELSE '{}' END
    FROM generate_series(1, :rows) AS n
    """,
    """
    INSERT INTO submissions (
        id, reference, contact_id, status, name, email, message, consented, received_at, assignee_id
    )
    SELECT gen_random_uuid(), 'REF-' || n, ('00000000-0000-7000-8000-' || lpad((n / 3 + 1)::text, 12, '0'))::uuid,
        CASE n % 50 WHEN 0 THEN 'new' WHEN 1 THEN 'open' WHEN 2 THEN 'spam' ELSE 'done' END,
        'Visitor ' || n, 'visitor' || n || '@example.org',
        CASE WHEN n % 2 = 0 THEN 'common ' ELSE '' END || CASE WHEN n % 1000 = 0 THEN 'rare ' ELSE 'words ' END
            || repeat('and what one writes besides to a practice ', 12),
        false, timestamptz '2026-01-01' + n * interval '1 minute', CASE WHEN n % 20 = 0 THEN CAST(:stefan AS uuid) END
    FROM generate_series(1, :rows) AS n
    """,
    """
    INSERT INTO notes (id, submission_id, kind, author_name, text, made_at)
    SELECT gen_random_uuid(), id, 'note', 'Stefan', 'x', received_at FROM submissions
    """,
    # What autovacuum does in its own time.
    "SELECT gin_clean_pending_list('ix_submissions_words'), gin_clean_pending_list('ix_contacts_words')",
    "ANALYZE contacts, submissions, notes",
)


@pytest.fixture(scope="module")
def full(postgres: str) -> Iterator[Connection]:
    engine = create_engine(postgres)
    with engine.connect() as connection, connection.begin() as everything:
        for statement in FURNISH:
            connection.execute(text(statement), {"rows": ROWS, "stefan": STEFAN})
        yield connection
        everything.rollback()
    engine.dispose()


@contextmanager
def planned(connection: Connection) -> Iterator[list[str]]:
    """The plans of all that is asked inside."""
    plans: list[str] = []
    asked: list[tuple[str, object]] = []

    def remember(_connection: object, _cursor: object, statement: str, values: object, *_: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "(SELECT", "WITH")):
            asked.append((statement, values))

    event.listen(connection, "before_cursor_execute", remember)
    yield plans
    event.remove(connection, "before_cursor_execute", remember)
    for statement, values in asked:
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", values)  # type: ignore[arg-type]  # as the driver had them
        plans.append("\n".join(row[0] for row in rows))


MESSAGES = [
    Messages(status=status, assignee_id=assignee, search=search)
    for status in (None, "new", "done", "spam")
    for assignee in (None, STEFAN)
    for search in (None, "rare", "common", "visitor77 exam", "nobody has written this")
] + [Messages(contact_id=UUID("00000000-0000-7000-8000-000000000012"))]
PEOPLE = [People(), People(search="engines"), People(search="visitor"), People(tag="vip"), People("visitor77", "vip")]


@pytest.mark.parametrize("after", [None, PLACE], ids=["the first page", "a later page"])
@pytest.mark.parametrize("which", MESSAGES, ids=str)
def test_messages_are_listed_by_an_index(full, which, after):
    with Session(full) as session, planned(full) as plans:
        lists.messages(session, which, after=after)

    assert len(plans) in (1, 2)
    assert not [plan for plan in plans if "Seq Scan" in plan]


@pytest.mark.parametrize("after", [None, PLACE], ids=["the first page", "a later page"])
@pytest.mark.parametrize("which", PEOPLE, ids=str)
def test_contacts_are_listed_by_an_index(full, which, after):
    with Session(full) as session, planned(full) as plans:
        lists.people(session, which, after=after)

    assert len(plans) in (1, 2)
    assert not [plan for plan in plans if "Seq Scan" in plan]


def test_counts_and_single_reads_use_an_index(full):
    with Session(full) as session, planned(full) as plans:
        lists.counts(session)
        message = session.get(Submission, lists.messages(session, Messages()).items[0].id)
        assert message
        queries.notes_about(session, message)
        for called in ("visitor7@example.org", "REF-7", "00000000-0000-7000-8000-000000000012"):
            assert isinstance(queries.contact_called(session, called), Contact)

    assert len(plans) >= 7
    assert not [plan for plan in plans if "Seq Scan" in plan]


def test_counts_say_how_many_there_are_up_to_a_thousand(full):
    with Session(full) as session:
        there = lists.counts(session)

    assert there == {"new": ROWS // 50, "open": ROWS // 50, "done": lists.COUNTED, "spam": ROWS // 50}
