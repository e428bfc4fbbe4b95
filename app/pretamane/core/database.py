"""PostgreSQL: one engine, transactions whose failures are refusals, tables that Alembic can name."""

import select
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, _ConnectionFairy

from pretamane.core import metrics, prepared
from pretamane.core.errors import Unavailable
from pretamane.ports import Clock

# libpq: give up on a server that does not answer, and notice a network that was cut while waiting for one.
CONNECT_SECONDS = 3
_NETWORK = {
    "connect_timeout": CONNECT_SECONDS,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}


class Record(DeclarativeBase):
    """What every table's class descends from."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def psycopg2_url(url: str) -> str:
    """SQLAlchemy takes a bare postgresql:// for another driver than ours."""
    return (
        make_url(url.replace("postgres://", "postgresql://", 1))
        .set(drivername="postgresql+psycopg2")
        .render_as_string(hide_password=False)
    )


def open_engine(
    url: str,
    *,
    pool_size: int,
    pool_overflow: int,
    pool_wait: float,
    statement_timeout: float,
    autocommit: bool = False,
) -> Engine:
    engine = create_engine(
        psycopg2_url(url),
        pool_size=pool_size,
        max_overflow=pool_overflow,
        pool_timeout=pool_wait,
        isolation_level="AUTOCOMMIT" if autocommit else "READ COMMITTED",
        hide_parameters=True,  # a failing statement's values are people's own words
        connect_args=_NETWORK
        | {"application_name": "pretamane", "options": f"-c statement_timeout={int(statement_timeout * 1000)}"},
    )
    event.listen(engine, "checkout", _refuse_a_dead_connection)
    return engine


def open_unpooled(url: str) -> Engine:
    """For asking whether the server is there: a full pool must not look like a dead server."""
    return create_engine(psycopg2_url(url), poolclass=NullPool, connect_args=_NETWORK | {"connect_timeout": 2})


def _refuse_a_dead_connection(
    connection: DBAPIConnection, _entry: ConnectionPoolEntry, _proxy: _ConnectionFairy
) -> None:
    """An idle connection has nothing to read unless the server closed it: cheaper than a ping, and as sure."""
    poller = select.poll()
    poller.register(connection.fileno(), select.POLLIN)
    if poller.poll(0):
        raise DisconnectionError


class Database:
    """Opens transactions; whoever fails inside gets a refusal that says whether a retry may help."""

    def __init__(
        self,
        bind: Engine | Connection,
        clock: Clock,
        autocommit: Engine | None = None,
        known: Mapping[str, Any] | None = None,
    ) -> None:
        """`autocommit` is for single statements that stand for themselves, whatever becomes of the request.

        `known` is what code inside a transaction may ask its session for, such as who listens to events.
        """
        self.bind = bind
        self.autocommit = autocommit or _in_autocommit(bind)
        self._known = {"clock": clock, **(known or {})}

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with (
            refusing_when_away(),
            Session(
                self.bind,
                expire_on_commit=False,
                join_transaction_mode="create_savepoint",
                info=dict(self._known),
            ) as session,
        ):
            yield session
            prepared.send_waiting(session)
            _commit(session)
            for follow_up in session.info.pop("after_commit", ()):
                follow_up()

    @contextmanager
    def one_moment(self) -> Iterator[Session]:
        """All of the database as it is now, however long the reading takes; nothing can be written."""
        with refusing_when_away(), self.bind.engine.connect() as connection:
            still = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with Session(still, info=dict(self._known)) as session:
                session.execute(text("SET LOCAL statement_timeout = 0"))
                yield session

    @contextmanager
    def autocommitting(self) -> Iterator[Connection]:
        """A connection on which each statement stands for itself."""
        with refusing_when_away():
            if isinstance(self.autocommit, Connection):  # a test's own, rolled back at its end
                yield self.autocommit
            else:
                with self.autocommit.connect() as connection:
                    yield connection


def _in_autocommit(bind: Engine | Connection) -> Engine | Connection:
    return bind.execution_options(isolation_level="AUTOCOMMIT") if isinstance(bind, Engine) else bind


def now(session: Session) -> datetime:
    clock: Clock = session.info["clock"]
    return clock.now()


def after_commit(session: Session, follow_up: Callable[[], None]) -> None:
    """For what must not be told before it is true: counters, never data."""
    session.info.setdefault("after_commit", []).append(follow_up)


def _commit(session: Session) -> None:
    try:
        session.commit()
    except DBAPIError as failure:
        raise Unavailable(
            "Saving could not be confirmed. Please try again in a moment.", code="commit-unconfirmed"
        ) from failure


@contextmanager
def refusing_when_away() -> Iterator[None]:
    try:
        yield
    except PoolExhausted as failure:
        metrics.POOL_EXHAUSTED.inc()
        raise Unavailable(
            "Every database connection is in use just now. Please try again in a moment.",
            code="database-busy",
            headers={"Retry-After": "2"},
        ) from failure
    except (OperationalError, InterfaceError) as failure:
        raise Unavailable(
            "The database cannot be reached just now, so nothing was saved. Please try again in a moment.",
            code="database-unavailable",
            headers={"Retry-After": "5"},
        ) from failure
