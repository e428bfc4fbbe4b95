"""kill -9 of the worker, PostgreSQL gone, two workers at once: afterwards exactly the pages and attachments, once."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from random import Random

import pytest
from pydantic import SecretStr
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from tests.conftest import make_settings
from tests.documents.working import Working
from tests.embedded_server import closing_server

from pretamane.adapters.postgres_embedded import EmbeddedPostgres
from pretamane.core.actors import OPERATOR
from pretamane.core.errors import AppError
from pretamane.core.migrations import migrate
from pretamane.documents.service import Arrival
from pretamane.wiring import Platform
from tests import hostile, samples

# Each document may lose its worker three times before it is given up, so the kills are many only by many rounds.
ROUNDS = int(os.environ.get("KILL_ROUNDS", "2"))
PAGES = 4_000
CHANCE = Random()  # noqa: S311  # when to kill, no secret
UNFINISHED = "SELECT count(*) FROM jobs WHERE died_at IS NULL AND name LIKE 'documents.%'"
LEFT = (
    "SELECT state, (SELECT count(*) FROM document_pages WHERE version_id = current_version_id) "
    "FROM documents JOIN document_versions ON current_version_id = document_versions.id WHERE documents.id = :id"
)


def eventually(is_so: Callable[[], object]) -> None:
    patience = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < patience
        time.sleep(0.02)


class House:
    """A data folder and a database, documents in it, and workers that come and go."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self._address = folder, address
        settings = make_settings(folder, database_url=SecretStr(address))
        self.platform = Platform.build(settings)
        self._engine = create_engine(address)
        self.workers: list[Working] = []

    def file(self, content: bytes, name: str) -> str:
        archive, work = self.platform.archive, self.platform.work
        with archive.spool.filling(limit=2**30) as filling:
            filling.write(content)
            filed = archive.receiving.file(filling.whole(), Arrival(name, "test"), OPERATOR, work.run_now)
        return str(filed.document.id)

    def hire(self) -> Working:
        told = {"data_dir": str(self.folder), "database_url": self._address, "signing_key": "x" * 48, "disk_reserve": 0}
        self.workers.append(Working(self.folder, **told))
        return self.workers[-1]

    def ask(self, query: str, **values: object) -> list[tuple[object, ...]]:
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]

    def finish(self) -> None:
        patience = time.monotonic() + 180
        while True:
            try:
                if self.ask(UNFINISHED) == [(0,)]:
                    return
            except OperationalError:
                pass
            assert time.monotonic() < patience, self.workers[-1].log
            time.sleep(0.1)

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()
        self.platform.close()
        self._engine.dispose()
        self.platform.database.bind.engine.dispose()
        self.platform.rate_limits.windows.bind.engine.dispose()


@pytest.fixture
def house(tmp_path: Path, database_address: str) -> Iterator[House]:
    opened = House(tmp_path, database_address)
    yield opened
    opened.close()


def long_document() -> bytes:
    words = " ".join(["of words that take some time"] * 12)
    return samples.pdf([f"Page {number}\n{words}" for number in range(1, PAGES + 1)])


def crowded_mail() -> bytes:
    inner = samples.eml(*((f"{n}.txt", "text/plain", b"Inner note %d\n" % n) for n in range(8)))
    notes = [(f"{n}.txt", "text/plain", b"Note %d\n" % n) for n in range(12)]
    return samples.eml(*notes, ("inner.eml", "application/octet-stream", inner))


def is_all_there_once(house: House, document: str, mail: str) -> None:
    numbers = house.ask(
        "SELECT number, split_part(text, E'\\n', 1) FROM document_pages "
        "JOIN documents ON current_version_id = version_id WHERE documents.id = :id ORDER BY number",
        id=document,
    )
    assert numbers == [(number, f"Page {number}") for number in range(1, PAGES + 1)]
    parts = house.ask(
        "SELECT filename FROM documents JOIN document_versions ON current_version_id = document_versions.id "
        "WHERE part_of = :id",
        id=mail,
    )
    assert sorted(parts) == sorted([*((f"{number}.txt",) for number in range(12)), ("inner.eml",)])
    assert house.ask("SELECT count(*) FROM documents WHERE part_of IS NOT NULL") == [(13 + 8,)]
    assert house.ask("SELECT DISTINCT state FROM document_versions") == [("ready",)]
    assert list(house.platform.archive.keeper.verify()) == []


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_a_worker_killed_at_random_moments_leaves_each_page_and_attachment_once(house, turn):
    document, mail = house.file(long_document(), f"{turn}.pdf"), house.file(crowded_mail(), "mail.eml")
    cages, left = set[int](), list[tuple[object, ...]]()
    for _ in range(2):
        worker = house.hire()
        time.sleep(CHANCE.uniform(0.9, 3.0))
        cages.update(worker.cages)
        worker.kill()
        left += house.ask(LEFT, id=document)
    house.hire()
    house.finish()

    is_all_there_once(house, document, mail)
    assert {pages for state, pages in left if state == "ready"} <= {PAGES}
    eventually(lambda: not any(Path(f"/proc/{cage}").exists() for cage in cages))


def test_two_workers_at_once_do_each_thing_once(house):
    document, mail = house.file(long_document(), "long.pdf"), house.file(crowded_mail(), "mail.eml")
    workers = [house.hire(), house.hire()]
    house.finish()

    is_all_there_once(house, document, mail)
    assert [worker.end() for worker in workers] == [0, 0]


def test_postgresql_gone_in_the_middle_loses_and_doubles_nothing(tmp_path):
    server = EmbeddedPostgres(tmp_path / "postgres")
    with closing_server(server) as address, ExitStack() as stack:
        migrate(address)
        (tmp_path / "house").mkdir()
        house = House(tmp_path / "house", address)
        stack.callback(house.close)
        document, mail = house.file(long_document(), "long.pdf"), house.file(crowded_mail(), "mail.eml")
        house.hire()
        for _ in range(2):
            time.sleep(CHANCE.uniform(1.0, 2.0))
            assert server.process_id
            os.kill(server.process_id, signal.SIGKILL)
            eventually(lambda: server.is_lost)
            server.start_again()
        house.finish()

        is_all_there_once(house, document, mail)
        assert '"ERROR"' not in house.workers[0].log


def test_whatever_a_file_does_it_ends_in_a_state_with_a_sentence_and_the_worker_lives(house):
    """Those that receiving takes; the others were refused at the door."""
    taken = 0
    for each in hostile.everything():
        ending = each.media_type.rpartition("/")[2]
        known = {"pdf": "pdf", "rfc822": "eml", "plain": "txt"}.get(ending, "")
        with suppress(AppError):
            house.file(each.content, f"hostile.{known}" if known else "hostile")
            taken += 1
    worker = house.hire()
    house.finish()

    rows = house.ask("SELECT state, reason FROM document_versions")
    assert taken > 50
    assert {state for state, _ in rows} <= {"ready", "failed", "quarantined"}
    assert all(reason and str(reason).endswith(".") for state, reason in rows if state == "failed")
    assert worker.end() == 0
