"""Rules of retention: never early, at most a day late, and only after somebody has seen what goes."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from tests.documents.conftest import PDF, if_match
from tests.documents.protection.test_holds import hold
from tests.documents.protection.test_restricted import restrict, titles

from pretamane.documents.retention import retiring

RULES = "/api/v1/retention-rules"
INVOICE, JUNK = UUID(int=101), UUID(int=102)
LONG_AGO = date(2020, 2, 29)


@pytest.fixture(autouse=True)
def filing(connection):
    """A type and a tag."""
    for table, identity, name in (("document_types", INVOICE, "Invoice"), ("tags", JUNK, "junk")):
        row = f"INSERT INTO {table} (id, name, made_at) VALUES (:id, :name, now())"  # noqa: S608  # ours
        connection.execute(text(row), {"id": identity, "name": name})


@pytest.fixture
def file_as(put, connection):
    def filed(title, *, type_id=None, tag_id=None, dated=None):
        document = put(PDF + title.encode(), title=title).json()["id"]
        facts = {"id": document, "type": type_id, "dated": dated}
        connection.execute(text("UPDATE documents SET type_id = :type, document_date = :dated WHERE id = :id"), facts)
        if tag_id:
            tagged = "INSERT INTO document_tags (document_id, tag_id) VALUES (:id, :tag)"
            connection.execute(text(tagged), {"id": document, "tag": tag_id})
        return document

    return filed


@pytest.fixture
def rule(as_admin):
    def made(days, counted_from="received", **about):
        said = {"name": "Invoices", "keep_days": days, "counted_from": counted_from}
        answer = as_admin.post(RULES, json={**said, **{name: str(value) for name, value in about.items()}})
        assert answer.status_code == 201, answer.text
        return f"{RULES}/{answer.json()['id']}"

    return made


@pytest.fixture
def in_force(rule, as_admin):
    def made(days, counted_from="received", **about):
        address = rule(days, counted_from, **about)
        seen = as_admin.get(f"{address}/dry-run").json()["now"]["count"]
        answer = as_admin.post(f"{address}/force", json={"would_go": seen}, headers=if_match(1))
        assert answer.status_code == 200, answer.text
        return address

    return made


@pytest.fixture
def trashed(connection):
    def names():
        asked = "SELECT title FROM documents WHERE trashed_at IS NOT NULL ORDER BY title"
        return list(connection.scalars(text(asked)))

    return names


def in_zone(connection, zone):
    connection.execute(text("UPDATE practice SET time_zone = :zone"), {"zone": zone})


def test_hour_by_hour_it_goes_within_a_day_of_the_end_of_its_last_and_never_before(
    file_as, in_force, the_hour_comes, trashed, clock, connection
):
    in_zone(connection, "Pacific/Auckland")
    file_as("Bill", type_id=INVOICE)
    in_force(3, type_id=INVOICE)
    last_day_ends = datetime(2026, 3, 6, tzinfo=ZoneInfo("Pacific/Auckland"))

    while not trashed():
        clock.move(3600)
        the_hour_comes()

    assert timedelta(0) <= clock.time - last_day_ends < timedelta(days=1)


ZONES = st.sampled_from(
    ["UTC", "Europe/Zurich", "America/Santiago", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Cairo"]
)
MOMENTS = st.integers(1_672_531_200, 1_893_456_000).map(lambda second: datetime.fromtimestamp(second, UTC))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ZONES, MOMENTS, st.integers(1, 800), st.integers(-3, 3), st.integers(0, 86_399), st.booleans())
@example("Europe/Zurich", datetime(2024, 2, 29, 22, 59, tzinfo=UTC), 365, 1, 0, True)
@example("Europe/Zurich", datetime(2026, 3, 28, 23, 0, tzinfo=UTC), 1, 1, 0, False)
@example("America/Santiago", datetime(2026, 9, 5, 12, 0, tzinfo=UTC), 1, 0, 86_399, False)
@example("Africa/Cairo", datetime(2026, 4, 23, 22, 30, tzinfo=UTC), 1, 0, 0, False)
def test_wherever_the_clock_stands_a_day_is_kept_to_its_end_and_no_longer(
    kept, zone, received, days, off_by, second, is_dated
):
    """Off by so many days, the clock stands at that second after the last day that it is kept."""
    place = ZoneInfo(zone)
    counted = received.astimezone(place).date()
    looked_at = datetime.combine(counted + timedelta(days=days + off_by), datetime.min.time(), place)
    moment = looked_at.astimezone(UTC) + timedelta(seconds=second)

    is_gone = kept(zone, moment, days, received=received, dated=counted if is_dated else None)

    assert is_gone == (moment.astimezone(place).date() > counted + timedelta(days=days))


@pytest.fixture
def kept(file_as, in_force, platform, connection, clock):
    """Whether it is in the trash when the rule was looked at in that moment."""
    document, address = file_as("Bill", type_id=INVOICE), in_force(1, type_id=INVOICE)
    begun = clock.time

    def is_gone(zone, moment, days, received, dated):
        in_zone(connection, zone)
        facts = {"id": document, "received": received, "dated": dated}
        as_filed = "UPDATE documents SET trashed_at = NULL, made_at = :received, document_date = :dated WHERE id = :id"
        connection.execute(text(as_filed), facts)
        terms = {"id": address[-36:], "days": days, "from": "document_date" if dated else "received"}
        as_ruled = "UPDATE retention_rules SET keep_days = :days, counted_from = :from WHERE id = :id"
        connection.execute(text(as_ruled), terms)
        clock.time = moment
        try:
            platform.work.run_now(retiring._retire_some, UUID(address[-36:]))
        finally:
            clock.time = begun
        return connection.scalar(text("SELECT trashed_at IS NOT NULL FROM documents"))

    return is_gone


def test_a_clock_that_is_set_back_takes_nothing_early(file_as, in_force, the_hour_comes, trashed, clock):
    file_as("Bill", type_id=INVOICE)
    in_force(10, type_id=INVOICE)

    clock.move(-86_400 * 400)
    the_hour_comes()
    clock.move(86_400 * 405)
    the_hour_comes()

    assert trashed() == []


def test_what_has_no_date_is_kept_by_a_rule_that_counts_from_it(file_as, in_force, the_hour_comes, trashed, clock):
    file_as("Undated", type_id=INVOICE)
    file_as("Dated", type_id=INVOICE, dated=date(2020, 2, 29))
    in_force(30, "document_date", type_id=INVOICE)

    clock.move(86_400 * 1000)
    the_hour_comes()

    assert trashed() == ["Dated"]


def test_a_rule_is_about_a_type_a_tag_or_both(file_as, in_force, the_hour_comes, trashed, clock):
    file_as("Invoice", type_id=INVOICE, dated=LONG_AGO)
    file_as("Junk", tag_id=JUNK, dated=LONG_AGO)
    file_as("Junk invoice", type_id=INVOICE, tag_id=JUNK, dated=LONG_AGO)
    file_as("Letter", dated=LONG_AGO)
    in_force(1, "document_date", type_id=INVOICE, tag_id=JUNK)
    clock.move(3600)
    the_hour_comes()
    both = trashed()
    in_force(1, "document_date", tag_id=JUNK)
    clock.move(3600)
    the_hour_comes()

    assert (both, trashed()) == (["Junk invoice"], ["Junk", "Junk invoice"])


def test_of_several_rules_the_most_patient_decides(file_as, in_force, the_hour_comes, trashed, clock):
    file_as("Both", type_id=INVOICE, tag_id=JUNK)
    in_force(1, tag_id=JUNK)
    in_force(100, type_id=INVOICE)

    clock.move(86_400 * 100)
    the_hour_comes()
    before = trashed()
    clock.move(86_400)
    the_hour_comes()

    assert (before, trashed()) == ([], ["Both"])


def test_a_rule_that_is_not_in_force_removes_nothing_and_keeps_nothing(
    file_as, rule, in_force, as_admin, the_hour_comes, trashed, clock
):
    file_as("Bill", type_id=INVOICE, dated=LONG_AGO)
    rule(10_000, "document_date", type_id=INVOICE)
    stopped = in_force(1, "document_date", type_id=INVOICE)
    as_admin.post(f"{stopped}/stop", headers=if_match(2))
    clock.move(3600)
    the_hour_comes()
    before = trashed()
    as_admin.post(f"{stopped}/force", json={"would_go": 1}, headers=if_match(3))
    clock.move(3600)
    the_hour_comes()

    assert (before, trashed()) == ([], ["Bill"])


def test_what_is_on_hold_stays(file_as, in_force, as_staff, the_hour_comes, trashed, clock):
    hold(as_staff, f"/api/v1/documents/{file_as('Held', type_id=INVOICE)}")
    in_force(1, type_id=INVOICE)

    clock.move(86_400 * 1000)
    the_hour_comes()

    assert trashed() == []


def test_a_dry_run_lists_what_goes_at_once_and_what_goes_within_thirty_days(file_as, rule, as_admin):
    file_as("Old", type_id=INVOICE, dated=date(2026, 1, 1))
    file_as("Soon", type_id=INVOICE, dated=date(2026, 2, 20))
    file_as("Later", type_id=INVOICE, dated=date(2026, 4, 1))

    told = as_admin.get(f"{rule(30, 'document_date', type_id=INVOICE)}/dry-run").json()

    assert [(told[when]["count"], [each["title"] for each in told[when]["items"]]) for when in ("now", "soon")] == [
        (1, ["Old"]),
        (1, ["Soon"]),
    ]
    assert [told[when]["items"][0]["day"] for when in ("now", "soon")] == ["2026-02-01", "2026-03-23"]


def test_only_who_has_seen_what_goes_puts_a_rule_in_force(file_as, rule, as_admin):
    address = rule(30, "document_date", type_id=INVOICE)
    seen = as_admin.get(f"{address}/dry-run").json()["now"]["count"]
    file_as("Came meanwhile", type_id=INVOICE, dated=date(2020, 1, 1))

    answer = as_admin.post(f"{address}/force", json={"would_go": seen}, headers=if_match(1))

    assert (answer.status_code, answer.json()["code"]) == (409, "dry-run-changed")
    assert as_admin.get(address).json()["in_force_since"] is None


def test_a_rule_that_is_changed_is_not_in_force_any_more(in_force, as_admin, connection):
    address = in_force(30, type_id=INVOICE)
    terms = {"name": "Sooner", "type_id": str(INVOICE), "keep_days": 1}

    changed = as_admin.put(address, json=terms, headers=if_match(2))
    unseen = as_admin.put(address, json=terms, headers=if_match(2))

    assert (changed.status_code, changed.json()["in_force_since"], unseen.status_code) == (200, None, 412)
    acts = connection.scalars(text("SELECT act FROM audit_entries WHERE act LIKE 'retention%' ORDER BY id")).all()
    assert acts == ["retention.made", "retention.in-force", "retention.changed"]


@pytest.mark.parametrize("about", [{}, {"type_id": str(JUNK)}, {"tag_id": str(INVOICE)}])
def test_no_rule_is_about_everything_or_about_what_is_not_there(as_admin, about):
    answer = as_admin.post(RULES, json={"name": "All", "keep_days": 1, **about})

    assert (answer.status_code, as_admin.get(RULES).json()["items"]) == (422, [])


@pytest.fixture
def secret(file_as, as_staff, staff):
    """Stefan's alone, and long over."""
    document = f"/api/v1/documents/{file_as('Secret', type_id=INVOICE, dated=LONG_AGO)}"
    assert restrict(as_staff, document, staff).status_code == 200


