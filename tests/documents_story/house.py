"""A server of its own process that can be killed and comes back where it was, and whoever works there."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext
from pydantic import SecretStr
from sqlalchemy import text

from pretamane.accounts.models import Account, SignedInSession
from pretamane.accounts.recognition import LONGEST, SessionCookie
from pretamane.core import tokens
from pretamane.core.actors import Role
from pretamane.core.database import Record
from pretamane.core.jobs import run_due
from pretamane.core.migrations import migrate
from pretamane.settings import Settings
from pretamane.wiring import Platform, tasks
from tests.site_story.house import PRETAMANE, Postgres, await_answer, environment, free_port


class House:
    """Pages at 127.0.0.1, files at localhost: to a browser these are two sites."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder, self.port = folder, free_port()
        self.address, self.files = f"http://127.0.0.1:{self.port}", f"http://localhost:{self.port}"
        told = {"database_url": database, "data_dir": folder / "var", "public_url": self.address, "disk_reserve": 0}
        self._told = {**told, "files_url": self.files, "signing_key": "x" * 48}
        settings = Settings.model_validate({**self._told, "signing_key": SecretStr("x" * 48)})
        self.platform = Platform.build(settings)
        self.people = {role: self._hire(role) for role in (Role.STAFF, Role.ADMIN)}

    def start(self) -> None:
        asked = {f"PRETAMANE_{name.upper()}": str(value) for name, value in self._told.items()}
        log = self.folder / "serve.log"
        with log.open("ab") as lines:
            command = [*PRETAMANE, "serve", "--port", str(self.port)]
            self._process = subprocess.Popen(command, env=environment(**asked), stdout=lines, stderr=lines)
        await_answer(self.address, self._process, log)

    def kill(self) -> None:
        """The web process and whoever started it, at once."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        subprocess.run(["kill", "-9", str(self._process.pid), *children], check=True)
        self._process.wait(20)

    def end(self) -> None:
        self.kill()
        self.platform.close()
        for pool in (self.platform.database.bind.engine, self.platform.rate_limits.windows.bind.engine):
            pool.dispose()

    def let_in(self, context: BrowserContext, role: Role = Role.STAFF) -> None:
        token, at = tokens.new_token(), self.platform.clock.now()
        opened = SignedInSession(
            account_id=self.people[role].id, token_hash=tokens.hash_of(token), user_agent="a story"
        )
        opened.made_at, opened.seen_at, opened.ends_at = at, at, at + LONGEST
        self._add(opened)
        name = SessionCookie.at(self.address).name
        context.add_cookies([{"name": name, "value": token, "url": self.address}])

    def _hire(self, role: Role) -> Account:
        person = Account(email=f"{role.word}@practice.example", name=role.word.title(), role=role, password_hash="none")
        person.made_at = self.platform.clock.now()
        self._add(person)
        return person

    def _add(self, row: Record) -> None:
        self.platform.work.run_now(lambda session: session.add(row))

    def read_what_came(self) -> None:
        """What the worker does, here and now."""
        while run_due(tasks(self.platform), self.platform.work, self.platform.clock):
            pass

    def rows(self, query: str, **values: object) -> list[Any]:
        return self.platform.work.run_now(lambda session: list(session.execute(text(query), values)))

    def change(self, statement: str, **values: object) -> None:
        self.platform.work.run_now(lambda session: session.execute(text(statement), values))


@contextmanager
def open_house(folder: Path) -> Iterator[House]:
    database = Postgres(folder / "postgres")
    try:
        migrate(database.address)
        house = House(folder, database.address)
        house.start()
        try:
            yield house
        finally:
            house.end()
    finally:
        database.take_away()
