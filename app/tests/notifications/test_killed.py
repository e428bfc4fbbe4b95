"""A worker killed between the mail server's yes and its own commit: the mail may go twice, and a mailbox can tell."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from tests.conftest import MovableClock

import pretamane
from pretamane.contacts import service as contacts
from pretamane.contacts.schemas import MessageIn
from pretamane.core.jobs import run_due
from pretamane.wiring import Platform, database_over, tasks

MESSAGE = MessageIn(name="Ada Byron", email="ada@example.org", message="Could you call me?")

DIES_ONCE_THE_MAIL_IS_TAKEN = """
import json, os, signal, sys
from pretamane.core.jobs import run_due
from pretamane.settings import Settings
from pretamane.wiring import Platform, tasks

class Dying:
    def __init__(self, mailer):
        self.mailer = mailer

    def send(self, message):
        self.mailer.send(message)
        os.kill(os.getpid(), signal.SIGKILL)

platform = Platform.build(Settings.model_validate(json.loads(sys.argv[1])))
platform.post.mailer = Dying(platform.post.mailer)
run_due(tasks(platform), platform.work, platform.clock)
"""


@pytest.fixture
def engine(database_address):
    engine = create_engine(database_address)
    yield engine
    engine.dispose()


@pytest.fixture
def clock():
    """As the killed process sees it, until it is moved."""
    clock = MovableClock()
    clock.time = datetime.now(UTC)
    return clock


@pytest.fixture
def platform(settings, engine, clock):
    """What commits is there for the process that will be killed, and the other way round."""
    return Platform(settings, clock, database_over(engine, clock), [])


def work_and_be_killed(database_address: str, settings, folder: Path) -> int:
    given = {
        "data_dir": str(folder),
        "database_url": database_address,
        "mail_url": settings.mail_url.get_secret_value(),
        "signing_key": "x" * 48,
        "public_url": settings.public_url,
    }
    ended = subprocess.run(
        [sys.executable, "-c", DIES_ONCE_THE_MAIL_IS_TAKEN, json.dumps(given)],
        env={**os.environ, "PYTHONPATH": str(Path(pretamane.__file__).parents[1])},
        timeout=60,
        check=False,
    )
    return ended.returncode


def jobs_left(engine: Engine) -> int:
    with engine.connect() as connection:
        left: int = connection.execute(text("SELECT count(*) FROM jobs")).scalar_one()
    return left


def test_a_mail_that_goes_twice_carries_the_same_message_id(
    platform, settings, engine, database_address, clock, office, tmp_path
):
    platform.work.run_now(contacts.keep_message, MESSAGE, clock.now())

    code = work_and_be_killed(database_address, settings, tmp_path)
    left_behind = jobs_left(engine)
    clock.move(300)  # the lease of the killed one runs out
    run_due(tasks(platform), platform.work, clock)

    assert (code, left_behind, jobs_left(engine)) == (-signal.SIGKILL, 1, 0)
    first, second = office.taken
    assert first["Message-ID"] == second["Message-ID"]
    assert first["To"] == second["To"] == "ada@example.org"
