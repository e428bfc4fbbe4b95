"""One change is one transaction, committed before the answer leaves."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated, Concatenate, ParamSpec, TypeVar

from anyio import to_thread
from fastapi import Depends, Request
from sqlalchemy.orm import Session

from pretamane.core.database import Database

P = ParamSpec("P")
T = TypeVar("T")


class UnitOfWork:
    """Runs one verb in one transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def run_now(self, verb: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self.database.transaction() as session:
            return verb(session, *args, **kwargs)

    async def run(self, verb: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same for handlers that stream: off the event loop, and finished even when the client leaves."""
        return await to_thread.run_sync(partial(self.run_now, verb, *args, **kwargs))


def _work(request: Request) -> UnitOfWork:
    work: UnitOfWork = request.app.state.work
    return work


def _transaction(request: Request) -> Iterator[Session]:
    with _work(request).database.transaction() as session:
        yield session


Work = Annotated[UnitOfWork, Depends(_work)]
# scope="function": the commit comes before the answer; FastAPI's default would commit after it.
Transaction = Annotated[Session, Depends(_transaction, scope="function")]
