"""Thirty days after it was put into the trash a document goes for good: not before, and at most a day later."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.documents.conftest import PDF, if_match
from tests.documents.protection.test_holds import hold

from pretamane.core.actors import OPERATOR
from pretamane.documents.protection import holds
from pretamane.documents.retention.retiring import KEPT_IN_TRASH


@pytest.fixture
def trash(put, as_staff):
    def trashed(title):
        document = put(PDF + title.encode(), title=title).json()["id"]
        assert as_staff.delete(f"/api/v1/documents/{document}", headers=if_match(1)).status_code == 204
        return document

    return trashed


@pytest.fixture
def left(connection):
    return lambda: list(connection.scalars(text("SELECT title FROM documents ORDER BY title")))


def test_hour_by_hour_it_stays_for_thirty_days_and_at_most_a_day_more(trash, left, the_hour_comes, clock):
    trash("Old")
    trashed_at = clock.time

    clock.time = trashed_at + KEPT_IN_TRASH - timedelta(hours=3)
    while left():
        clock.move(3600)
        the_hour_comes()

    assert timedelta(0) <= clock.time - (trashed_at + KEPT_IN_TRASH) < timedelta(days=1)


def test_its_bytes_go_and_the_audit_says_what_did_it(trash, the_hour_comes, clock, do_jobs, blobs, connection):
    document = trash("Old")
    clock.move(KEPT_IN_TRASH.total_seconds() + 3600)
    the_hour_comes()
    do_jobs()

    said = "SELECT actor, account_id FROM audit_entries WHERE act = 'document.purged' AND subject = :id"
    assert connection.execute(text(said), {"id": document}).all() == [("the end of the trash", None)]
    assert blobs() == []


def test_what_is_on_hold_stays_and_once_the_hold_is_lifted_it_has_all_its_days_again(
    trash, left, the_hour_comes, as_staff, platform, clock
):
    held = trash("Held")
    hold(as_staff, f"/api/v1/documents/{held}")
    trash("Not held")
    clock.move(KEPT_IN_TRASH.total_seconds() + 3600)
    the_hour_comes()
    while_held = left()
    platform.work.run_now(holds.lift, [UUID(held)], OPERATOR)
    the_hour_comes()
    after_the_lift = left()
    clock.move(KEPT_IN_TRASH.total_seconds() + 3600)
    the_hour_comes()

    assert (while_held, after_the_lift, left()) == (["Held"], ["Held"], [])


def test_what_was_taken_out_in_time_stays(trash, left, the_hour_comes, as_staff, clock):
    document = trash("Kept after all")
    as_staff.post(f"/api/v1/documents/{document}/restore", headers=if_match(2))

    clock.move(KEPT_IN_TRASH.total_seconds() * 2)
    the_hour_comes()

    assert left() == ["Kept after all"]


def test_put_there_again_its_time_begins_anew(trash, left, the_hour_comes, sign_in, staff, clock):
    document = trash("Old")
    clock.move(86_400 * 20)
    as_staff = sign_in(staff)
    as_staff.post(f"/api/v1/documents/{document}/restore", headers=if_match(2))
    as_staff.delete(f"/api/v1/documents/{document}", headers=if_match(3))
    clock.move(86_400 * 20)
    the_hour_comes()

    assert left() == ["Old"]
