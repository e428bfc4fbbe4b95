"""How often one client may ask: the same for every process, and nobody can talk their way past it."""

import os
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from limits import parse
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient

from pretamane.core.http import rate_limits
from pretamane.core.http.rate_limits import PostgresWindows
from pretamane.wiring import build_app

ALLOWED, CLIENTS, EACH = 20, 50, 2
POST_COUNT = {"name": "http_request_duration_seconds_count", "route": "/api/v1/contact", "method": "POST"}


def message(number):
    return {"name": "Ada Byron", "email": f"ada{number}@example.org", "message": "Could you call me?"}


def forged(number):
    address = f"203.0.113.{number}"
    return {
        "X-Forwarded-For": address,
        "Cf-Connecting-Ip": address,
        "X-Real-Ip": address,
        "Forwarded": f"for={address}",
    }


def test_exactly_the_limit_passes_across_processes_and_is_counted_once(start_service, database_address):
    service = start_service(
        database_url=database_address, web_processes=4, contact_limit=f"{ALLOWED}/hour", database_pool_size=5
    )

    def post(number):
        return service.post("/api/v1/contact", message(number), forged(number % CLIENTS))

    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = list(clients.map(post, range(CLIENTS * EACH)))

    passed = [headers["ratelimit"] for status, headers, _ in answers if status == 201]
    refused = [headers for status, headers, _ in answers if status == 429]
    assert Counter(status for status, _, _ in answers) == {201: ALLOWED, 429: CLIENTS * EACH - ALLOWED}
    assert sorted(int(told.split("r=")[1].split(";")[0]) for told in passed) == list(range(ALLOWED))
    assert all(0 < int(headers["retry-after"]) <= 3600 for headers in refused)
    assert rows(database_address, "SELECT count(*) FROM submissions") == [(ALLOWED,)]
    assert_the_sum_is_true_also_after_a_kill(service)


def assert_the_sum_is_true_also_after_a_kill(service):
    """Counted on a service that has just answered a known number of posts, which is dear to bring about twice."""
    posts = CLIENTS * EACH
    service.eventually(lambda: service.counted(**POST_COUNT) == posts)
    before = service.web_processes()
    counting = {path.stem.split("_")[1] for path in (service._errors.parent / "metrics").glob("*/counter_*.db")}
    assert len(before) == 4
    assert len(counting) > 1, "one process answered everything, so nothing was added up"

    os.kill(before[0], signal.SIGKILL)
    service.eventually(lambda: len(service.web_processes()) == 4 and before[0] not in service.web_processes())

    assert service.counted(**POST_COUNT) == posts
    assert service.counted("submissions_total", status="new") == ALLOWED
    assert service.counted("rate_limited_total", limit="contact") == posts - ALLOWED
    assert service.post("/api/v1/contact", message(0))[0] == 429
    service.eventually(lambda: service.counted(**POST_COUNT) == posts + 1)


def rows(address, sql):
    engine = create_engine(address)
    with engine.connect() as reading:
        found = [tuple(row) for row in reading.execute(text(sql))]
    engine.dispose()
    return found


@pytest.fixture
def limited(platform, settings):
    """A client whose address is known, and that may send two messages a minute."""
    platform.settings = settings.model_copy(update={"contact_limit": "2/minute"})
    with TestClient(build_app(platform), client=("192.0.2.77", 4711)) as client:
        yield client


def send(client, number=1, **headers):
    return client.post("/api/v1/contact", json=message(number), headers=headers)


def test_each_answer_tells_the_policy_what_is_left_and_when_it_ends(limited, clock):
    first = send(limited)
    clock.move(20)
    second, third = send(limited), send(limited)

    assert [answer.status_code for answer in (first, second, third)] == [201, 201, 429]
    assert {answer.headers["ratelimit-policy"] for answer in (first, second, third)} == {'"contact";q=2;w=60'}
    assert [answer.headers["ratelimit"] for answer in (first, second, third)] == [
        *('"contact";r=1;t=60', '"contact";r=0;t=40', '"contact";r=0;t=40')
    ]
    assert third.headers["retry-after"] == "40"
    assert third.json()["code"] == "too-many-requests"
    assert "40 seconds" in third.json()["detail"]
    assert "retry-after" not in second.headers


