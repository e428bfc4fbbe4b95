"""Visits are counted by day and page, and nobody is known by them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import create_engine, text

from pretamane.core.clock import SystemClock
from pretamane.core.database import Database
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.insights import service

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


def counted(connection):
    return {
        (str(day), page): n for day, page, n in connection.execute(text("SELECT day, page, visits FROM page_visits"))
    }


def visit(client, page, headers=None):
    return client.post("/api/v1/visits", json={"page": page}, headers=headers or BROWSER)


def test_visits_are_counted_for_each_page_and_day(client, connection, clock):
    for page in ("/", "/", "/contact.html"):
        visit(client, page)
    clock.move(24 * 3600)
    answer = visit(client, "/")

    assert (answer.status_code, answer.content) == (204, b"")
    assert counted(connection) == {
        ("2026-03-02", "/"): 2,
        ("2026-03-02", "/contact.html"): 1,
        ("2026-03-03", "/"): 1,
    }


@pytest.mark.parametrize("agent", ["Googlebot/2.1", "curl/8.5.0", "python-requests/2.32", "HeadlessChrome/126", ""])
def test_a_known_bot_is_answered_alike_and_not_counted(client, connection, agent):
    answer = visit(client, "/", {"User-Agent": agent})

    assert answer.status_code == 204
    assert counted(connection) == {}


def test_a_phone_whose_maker_ends_in_bot_is_no_bot(client, connection):
    visit(
        client, "/", {"User-Agent": "Mozilla/5.0 (Linux; Android 13; CUBOT NOTE 50) Chrome/126.0 Mobile Safari/537.36"}
    )

    assert counted(connection) == {("2026-03-02", "/"): 1}


@pytest.mark.parametrize(
    "page",
    [
        "",
        "contact.html",
        "https://evil.example/",
        "/<script>",
        "/a b",
        "/a\nb",
        "/\x00",
        "/?q=1",
        "/" + "a" * 200,
        None,
        7,
    ],
)
def test_a_page_that_cannot_be_one_is_refused_with_a_sentence_and_not_counted(client, connection, page):
    answer = visit(client, page)

    assert answer.status_code == 422
    assert answer.json()["errors"]["page"].endswith(".")
    assert counted(connection) == {}


def test_invented_pages_are_counted_together_past_the_day_s_limit(platform, connection, monkeypatch):
    monkeypatch.setattr(service, "PAGES_A_DAY", 3)
    day = date(2026, 3, 2)

    for page in ("/1", "/2", "/3", "/4", "/5", "/1"):
        platform.work.run_now(service.count_visit, page, day)

    pages = {page: visits for (_day, page), visits in counted(connection).items()}
    assert pages == {"/1": 2, "/2": 1, "/3": 1, service.OTHER_PAGES: 2}


def test_visits_at_the_same_moment_are_all_counted(database_address):
    engine = create_engine(database_address, pool_size=8)
    work, day = UnitOfWork(Database(engine, SystemClock())), date(2026, 3, 2)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: work.run_now(service.count_visit, "/", day), range(80)))

    with engine.connect() as connection:
        assert counted(connection) == {("2026-03-02", "/"): 80}
    engine.dispose()


def test_no_cookie_is_set_and_no_visitor_s_address_is_stored(client, connection):
    answer = visit(client, "/")

    columns = text("SELECT column_name FROM information_schema.columns WHERE table_name = 'page_visits'")
    assert "set-cookie" not in answer.headers
    assert set(connection.scalars(columns)) == {"day", "page", "visits"}


def test_totals_leave_spam_out_and_change_their_tag_only_when_they_change(client):
    visit(client, "/")
    said = {"name": "Ada", "email": "ada@example.org", "message": "Hello"}
    client.post("/api/v1/contact", json=said)
    client.post("/api/v1/contact", json={**said, "leave_empty": "spam"})

    first = client.get("/api/v1/stats")
    same = client.get("/api/v1/stats", headers={"If-None-Match": first.headers["etag"]})
    visit(client, "/")
    changed = client.get("/api/v1/stats", headers={"If-None-Match": first.headers["etag"]})

    assert first.json() == {"visits": 1, "messages": 1}
    assert same.status_code == 304
    assert (changed.status_code, changed.json()) == (200, {"visits": 2, "messages": 1})
