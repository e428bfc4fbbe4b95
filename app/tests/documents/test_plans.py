"""No question about documents reads a whole table, with more rows than PostgreSQL would rather scan."""

import re
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from tests.contacts.test_plans import planned

from pretamane.core.actors import OPERATOR, Actor, Role
from pretamane.core.paging import Place
from pretamane.documents import queries
from pretamane.documents.queries import Documents
from pretamane.documents.stored import blobs

ROWS = 24_000
# Types and tags are few, and of steps there are none here: to read them all may be the shortest way.
SCANNED = re.compile("Seq Scan on (?!tags|document_types|document_steps)")
ADA = UUID("00000000-0000-7000-8000-000000000007")
STEFAN = Actor(UUID(int=7), "Stefan", Role.STAFF)
PLACE = Place(datetime(2026, 1, 10, tzinfo=UTC), UUID(int=10)).cursor

# One document in four hundred failed, one in fifty is in the trash; contacts have a handful each.
FURNISH = (
    """
    INSERT INTO contacts (id, email, name, made_at)
    SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'c' || n || '@example.org', 'C',
        timestamptz '2026-01-01' FROM generate_series(1, 2000) AS n
    """,
    """
    INSERT INTO blobs (id, key, sha256, size, made_at)
    SELECT ('00000000-0000-7000-8001-' || lpad(n::text, 12, '0'))::uuid, 'key ' || n, sha256(n::text::bytea), n,
        timestamptz '2026-01-01' FROM generate_series(1, :rows) AS n
    """,
    """
    INSERT INTO documents (id, title, contact_id, current_version_id, made_at, changed_at, trashed_at)
    SELECT ('00000000-0000-7000-8002-' || lpad(n::text, 12, '0'))::uuid, 'Document ' || n,
        ('00000000-0000-7000-8000-' || lpad((n % 2000 + 1)::text, 12, '0'))::uuid,
        ('00000000-0000-7000-8003-' || lpad(n::text, 12, '0'))::uuid,
        timestamptz '2026-01-01' + n * interval '1 minute', timestamptz '2026-01-01',
        CASE WHEN n % 50 = 0 THEN timestamptz '2026-02-01' END
    FROM generate_series(1, :rows) AS n
    """,
    """
    INSERT INTO document_versions
        (id, document_id, number, blob_id, filename, media_type, kind, state, reason, made_at)
    SELECT ('00000000-0000-7000-8003-' || lpad(n::text, 12, '0'))::uuid,
        ('00000000-0000-7000-8002-' || lpad(n::text, 12, '0'))::uuid, 1,
        ('00000000-0000-7000-8001-' || lpad(n::text, 12, '0'))::uuid, 'a.pdf', 'application/pdf', 'pdf',
        CASE WHEN n % 400 = 0 THEN 'failed' ELSE 'ready' END, CASE WHEN n % 400 = 0 THEN 'It is damaged.' END,
        timestamptz '2026-01-01' + n * interval '1 minute'
    FROM generate_series(1, :rows) AS n
    """,
    """
    INSERT INTO tags (id, name, made_at)
    SELECT ('00000000-0000-7000-8004-' || lpad(n::text, 12, '0'))::uuid, 'tag ' || n, timestamptz '2026-01-01'
    FROM generate_series(1, 300) AS n
    """,
    """
    INSERT INTO document_tags (document_id, tag_id)
    SELECT ('00000000-0000-7000-8002-' || lpad(n::text, 12, '0'))::uuid,
        ('00000000-0000-7000-8004-' || lpad((n % 300 + 1)::text, 12, '0'))::uuid
    FROM generate_series(1, :rows) AS n
    """,
    """
    UPDATE documents SET document_date = date '2020-01-01' + (extract(minute FROM made_at)::int * 40),
        title = CASE WHEN extract(minute FROM made_at) = 7 THEN 'Rare_' || id ELSE title END
    """,
    "ANALYZE contacts, blobs, documents, document_versions, tags, document_tags",
)


@pytest.fixture(scope="module")
def full(postgres):
    engine = create_engine(postgres)
    with engine.connect() as connection, connection.begin() as everything:
        for statement in FURNISH:
            connection.execute(text(statement), {"rows": ROWS})
        yield connection
        everything.rollback()
    engine.dispose()


@pytest.mark.parametrize("after", [None, PLACE], ids=["the first page", "a later page"])
@pytest.mark.parametrize(
    "which",
    [
        Documents(),
        Documents(ADA),
        Documents(state="failed"),
        Documents(state="ready"),
        Documents(in_the_trash=True),
        Documents(tags=("tag 7",)),
        Documents(tags=("tag 7", "tag 8")),
        Documents(title="document"),
        Documents(title="rare 00000000"),
        Documents(title="nothing"),
        Documents(title="rare", tags=("tag 8",), state="ready"),
        Documents(dated_from=date(2026, 1, 1), dated_to=date(2026, 3, 1)),
        Documents(is_untyped=True),
        Documents(is_without_contact=True),
    ],
    ids=repr,
)
@pytest.mark.parametrize("by", [STEFAN, OPERATOR], ids=["for somebody", "for the house"])
def test_documents_are_listed_by_an_index(full, which, after, by):
    with Session(full) as session, planned(full) as plans:
        queries.documents(session, which, by, after=after)

    # However many are listed, their types and tags come by one more question each.
    assert len(plans) <= 5
    assert not [plan for plan in plans if SCANNED.search(plan)]


def test_single_reads_use_an_index(full):
    digest = full.scalar(text("SELECT sha256 FROM blobs WHERE key = 'key 77'"))
    with Session(full) as session, planned(full) as plans:
        assert queries.known_already(session, bytes(digest), STEFAN) is not None
        assert blobs.live_key(session, bytes(digest)) == "key 77"
        assert blobs.ever_named(session, ["key 1", "key 2", "no key"]) == {"key 1", "key 2"}
        queries.document(session, UUID("00000000-0000-7000-8002-000000000012"), STEFAN)

    assert len(plans) >= 6
    assert not [plan for plan in plans if SCANNED.search(plan)]


# Before a row goes, PostgreSQL looks who points at it; each of these is asked that way too.
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("documents", "contact_id"),
        ("documents", "part_of"),
        ("document_versions", "blob_id"),
        ("document_versions", "document_id"),
        ("uploads", "document_id"),
        ("uploads", "expires_at"),
    ],
)
def test_whatever_points_at_a_row_is_found_by_an_index(full, table, column):
    indexed = full.scalars(text("SELECT indexdef FROM pg_indexes WHERE tablename = :table"), {"table": table}).all()

    assert [one for one in indexed if f"({column}" in one]
