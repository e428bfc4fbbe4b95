"""No log line holds what people typed, nor what opens a door."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from pretamane.core import logging as log_lines
from pretamane.core import request_ids

SENTINEL = "sentinel Wednesday"
CONTACT = "INSERT INTO contacts (id, email, name, made_at) VALUES (gen_random_uuid(), {email}, {name}, now())"
PLANT = """
@planted.post("/planted/row-refused")
async def refuse_row(request: Request, work: Work):
    said = (await request.json())["message"]
    return await work.run(write, said)

def write(session, said):
    session.execute(
        text("INSERT INTO contacts (id, email, name, made_at) VALUES (gen_random_uuid(), NULL, :said, now())"),
        {"said": said},
    )
"""


@pytest.fixture(params=["json", "plain"])
def logged(request: pytest.FixtureRequest) -> Iterator[Callable[[BaseException], str]]:
    """What `configure` makes of an exception, in each form."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    log_lines.configure("info", request.param, stream)

    def lines_of(failure: BaseException) -> str:
        logging.getLogger("pretamane.test").error("it failed: %s", failure, exc_info=failure)
        return stream.getvalue()

    yield lines_of
    root.handlers[:] = handlers
    root.setLevel(level)


def failure_of(address: str, *statements: str) -> DBAPIError:
    engine = create_engine(address, poolclass=NullPool)
    with pytest.raises(DBAPIError) as caught:
        run_all(engine, statements)
    return caught.value


def run_all(engine: Engine, statements: Iterable[str]) -> None:
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_a_key_that_is_taken_is_told_without_the_key(logged: Callable[[BaseException], str], postgres: str) -> None:
    twice = CONTACT.format(email=f"'{SENTINEL}'", name="'Ada'")
    failure = failure_of(postgres, twice, twice)
    lines = logged(failure)

    assert SENTINEL in str(failure)
    assert "DETAIL" in str(failure)
    assert SENTINEL not in lines
    assert "UniqueViolation" in lines
    assert "uq_contacts_email" in lines
    assert "test_logging.py" in lines


def test_a_failing_row_is_not_told(logged: Callable[[BaseException], str], postgres: str) -> None:
    failure = failure_of(postgres, CONTACT.format(email="NULL", name=f"'{SENTINEL}'"))
    lines = logged(failure)

    assert "Failing row contains" in str(failure)
    assert SENTINEL in str(failure)
    assert SENTINEL not in lines
    assert "NotNullViolation" in lines
    assert "contacts, email" in lines


@pytest.mark.parametrize("typed", [SENTINEL, f'a" {SENTINEL} "b', f'a" {SENTINEL}\nb'])
def test_a_value_that_does_not_fit_is_not_told(
    logged: Callable[[BaseException], str], postgres: str, typed: str
) -> None:
    failure = failure_of(postgres, f"SELECT '{typed}'::integer")
    lines = logged(failure)

    assert SENTINEL in str(failure)
    assert SENTINEL not in lines
    assert "invalid input syntax for type integer" in lines


def test_a_database_password_is_not_told(logged: Callable[[BaseException], str]) -> None:
    refused = failure_of("postgresql+psycopg2://someone:sentinel-word@127.0.0.1:1/x?connect_timeout=2")
    malformed = failure_of("postgresql+psycopg2://x/x?passfile=a&sentinel_word=b")
    lines = logged(refused) + logged(malformed) + logged(OSError("postgresql://someone:sentinel-word@db/x"))

    assert "sentinel" in str(malformed)
    assert "sentinel" not in lines
    assert "Connection refused" in lines
    assert "postgresql://someone:<password>@db/x" in lines


def test_every_link_of_the_chain_is_told_with_its_place_and_without_values(
    logged: Callable[[BaseException], str], postgres: str
) -> None:
    chained = RuntimeError("while saving")
    chained.__cause__ = failure_of(postgres, f"SELECT '{SENTINEL}'::integer")
    lines = logged(ExceptionGroup("two at once", [chained, KeyError("plain")]))

    told = ["InvalidTextRepresentation", "sqlalchemy.exc.DataError", "RuntimeError: while saving", "two at once"]
    assert [lines.count(each) >= 1 for each in told] == [True] * 4
    assert "KeyError: 'plain'" in lines
    assert f"in {run_all.__name__}" in lines
    assert SENTINEL not in lines


def line_in(form: str, request_id: str | None) -> str:
    stream, remembered = io.StringIO(), request_ids.current.set(request_id)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        log_lines.configure("info", form, stream)
        logging.getLogger("pretamane.test").info("It is kept.")
    finally:
        request_ids.current.reset(remembered)
        root.handlers[:] = handlers
        root.setLevel(level)
    return stream.getvalue()


def test_a_line_says_which_request_it_belongs_to_in_each_form() -> None:
    plain, machine = line_in("plain", "a-request"), json.loads(line_in("json", "a-request"))

    assert re.fullmatch(r"\d\d:\d\d:\d\d INFO    It is kept\. \[a-request\]\n", plain)
    assert machine.keys() == {"time", "level", "logger", "message", "request_id"}
    assert (machine["message"], machine["request_id"]) == ("It is kept.", "a-request")


def test_a_line_of_no_request_names_none() -> None:
    assert line_in("plain", None).endswith("It is kept.\n")
    assert json.loads(line_in("json", None))["request_id"] is None


def logged_statuses(service):
    return [line["status"] for line in service.log_lines if "status" in line]


def test_a_real_run_with_failures_logs_nothing_that_was_sent(start_service, database_address):
    service = start_service(PLANT, database_url=database_address, log_level="debug")
    secrets = {
        "Cookie": "session=sentinel-cookie",
        "Authorization": "Bearer sentinel-bearer",
        "Idempotency-Key": "sentinel-key-0123456789",
        "X-Request-ID": "a-run-with-failures",
    }
    message = {"name": "sentinel-name", "email": "sentinel@example.org", "message": SENTINEL}
    statuses = [
        service.post("/planted/row-refused?q=sentinel-query", {"message": SENTINEL}, secrets)[0],
        service.post("/api/v1/contact?q=sentinel-query", message, secrets)[0],
        service.post("/api/v1/contact", message | {"email": "sentinel-no-address"}, secrets)[0],
        service.ask("GET", "/share/sentinel-0123456789abcdefghijkl?q=sentinel-query", headers=secrets)[0],
    ]

    service.eventually(lambda: logged_statuses(service)[-4:] == statuses)
    assert statuses == [500, 201, 422, 404]
    assert "NotNullViolation" in service.log
    assert "sentinel" not in service.log.lower()
    assert [line["request_id"] for line in service.log_lines][-4:] == ["a-run-with-failures"] * 4
