"""Which database is used, what tables it has, and who listens to what happens in it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from pydantic import SecretStr
from sqlalchemy import Connection, Engine, MetaData

from pretamane.accounts import models as accounts_models
from pretamane.adapters.postgres_embedded import EmbeddedPostgres, as_app
from pretamane.adapters.postgres_folder import has_cluster
from pretamane.adapters.postgres_running import address_of_running
from pretamane.contacts import inbox
from pretamane.contacts import models as contacts_models
from pretamane.core import audit, events, migrations, roles
from pretamane.core.clock import SystemClock
from pretamane.core.crew import Backoff
from pretamane.core.database import Database, Record
from pretamane.core.errors import CannotStart
from pretamane.core.jobs import models as jobs_models
from pretamane.documents import models as documents_models
from pretamane.documents import service as documents
from pretamane.documents.about import fingerprints
from pretamane.documents.reading import jobs as documents_jobs
from pretamane.insights import models as insights_models
from pretamane.notifications import models as notifications_models
from pretamane.notifications import service as notifications
from pretamane.ports import Clock
from pretamane.practice import models as practice_models
from pretamane.settings import Settings

WITH_TABLES = (
    *(audit, events, jobs_models),
    *(accounts_models, contacts_models, documents_models, insights_models, notifications_models, practice_models),
)
# Who acts in the same transaction when something happens further right.
LISTENERS: events.Listeners = {
    "account.deactivated": (inbox.hand_over,),
    "account.made-viewer": (inbox.hand_over,),
    "contact.merged": (documents.follow_a_merge,),
    "document.ready": (fingerprints.queue,),
    "job.brought-back": (inbox.note_fate, documents_jobs.note_fate),
    "job.died": (inbox.note_fate, documents_jobs.note_fate),
    "message.received": (notifications.announce,),
}

_log = logging.getLogger("pretamane.wiring")


def every_table() -> MetaData:
    """Importing a feature's models makes its tables known; this file imports them all."""
    return Record.metadata


@contextmanager
def database_for(settings: Settings) -> Iterator[Settings]:
    """Settings that name a running database: the one given, the one already running here, or one started for now.

    It makes none: who is in the wrong folder would get an empty house and believe it to be theirs.
    """
    if settings.database_url is not None:
        yield settings
    elif running := address_of_running(settings.data_dir):
        yield _with_embedded(settings, running)
    elif not has_cluster(settings.data_dir):
        raise CannotStart(
            f"There is no database in {settings.data_dir.absolute()} yet: `pretamane up` makes one; "
            "if yours is elsewhere, name its folder as PRETAMANE_DATA_DIR."
        )
    else:
        with OwnPostgres(settings, SystemClock()) as own:
            yield own.settings


class OwnPostgres:
    """The embedded PostgreSQL of this start; refuses when another start holds the data folder."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._server = EmbeddedPostgres(settings.data_dir)
        self._clock, self._backoff = clock, Backoff()
        self.settings = _with_embedded(settings, self._server.start())
        self._started = clock.monotonic()

    def start_again_if_lost(self) -> None:
        """Without a pause, as nothing works until it is back; not for ever, as one that cannot live must be seen."""
        if not self._server.is_lost:
            return
        if self._backoff.pause_after(self._clock.monotonic() - self._started) is None:
            raise CannotStart("PostgreSQL keeps ending soon after its start, so everything ends; its log says why.")
        _log.error("PostgreSQL has ended unasked and is started again.")
        self._server.start_again()
        self._started = self._clock.monotonic()
        _log.info("PostgreSQL is back.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()


def _with_embedded(settings: Settings, owner: str) -> Settings:
    both = {"database_url": SecretStr(as_app(owner)), "database_owner_url": SecretStr(owner)}
    return settings.model_copy(update=both)


def migrate(settings: Settings) -> bool:
    """Bring the tables up to date as their owner, and give the app's role its rights; True when tables were changed."""
    url = database_url(settings)
    if settings.database_owner_url is None:
        return migrations.migrate(url)
    return migrations.migrate(settings.database_owner_url.get_secret_value(), roles.role_of(url))


def database_over(bind: Engine | Connection, clock: Clock, autocommit: Engine | None = None) -> Database:
    """Every transaction of the platform knows the time, and who listens to what happens in it."""
    return Database(bind, clock, autocommit, known={"listeners": LISTENERS})


def database_url(settings: Settings) -> str:
    if settings.database_url is None:
        raise ValueError("database_for() comes before Platform.build()")
    return settings.database_url.get_secret_value()
