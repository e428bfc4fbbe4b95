"""The composition root: the only file that picks an adapter, and where features are joined."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Self

from fastapi import APIRouter, Request, Response
from pydantic import SecretStr
from sqlalchemy import Connection, Engine, MetaData

from pretamane.accounts import api as accounts
from pretamane.accounts import entering, entrance_pages, key_pages, profile_pages
from pretamane.accounts import models as accounts_models
from pretamane.accounts import pages as accounts_pages
from pretamane.accounts import sessions as accounts_sessions
from pretamane.accounts.jobs import Letters, link_address
from pretamane.accounts.open_desk import OpenDesk
from pretamane.accounts.recognition import SessionCookie, recognising
from pretamane.adapters.mail_log import LogMailer
from pretamane.adapters.mail_smtp import SmtpMailer
from pretamane.adapters.postgres import PostgresServer
from pretamane.adapters.postgres_embedded import EmbeddedPostgres, as_app
from pretamane.adapters.postgres_folder import has_cluster
from pretamane.adapters.postgres_running import address_of_running
from pretamane.adapters.scanner_clamav import ClamavScanner
from pretamane.contacts import api as contacts
from pretamane.contacts import desk, inbox
from pretamane.contacts import jobs as contacts_jobs
from pretamane.contacts import models as contacts_models
from pretamane.core import audit, events, idempotency, migrations, roles
from pretamane.core.clock import SystemClock
from pretamane.core.crew import Backoff
from pretamane.core.database import Database, Record, open_engine, open_unpooled
from pretamane.core.errors import AppError, CannotStart, Conflict
from pretamane.core.http import rate_limits
from pretamane.core.http.application import compose
from pretamane.core.http.cors import Cors
from pretamane.core.http.edge import Edge
from pretamane.core.http.peers import Peers
from pretamane.core.http.problems import AsPage
from pretamane.core.http.rate_limits import PostgresWindows, RateLimits
from pretamane.core.idempotency import OnlyOnce
from pretamane.core.jobs import Run, Schedule, Task, Tick
from pretamane.core.jobs import models as jobs_models
from pretamane.core.jobs.working import Worker
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.insights import api as insights
from pretamane.insights import models as insights_models
from pretamane.notifications import jobs as notifications_jobs
from pretamane.notifications import models as notifications_models
from pretamane.notifications import service as notifications
from pretamane.ports import Clock, Dependency
from pretamane.practice import api as practice
from pretamane.practice import models as practice_models
from pretamane.practice import pages as practice_pages
from pretamane.practice import queries as practice_queries
from pretamane.settings import Settings
from pretamane.settings_mail import mail_server
from pretamane.settings_values import clamav_place
from pretamane.system import administration
from pretamane.system import api as system
from pretamane.system import pages as system_pages
from pretamane.system.health import HealthCheck
from pretamane.web import assets, refusals
from pretamane.web.mail import FOR_A_DAY, Post
from pretamane.web.site import site

WITH_TABLES = (
    *(audit, events, jobs_models),
    *(accounts_models, contacts_models, insights_models, notifications_models, practice_models),
)
# Who acts in the same transaction when something happens further right.
LISTENERS: events.Listeners = {
    "account.deactivated": (inbox.hand_over,),
    "account.made-viewer": (inbox.hand_over,),
    "job.brought-back": (inbox.note_fate,),
    "job.died": (inbox.note_fate,),
    "message.received": (notifications.announce,),
}
# Each statement on them takes a fraction of a millisecond: few serve many.
AUTOCOMMIT_CONNECTIONS = 3
# Small ones that keep tables from growing with what nobody needs any more.
SWEEPS = (
    *(idempotency.forget_old, rate_limits.forget_ended, events.forget_old),
    *(accounts_sessions.forget_ended, notifications.forget_thanked),
)
# Each queues the job of its name.
SCHEDULES = (Schedule("sweep", "0 * * * *", "UTC"),)

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


class Platform:
    """One process's share of the platform, put together from its settings."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        database: Database,
        dependencies: Sequence[Dependency],
    ) -> None:
        self.settings, self.clock, self.database = settings, clock, database
        self.dependencies = tuple(dependencies)
        self.work = UnitOfWork(database)
        self.rate_limits = RateLimits(
            PostgresWindows(database.autocommit, clock), settings.signing_key.get_secret_value()
        )
        self.post = Post(mailer(settings, clock), settings.mail_from, settings.public_url, practice_queries.current)
        self.draining = False
        self._migrated = False

    @classmethod
    def build(cls, settings: Settings) -> "Platform":
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
        away_from_here = [PostgresServer(open_unpooled(url)), mailer(settings, clock), scanner(settings)]
        return cls(settings, clock, database, [each for each in away_from_here if each is not None])

    def drain(self) -> None:
        self.draining = True

    def why_not_ready(self) -> str | None:
        if self.draining:
            return "This process is ending; ask another one."
        try:
            self._migrated = self._migrated or migrations.is_current(self.database.bind)
        except AppError as refusal:
            return refusal.sentence
        return None if self._migrated else "The database's tables are older than this version: run `pretamane migrate`."


