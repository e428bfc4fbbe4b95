"""A house whose acts are recorded and sealed for real, and an owner of its database who can do anything to them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, create_engine, text

from pretamane.core.actors import OPERATOR
from pretamane.core.audit import NewestSeal, Sealer, record
from pretamane.core.audit.verifying import Verification
from pretamane.core.database import Database, open_engine
from pretamane.core.unit_of_work import UnitOfWork


class House:
    def __init__(self, app: Engine, owner: Engine, clock: Any, data_dir: Path) -> None:
        self.app, self.owner, self.clock = app, owner, clock
        self.work = UnitOfWork(Database(app, clock))
        self.newest = NewestSeal(data_dir)
        self.sealer = Sealer(self.newest)

    def act(self, times: int = 1) -> None:
        for _ in range(times):
            self.clock.move(1)
            self.work.run_now(lambda session: record(session, OPERATOR, "contact.changed", fields=["name", "phone"]))

    def seal(self) -> int:
        return self.work.run_now(self.sealer.seal_new)

    def act_and_seal(self, times: int) -> None:
        self.act(times)
        self.seal()

    def tamper(self, statement: str, **values: object) -> None:
        with self.owner.begin() as connection:
            connection.execute(text(statement), values)

    def found(self, query: str) -> list[Any]:
        with self.owner.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def entry(self, number: int) -> UUID:
        entries: dict[int, UUID] = dict(self.found("SELECT number, entry_id FROM audit_seals"))
        return entries[number]

    def faults(self) -> list[str]:
        return self.verify()[1]

    def verify(self) -> tuple[Verification, list[str]]:
        with self.app.connect() as connection:
            one_moment = connection.execution_options(isolation_level="REPEATABLE READ")
            verification = Verification(one_moment, self.newest, self.clock.now())
            return verification, list(verification.faults())


@pytest.fixture
def house(database_address: str, owner_address: str, clock: Any, tmp_path: Path) -> Iterator[House]:
    app = open_engine(database_address, pool_size=10, pool_overflow=0, pool_wait=10, statement_timeout=10)
    owner = create_engine(owner_address)
    yield House(app, owner, clock, tmp_path)
    app.dispose()
    owner.dispose()