@pytest.mark.usefixtures("secret")
def test_a_rule_is_for_restricted_ones_too_and_tells_nobody_else_of_them(
    rule, as_admin, as_staff, the_hour_comes, trashed, clock
):
    address = rule(1, "document_date", type_id=INVOICE)
    told = as_admin.get(f"{address}/dry-run")
    as_admin.post(f"{address}/force", json={"would_go": 0}, headers=if_match(1))
    clock.move(3600)
    the_hour_comes()

    assert (told.json()["now"], "Secret" in told.text, trashed()) == ({"count": 0, "items": []}, False, ["Secret"])
    assert (titles(as_staff, trashed=True), titles(as_admin, trashed=True)) == (["Secret"], [])


def test_each_that_goes_has_its_entry_in_the_audit_as_the_rules_act(
    file_as, in_force, the_hour_comes, clock, connection
):
    document = file_as("Bill", type_id=INVOICE)
    address = in_force(1, type_id=INVOICE)
    clock.move(86_400 * 3)
    the_hour_comes()
    the_hour_comes()

    said = "SELECT actor, account_id, details FROM audit_entries WHERE act = 'document.trashed' AND subject = :id"
    assert connection.execute(text(said), {"id": document}).all() == [
        ("a rule of retention", None, {"rule": address[-36:]})
    ]


def test_more_than_one_part_goes(in_force, the_hour_comes, connection, clock, put):
    put(title="The first")
    in_force(1, type_id=INVOICE)
    many = retiring.AT_ONCE + 5
    copies = """
        WITH version AS (SELECT * FROM document_versions LIMIT 1), made AS (
            SELECT gen_random_uuid() AS id, gen_random_uuid() AS version FROM generate_series(1, :many)
        ), filed AS (
            INSERT INTO documents (id, title, current_version_id, made_at, changed_at, type_id)
            SELECT made.id, 'Copy', made.version, version.made_at, version.made_at, :type FROM made, version
            RETURNING id
        )
        INSERT INTO document_versions (id, document_id, number, blob_id, filename, media_type, kind, state, made_at)
        SELECT made.version, made.id, 1, blob_id, filename, media_type, kind, state, made_at FROM made, version
    """
    connection.execute(text(copies), {"many": many, "type": INVOICE})

    clock.move(86_400 * 3)
    the_hour_comes()

    assert connection.scalar(text("SELECT count(*) FROM documents WHERE trashed_at IS NOT NULL")) == many