def database_over(bind: Engine | Connection, clock: Clock, autocommit: Engine | None = None) -> Database:
    """Every transaction of the platform knows the time, and who listens to what happens in it."""
    return Database(bind, clock, autocommit, known={"listeners": LISTENERS})


def database_url(settings: Settings) -> str:
    if settings.database_url is None:
        raise ValueError("database_for() comes before Platform.build()")
    return settings.database_url.get_secret_value()


def mailer(settings: Settings, clock: Clock) -> LogMailer | SmtpMailer:
    server = mail_server(settings.mail_url.get_secret_value())
    if server is None:
        return LogMailer(settings.data_dir / "mail")
    return SmtpMailer(server, known_as=settings.mail_from.rpartition("@")[2], clock=clock)


def scanner(settings: Settings) -> ClamavScanner | None:
    """None where nobody named one: the shipped rules look at every file all the same."""
    return None if settings.clamav_url is None else ClamavScanner(clamav_place(settings.clamav_url))


def tasks(platform: Platform) -> dict[str, Task]:
    """What the worker does, by the names under which it is queued."""
    post = platform.post
    all_of_them = [
        Task("sweep", _sweep),
        Task(notifications.MESSAGE_RECEIVED, notifications_jobs.tell_everyone, FOR_A_DAY),
        Task(notifications.TELL_PRACTICE, partial(notifications_jobs.tell_practice, post), FOR_A_DAY),
        Task(inbox.SEND_ANSWER, partial(contacts_jobs.send_answer, post), FOR_A_DAY),
        Task(notifications.THANK_VISITOR, partial(notifications_jobs.thank_visitor, post), FOR_A_DAY),
        *Letters(post).tasks(),
    ]
    return {task.name: task for task in all_of_them}


def ticks(platform: Platform) -> list[Tick]:
    """What one worker at a time does every second or so, without a queue."""
    sealer = audit.Sealer(audit.NewestSeal(platform.settings.data_dir))
    return [Tick("audit.seal", 1.0, sealer.seal_new)]


def build_worker(platform: Platform, *, on_end: Callable[[], None]) -> Worker:
    return Worker(
        tasks(platform),
        platform.work,
        platform.clock,
        threads=platform.settings.worker_threads,
        recurring=SCHEDULES,
        ticks=ticks(platform),
        on_end=on_end,
    )


def _sweep(run: Run) -> None:
    for forget in SWEEPS:
        run.read(forget, run.clock.now())


def first_administrators_link(platform: Platform) -> str | None:
    """None once somebody can let others in."""
    try:
        token = platform.work.run_now(entering.make_first_administrators_link)
    except Conflict:
        return None
    return link_address(platform.settings.public_url, token)


def build_app(platform: Platform) -> Edge:
    """Everything that answers HTTP, inside its edge."""
    settings, clock, work, limits = platform.settings, platform.clock, platform.work, platform.rate_limits
    health = HealthCheck(platform.dependencies, clock)
    mail_goes_out = mail_server(settings.mail_url.get_secret_value()) is not None
    as_page = _refusals_as_pages(work)
    intake = contacts.Intake(work, OnlyOnce(work, clock), limits, clock, settings.contact_limit)
    cookie = SessionCookie.at(settings.public_url)
    app = compose(
        [
            *_routers_of_accounts(work, limits, cookie),
            practice.router,
            *desk.routers(intake),
            insights.router(work, limits, clock, settings.visit_limit),
            system.router,
            system.readiness(platform.why_not_ready),
            system.dependencies(health),
            administration.router(administration.Administration(work, health, settings.data_dir, clock)),
            practice_pages.router,
            system_pages.router,
            system_pages.first_run_pages(system_pages.FirstRun(mail_goes_out=mail_goes_out)),
            assets.router,
        ],
        site(settings.site_dir),
        as_page,
    )
    app.state.work = work
    app.state.public_url = settings.public_url
    app.state.authenticate = recognising(platform.database, clock, cookie)
    return Edge(
        app,
        cors=Cors({settings.public_url, *settings.cors_origins}),
        peers=Peers(settings.trusted_proxies, settings.client_address_header),
        clock=clock,
        body_limit=settings.body_limit,
        as_page=as_page,
    )


def _routers_of_accounts(work: UnitOfWork, limits: RateLimits, cookie: SessionCookie) -> list[APIRouter]:
    open_desk = OpenDesk(work, limits)
    return [
        accounts.router,
        accounts_pages.router,
        entrance_pages.router(entrance_pages.Entrance(work, limits, cookie)),
        profile_pages.router(profile_pages.ProfilePage(work, open_desk, cookie)),
        key_pages.router(key_pages.KeysPage(work, open_desk)),
    ]


def _refusals_as_pages(work: UnitOfWork) -> AsPage:
    def as_page(request: Request, refusal: AppError) -> Response:
        """What failed here may be the very database that knows the practice's face."""
        practice = None if refusal.status >= 500 else practice_queries.face(work)
        return refusals.page(request, refusal, practice)

    return as_page
