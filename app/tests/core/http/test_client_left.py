"""Somebody who goes away before the answer: 499 in log and metric, and what was begun is finished."""

import time

import pytest
from sqlalchemy import create_engine, text

SLOW = """
@planted.post("/planted/slow")
async def keep_slowly(request: Request, work: Work):
    return await work.run(write_slowly)

def write_slowly(session):
    session.execute(text("INSERT INTO page_visits (day, page, visits) VALUES ('2026-03-02', '/slow', 1)"))
    session.execute(text("SELECT pg_sleep(0.6)"))
    return {"kept": True}

@planted.post("/planted/upload")
async def take_upload(request: Request):
    return {"bytes": len(await request.body())}
"""
REQUEST = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"


@pytest.fixture
def service(start_service, database_address):
    return start_service(SLOW, database_url=database_address)


def left(service, route):
    return service.counted("http_request_duration_seconds_count", route=route, status="499")


def test_a_client_that_leaves_is_499_and_its_commit_is_finished(service, database_address):
    connection = service.socket(REQUEST % (b"/planted/slow", 0))
    time.sleep(0.2)  # the transaction is open by now
    connection.close()
    service.eventually(lambda: left(service, "/planted/slow") == 1)

    engine = create_engine(database_address)
    with engine.connect() as reading:
        assert reading.scalar(text("SELECT visits FROM page_visits WHERE page = '/slow'")) == 1
    engine.dispose()
    assert [line["status"] for line in service.log_lines if line.get("route") == "/planted/slow"] == [499]
    assert not [line for line in service.log_lines if line["level"] in ("ERROR", "CRITICAL")], service.log


def test_a_client_that_leaves_during_its_upload_is_499_and_no_error(service):
    connection = service.socket(REQUEST % (b"/planted/upload", 100_000), b"a" * 5000)
    time.sleep(0.2)  # the handler waits for the rest
    connection.close()

    service.eventually(lambda: left(service, "/planted/upload") == 1)
    assert [line["status"] for line in service.log_lines if line.get("route") == "/planted/upload"] == [499]
    assert not [line for line in service.log_lines if line["level"] in ("ERROR", "CRITICAL")], service.log


def test_a_client_that_leaves_while_sending_the_form_is_499(service):
    head = b"POST /api/v1/contact HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: 5000\r\n\r\n"
    form = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nAda'
    service.socket(head % b"application/json", b"{").close()
    service.socket(head % b"application/x-www-form-urlencoded", b"name=Ada").close()
    service.socket(head % b"multipart/form-data; boundary=x", form).close()
    service.socket(REQUEST % (b"/api/v1/visits", 500), b"{").close()
    too_large = b"POST /api/v1/contact HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n\r\n"
    service.socket(too_large, b"a" * 5000).close()

    service.eventually(lambda: left(service, "/api/v1/contact") == 3)
    service.eventually(lambda: left(service, "/api/v1/visits") == 1)
    service.eventually(lambda: left(service, "none") == 1)
    assert not [line for line in service.log_lines if line["level"] in ("ERROR", "CRITICAL")], service.log


def test_a_client_that_waits_gets_its_answer_and_is_not_499(service):
    status, _, body = service.ask("POST", "/planted/slow")

    assert (status, body) == (200, b'{"kept":true}')
    service.eventually(
        lambda: service.counted("http_request_duration_seconds_count", route="/planted/slow", status="200") == 1
    )
    assert left(service, "/planted/slow") == 0