def test_a_window_ends_when_its_time_has_passed(limited, clock):
    statuses = [send(limited).status_code for _ in range(3)]
    clock.move(59.9)
    statuses.append(send(limited).status_code)
    clock.move(0.1)
    statuses += [send(limited).status_code for _ in range(3)]

    assert statuses == [201, 201, 429, 429, 201, 201, 429]


def test_what_is_refused_for_its_content_counts_too(limited):
    statuses = [limited.post("/api/v1/contact", json={}).status_code for _ in range(3)]

    assert statuses == [422, 422, 429]


def test_forged_addresses_make_no_client_of_their_own(limited):
    statuses = [send(limited, **forged(number)).status_code for number in range(4)]

    assert statuses == [201, 201, 429, 429]


def test_each_client_behind_a_trusted_proxy_has_a_limit_of_its_own(platform, settings):
    changed = {
        "contact_limit": "1/minute",
        "trusted_proxies": "192.0.2.0/24",
        "client_address_header": "Cf-Connecting-Ip",
    }
    told = settings.model_dump() | changed | {"cors_origins": "https://www.practice.example"}
    platform.settings = type(settings).model_validate(told)
    proxy = TestClient(build_app(platform), client=("192.0.2.77", 4711))

    def sent_for(address):
        return send(proxy, **{"Cf-Connecting-Ip": address, "X-Forwarded-For": "198.51.100.1"}).status_code

    assert [sent_for("203.0.113.1"), sent_for("203.0.113.1"), sent_for("203.0.113.2")] == [201, 429, 201]
    assert [sent_for("2001:db8::1"), sent_for("2001:db8::2")] == [201, 429]


def test_the_table_holds_no_address(limited, connection):
    send(limited)

    [[key]] = connection.execute(text("SELECT key FROM rate_limit_windows")).all()
    assert key.startswith("contact:")
    assert "192.0.2.77" not in str(connection.execute(text("SELECT * FROM rate_limit_windows")).all())


def test_ended_windows_are_swept_and_running_ones_are_not(limited, platform, clock, connection):
    send(limited)
    count = text("SELECT count(*) FROM rate_limit_windows")
    clock.move(59)
    platform.work.run_now(rate_limits.forget_ended, clock.now())
    running = connection.scalar(count)
    clock.move(1)
    platform.work.run_now(rate_limits.forget_ended, clock.now())

    assert (running, connection.scalar(count)) == (1, 0)


@pytest.fixture
def windows(connection, clock):
    return PostgresWindows(connection, clock)


def test_the_librarys_own_limiter_works_over_the_store(windows, clock):
    limiter, limit = FixedWindowRateLimiter(windows), parse("3/minute")

    passed = [limiter.hit(limit, "somebody") for _ in range(4)]
    stats = limiter.get_window_stats(limit, "somebody")
    clock.move(60)

    assert passed == [True, True, True, False]
    assert (stats.remaining, stats.reset_time) == (0, clock.now().timestamp())
    assert limiter.test(limit, "somebody")
    assert limiter.hit(limit, "somebody", cost=3)
    assert not limiter.test(limit, "somebody")
    limiter.clear(limit, "somebody")
    assert limiter.test(limit, "somebody")


def test_the_store_keeps_the_contract_of_its_seven_methods(windows, clock):
    assert windows.check() is True
    assert (windows.get("a"), windows.get_expiry("a")) == (0, clock.now().timestamp())
    assert [windows.incr("a", 60), windows.incr("a", 60, amount=4), windows.incr("b", 5)] == [1, 5, 1]
    assert (windows.get("a"), windows.get_expiry("a")) == (5, clock.now().timestamp() + 60)
    clock.move(5)
    assert (windows.get("a"), windows.get("b")) == (5, 0)
    windows.clear("a")
    assert windows.get("a") == 0
    assert windows.reset() == 1
    assert windows.reset() == 0
    assert issubclass(ZeroDivisionError, windows.base_exceptions)
