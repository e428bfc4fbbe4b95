"""One process's share of the platform, and the adapters that its settings name."""

from collections.abc import Sequence
from functools import partial

from pretamane.accounts import entering
from pretamane.accounts.jobs import link_address
from pretamane.adapters.mail_log import LogMailer
from pretamane.adapters.mail_smtp import SmtpMailer
from pretamane.adapters.postgres import PostgresServer
from pretamane.adapters.scanner_clamav import ClamavScanner
from pretamane.adapters.search_meilisearch import Meilisearch
from pretamane.core import migrations
from pretamane.core.clock import SystemClock
from pretamane.core.database import Database, open_engine, open_unpooled
from pretamane.core.errors import AppError, Conflict
from pretamane.core.http.rate_limits import PostgresWindows, RateLimits
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.ports import BlobStore, Clock, Dependency
from pretamane.practice import queries as practice_queries
from pretamane.settings import Settings
from pretamane.settings_mail import mail_server
from pretamane.settings_values import clamav_place
from pretamane.web.mail import Post
from pretamane.wiring.archive import Archive
from pretamane.wiring.blobs import blob_store
from pretamane.wiring.databases import database_over, database_url

# Each statement on them takes a fraction of a millisecond: few serve many.
AUTOCOMMIT_CONNECTIONS = 3


class Platform:
    """One process's share of the platform, put together from its settings."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        database: Database,
        dependencies: Sequence[Dependency],
        store: BlobStore | None = None,
        *,
        cages: int = 1,
    ) -> None:
        self.settings, self.clock, self.database = settings, clock, database
        self.dependencies = tuple(dependencies)
        self.work = UnitOfWork(database)
        self.rate_limits = RateLimits(
            PostgresWindows(database.autocommit, clock), settings.signing_key.get_secret_value()
        )
        self.post = Post(mailer(settings, clock), settings.mail_from, settings.public_url, practice_queries.current)
        self.archive = Archive(
            settings, self.work, clock, store or blob_store(settings, clock), scanner(settings), cages=cages
        )
        self.draining = False
        self._migrated = False

    @classmethod
    def build(cls, settings: Settings, store: BlobStore | None = None, *, cages: int = 1) -> "Platform":
        """`cages` is how many files this process reads at the same time."""
        url = database_url(settings)
        open_here = partial(
            open_engine,
            url,
            pool_wait=settings.database_pool_wait,
            statement_timeout=settings.database_statement_timeout,
        )
        clock = SystemClock()
        database = database_over(
            open_here(pool_size=settings.database_pool_size, pool_overflow=settings.database_pool_overflow),
            clock,
            open_here(pool_size=AUTOCOMMIT_CONNECTIONS, pool_overflow=0, autocommit=True),
        )
        store = store or blob_store(settings, clock)
        server = PostgresServer(open_unpooled(url))
        others = (server, mailer(settings, clock), scanner(settings), store, search(settings))
        present = [other for other in others if other is not None]
        return cls(settings, clock, database, present, store, cages=cages)

    def drain(self) -> None:
        self.draining = True

    def close(self) -> None:
        self.archive.reader.close()

    def why_not_ready(self) -> str | None:
        if self.draining:
            return "This process is ending; ask another one."
        try:
            self._migrated = self._migrated or migrations.is_current(self.database.bind)
        except AppError as refusal:
            return refusal.sentence
        return None if self._migrated else "The database's tables are older than this version: run `pretamane migrate`."


def mailer(settings: Settings, clock: Clock) -> LogMailer | SmtpMailer:
    server = mail_server(settings.mail_url.get_secret_value())
    if server is None:
        return LogMailer(settings.data_dir / "mail")
    return SmtpMailer(server, known_as=settings.mail_from.rpartition("@")[2], clock=clock)


def scanner(settings: Settings) -> ClamavScanner | None:
    """None where nobody named one: the shipped rules look at every file all the same."""
    return None if settings.clamav_url is None else ClamavScanner(clamav_place(settings.clamav_url))


def search(settings: Settings) -> Meilisearch | None:
    """None where nobody named one, as on a laptop."""
    if settings.meilisearch_url is None:
        return None
    key = settings.meilisearch_key
    return Meilisearch(settings.meilisearch_url, None if key is None else key.get_secret_value())


def first_administrators_link(platform: Platform) -> str | None:
    """None once somebody can let others in."""
    try:
        token = platform.work.run_now(entering.make_first_administrators_link)
    except Conflict:
        return None
    return link_address(platform.settings.public_url, token)
