"""One change is one transaction: all of it or nothing, and known before anybody is told."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from pretamane.core.clock import SystemClock
from pretamane.core.database import Database, after_commit, open_engine
from pretamane.core.errors import Unavailable
from pretamane.core.http import problems
from pretamane.core.unit_of_work import Transaction, UnitOfWork

COUNT = text("SELECT count(*) FROM page_visits")


@pytest.fixture
def work(database_address: str) -> Iterator[UnitOfWork]:
    engine = open_engine(database_address, pool_size=1, pool_overflow=0, pool_wait=0.3, statement_timeout=5)
    database = Database(engine, SystemClock())
    yield UnitOfWork(database)
    engine.dispose()


@pytest.fixture
def beside(database_address: str) -> Iterator[Connection]:
    engine: Engine = create_engine(database_address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def note_a_visit(session: Session) -> None:
    session.execute(text("INSERT INTO page_visits (day, page, visits) VALUES ('2026-03-02', '/', 1)"))


def test_what_a_verb_wrote_is_committed_when_it_returns(work: UnitOfWork, beside: Connection) -> None:
    def verb(session: Session, word: str) -> str:
        note_a_visit(session)
        return word

    assert work.run_now(verb, "done") == "done"
    assert beside.scalar(COUNT) == 1


def test_a_verb_that_fails_leaves_nothing_and_no_follow_up_runs(work: UnitOfWork, beside: Connection) -> None:
    told: list[str] = []

    def verb(session: Session) -> None:
        note_a_visit(session)
        after_commit(session, lambda: told.append("kept"))
        raise KeyError("halfway")

    with pytest.raises(KeyError, match="halfway"):
        work.run_now(verb)
    assert (beside.scalar(COUNT), told) == (0, [])


def test_a_server_process_ended_before_the_commit_leaves_nothing_and_is_told(
    work: UnitOfWork, beside: Connection
) -> None:
    told: list[str] = []

    def verb(session: Session) -> None:
        note_a_visit(session)
        after_commit(session, lambda: told.append("kept"))
        process = session.scalar(text("SELECT pg_backend_pid()"))
        beside.execute(text("SELECT pg_terminate_backend(:process, 5000)"), {"process": process})

    with pytest.raises(Unavailable) as refused:
        work.run_now(verb)
    assert refused.value.code == "commit-unconfirmed"
    assert (beside.scalar(COUNT), told) == (0, [])
    work.run_now(note_a_visit)
    assert beside.scalar(COUNT) == 1


def test_a_route_whose_commit_fails_answers_503_and_never_201(work: UnitOfWork, beside: Connection) -> None:
    app = FastAPI()
    app.state.work = work
    problems.install(app)

    @app.post("/notes", status_code=201)
    def keep(session: Transaction) -> None:
        note_a_visit(session)
        process = session.scalar(text("SELECT pg_backend_pid()"))
        beside.execute(text("SELECT pg_terminate_backend(:process, 5000)"), {"process": process})

    answer = TestClient(app).post("/notes")

    assert (answer.status_code, answer.json()["code"]) == (503, "commit-unconfirmed")
    assert beside.scalar(COUNT) == 0
