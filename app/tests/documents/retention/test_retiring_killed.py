"""kill -9 in the middle of a rule's work or of the end of the trash: afterwards each document went, and once."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.documents.reading.test_processing_killed import House, eventually, house  # noqa: F401  # a fixture
from tests.workbench import queued

from pretamane.documents.retention import retiring

MANY = 600
COPIES = """
    WITH version AS (SELECT * FROM document_versions LIMIT 1), made AS (
        SELECT gen_random_uuid() AS id, gen_random_uuid() AS version FROM generate_series(1, :many)
    ), filed AS (
        INSERT INTO documents (id, title, current_version_id, made_at, changed_at, type_id, document_date, trashed_at)
        SELECT made.id, 'Copy', made.version, version.made_at, version.made_at, CAST(:type AS uuid), '2020-01-01',
            CAST(:trashed AS timestamptz) FROM made, version RETURNING id
    )
    INSERT INTO document_versions (id, document_id, number, blob_id, filename, media_type, kind, state, made_at)
    SELECT made.version, made.id, 1, blob_id, filename, media_type, kind, state, made_at FROM made, version
"""
A_RULE = """
    WITH type AS (INSERT INTO document_types (id, name, made_at) VALUES (:type, 'Invoice', now()) RETURNING id)
    INSERT INTO retention_rules (id, name, type_id, keep_days, counted_from, made_at, in_force_since)
    SELECT gen_random_uuid(), 'Invoices', id, 30, 'document_date', now(), now() FROM type
"""
TRASHED = {"type": None, "trashed": "2020-01-01"}
OVER = {"type": str(uuid4()), "trashed": None}


def do(house: House, statement: str, **values: object) -> None:  # noqa: F811
    house.platform.work.run_now(lambda session: session.execute(text(statement), values))


@pytest.mark.parametrize(
    ("job", "act", "so"),
    [(retiring.EMPTY_TRASH, "document.purged", TRASHED), (retiring.RETIRE, "document.trashed", OVER)],
)
def test_whoever_is_killed_in_the_middle_begins_anew_and_each_goes_once(house: House, job, act, so):  # noqa: F811
    kept = house.file(b"Kept", "kept.txt")
    if so["type"]:
        do(house, A_RULE, type=so["type"])
    do(house, COPIES, many=MANY, **so)
    house.platform.work.run_now(queued, job, unique=job)

    def gone() -> list[Any]:
        """How many entries of the audit, and of how many documents."""
        [counts] = house.ask("SELECT count(*), count(DISTINCT subject) FROM audit_entries WHERE act = :act", act=act)
        return list(counts)

    first = house.hire()
    eventually(lambda: gone()[0] > 0)
    first.kill()
    at_the_kill = gone()[0]
    house.hire()
    eventually(lambda: gone()[0] == MANY)
    house.finish()

    assert 0 < at_the_kill < MANY
    assert gone() == [MANY, MANY]
    assert house.ask("SELECT id::text FROM documents WHERE trashed_at IS NULL") == [(kept,)]
