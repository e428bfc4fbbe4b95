"""What is on hold stays, whoever or whatever would remove it."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.conftest import MovableClock
from tests.documents.conftest import PDF, if_match
from tests.documents.protection.test_restricted import restrict, titles
from tests.workbench import workbench_at

from pretamane.core.actors import OPERATOR
from pretamane.core.errors import Conflict, NotFound
from pretamane.documents import service
from pretamane.documents.protection import holds

REASON = "The court of Basel, 12/2026"


@pytest.fixture
def letter(put):
    return f"/api/v1/documents/{put(title='Letter').json()['id']}"


def hold(client, document, reason=REASON):
    answer = client.post(f"{document}/hold", json={"reason": reason})
    assert answer.status_code == 200, answer.text
    return answer.json()


def version_of(client, document):
    return {"If-Match": client.get(document).headers["etag"]}


def test_it_says_why_since_when_and_by_whom(letter, as_staff, as_viewer, staff, clock):
    hold(as_staff, letter)

    told = as_viewer.get(f"{letter}/hold").json()
    assert (told["is_held"], told["reason"], told["held_by"]) == (True, REASON, str(staff.id))
    assert as_viewer.get(letter).json()["held_at"] == clock.now().isoformat().replace("+00:00", "Z")


def test_held_again_it_keeps_its_first_reason(letter, as_staff):
    hold(as_staff, letter)

    assert hold(as_staff, letter, "Another")["reason"] == REASON


def test_it_goes_into_no_trash(letter, as_staff):
    hold(as_staff, letter)

    answer = as_staff.delete(letter, headers=version_of(as_staff, letter))

    assert (answer.status_code, answer.json()["code"], titles(as_staff)) == (409, "on-hold", ["Letter"])


def test_out_of_the_trash_it_is_not_removed(letter, as_staff, as_admin, do_jobs, blobs):
    as_staff.delete(letter, headers=if_match(1))
    hold(as_staff, letter)

    answer = as_admin.post(f"{letter}/purge")
    do_jobs()

    assert (answer.status_code, answer.json()["code"], len(blobs())) == (409, "on-hold", 1)
    assert titles(as_admin, trashed=True) == ["Letter"]


def test_only_an_administrator_lifts_it_and_then_it_goes(letter, as_staff, as_admin):
    hold(as_staff, letter)

    by_staff, by_admin = (each.delete(f"{letter}/hold") for each in (as_staff, as_admin))

    assert (by_staff.status_code, by_admin.status_code) == (403, 204)
    assert as_staff.get(f"{letter}/hold").json()["is_held"] is False
    assert as_staff.delete(letter, headers=version_of(as_staff, letter)).status_code == 204


def test_both_are_in_the_audit_and_the_reason_in_neither(letter, as_staff, as_admin, connection):
    hold(as_staff, letter)
    as_admin.delete(f"{letter}/hold")

    acts = connection.execute(
        text("SELECT act, details::text FROM audit_entries WHERE act LIKE '%hold%' OR act LIKE '%held' ORDER BY id")
    )
    assert acts.all() == [("document.held", "{}"), ("document.hold-lifted", "{}")]
    told = connection.scalars(text("SELECT name FROM events WHERE details::text LIKE '%Basel%'")).all()
    assert told == []


def test_several_are_held_together_or_none(put, as_staff, as_admin):
    several = [put(PDF + bytes([number]), title=str(number)).json()["id"] for number in range(3)]
    unknown = "00000000-0000-7000-8000-000000000000"

    refused = as_staff.post("/api/v1/holds", json={"documents": [*several, unknown], "reason": REASON})
    none = as_staff.get("/api/v1/holds").json()["items"]
    placed = as_staff.post("/api/v1/holds", json={"documents": several, "reason": REASON})
    listed = as_staff.get("/api/v1/holds").json()["items"]
    lifted = as_admin.post("/api/v1/holds/lift", json={"documents": several[:2]})

    assert (refused.status_code, none) == (404, [])
    assert (placed.json(), sorted(each["title"] for each in listed)) == ({"placed": 3}, ["0", "1", "2"])
    assert (lifted.status_code, [each["title"] for each in as_staff.get("/api/v1/holds").json()["items"]]) == (
        204,
        ["2"],
    )


def test_the_list_goes_on_where_it_ended(put, as_staff, clock):
    for number in range(3):
        hold(as_staff, f"/api/v1/documents/{put(PDF + bytes([number]), title=str(number)).json()['id']}")
        clock.move(1)

    first = as_staff.get("/api/v1/holds", params={"limit": 2}).json()
    rest = as_staff.get("/api/v1/holds", params={"limit": 2, "cursor": first["next"]}).json()

    assert [each["title"] for each in first["items"] + rest["items"]] == ["2", "1", "0"]


def test_who_may_not_know_of_a_document_neither_holds_it_nor_sees_it_held(letter, as_staff, as_admin, staff):
    hold(as_staff, letter)
    restrict(as_staff, letter, staff)

    answers = [as_admin.get(f"{letter}/hold"), as_admin.delete(f"{letter}/hold")]
    several = as_admin.post("/api/v1/holds/lift", json={"documents": [letter[-36:]]})

    assert [answer.status_code for answer in (*answers, several)] == [404, 404, 404]
    assert (as_admin.get("/api/v1/holds").json()["items"], len(as_staff.get("/api/v1/holds").json()["items"])) == (
        [],
        1,
    )


@pytest.fixture
def committed(database_address):
    """Verbs in transactions that commit, and a document in the trash."""
    with workbench_at(database_address, MovableClock()) as bench:
        document = UUID(int=2**64 + 1)
        bench.do("SET CONSTRAINTS ALL DEFERRED")
        bench.work.run_now(
            lambda session: session.execute(text(_A_DOCUMENT), {"id": document, "version": UUID(int=2**64 + 2)})
        )
        yield bench, document


_A_DOCUMENT = """
    WITH kept AS (
        INSERT INTO blobs (id, key, sha256, size, made_at) VALUES (:version, 'key', sha256('a'), 1, now()) RETURNING id
    ), filed AS (
        INSERT INTO documents (id, title, current_version_id, made_at, changed_at, trashed_at)
        VALUES (:id, 'Letter', :version, now(), now(), now()) RETURNING id
    )
    INSERT INTO document_versions (id, document_id, number, blob_id, filename, media_type, kind, state, made_at)
    VALUES (:version, :id, 1, :version, 'a.txt', 'text/plain', 'txt', 'ready', now())
"""
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def hold_it(session, document):
    holds.place(session, [document], REASON, OPERATOR)


def purge_it(session, document):
    service.purge(session, document, OPERATOR)


@pytest.mark.parametrize(
    ("first", "second", "refusal", "is_there"), [(hold_it, purge_it, Conflict, 1), (purge_it, hold_it, NotFound, 0)]
)
def test_of_a_hold_and_a_purge_at_once_one_wins_and_never_both(committed, first, second, refusal, is_there):
    bench, document = committed

    def and_the_other_waits(session):
        first(session, document)
        session.flush()
        other = threads.submit(bench.work.run_now, second, document)
        patience = time.monotonic() + 20
        while not bench.ask(_WAITING)[0]:
            assert time.monotonic() < patience
            time.sleep(0.02)
        return other

    with ThreadPoolExecutor(1) as threads:
        other = bench.work.run_now(and_the_other_waits)
        with pytest.raises(refusal):
            other.result()

    assert bench.ask("SELECT count(*) FROM documents") == [is_there]
    assert bench.ask("SELECT count(*) FROM documents WHERE held_at IS NOT NULL") == [is_there]
