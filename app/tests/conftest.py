"""Real PostgreSQL for every test: migrated once, one rolled-back transaction each."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from starlette.testclient import TestClient
from tests.embedded_server import closing_server
from tests.minio_server import MinioServer, encryption_key
from tests.stand_ins import FolderBlobs

from pretamane.accounts import keys
from pretamane.accounts.models import Account, Key, SignedInSession
from pretamane.accounts.recognition import LONGEST, SessionCookie
from pretamane.accounts.schemas import KeyIn
from pretamane.adapters.postgres import PostgresServer
from pretamane.adapters.postgres_embedded import APP_ROLE, EmbeddedPostgres, as_app
from pretamane.core import tokens
from pretamane.core.actors import Role, Scope
from pretamane.core.database import open_unpooled
from pretamane.core.jobs import run_due
from pretamane.core.migrations import migrate
from pretamane.settings import Settings
from pretamane.wiring import Platform, build_app, database_over, tasks

TEMPLATE = "template_migrated"


class MovableClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        self.seconds = 1000.0

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.seconds

    def move(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        self.seconds += seconds


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its owner's address of a server whose database is migrated, and a template for databases of one's own."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
    with closing_server(server) as address:
        _execute(address, f"CREATE DATABASE {TEMPLATE}")
        migrate(_sibling(address, TEMPLATE), APP_ROLE)
        migrate(address, APP_ROLE)
        yield address


@pytest.fixture(scope="session")
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MinioServer]:
    """One that encrypts at rest; each test makes a bucket of its own."""
    server = MinioServer(tmp_path_factory.mktemp("minio"), MINIO_KMS_SECRET_KEY=encryption_key())
    with server:
        yield server


@pytest.fixture(scope="session")
def _engine(postgres: str) -> Iterator[Engine]:
    engine = create_engine(postgres)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(_engine: Engine) -> Iterator[Connection]:
    """As the app's role, so that a right it lacks is noticed; RESET ROLE makes it the owner's."""
    with _engine.connect() as connection, connection.begin() as everything:
        connection.execute(text(f"SET LOCAL ROLE {APP_ROLE}"))
        yield connection
        everything.rollback()


@pytest.fixture
def owner_address(postgres: str) -> Iterator[str]:
    """A migrated database of the test's own, as its owner finds it: for triggers, and for what the app must not do."""
    name = f"own_{uuid4().hex[:12]}"
    _execute(postgres, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield _sibling(postgres, name)
    _execute(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_address(owner_address: str) -> str:
    """The same database as the app finds it, for the few tests about commits and concurrency."""
    return as_app(owner_address)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path)


def make_settings(folder: Path, **changed: object) -> Settings:
    values = {
        "data_dir": folder,
        "signing_key": SecretStr("x" * 48),
        "public_url": "http://localhost:8000",
        "cors_origins": "https://www.practice.example",
        "contact_limit": "1000/minute",
        "disk_reserve": 0,
    }
    return Settings.model_validate(values | changed)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def store(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "blobs")


@pytest.fixture
def platform(
    connection: Connection, settings: Settings, clock: MovableClock, postgres: str, store: FolderBlobs
) -> Iterator[Platform]:
    database, server = database_over(connection, clock), PostgresServer(open_unpooled(postgres))
    platform = Platform(settings, clock, database, [server], store)
    yield platform
    platform.close()


@pytest.fixture
def client(platform: Platform) -> Iterator[TestClient]:
    with TestClient(build_app(platform), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def sign_in(platform: Platform) -> Iterator[Callable[[Account], TestClient]]:
    """A browser on one of our own pages, signed in as somebody."""
    with ExitStack() as opened:

        def signed_in(account: Account) -> TestClient:
            browser = opened.enter_context(TestClient(build_app(platform), raise_server_exceptions=False))
            browser.headers["Sec-Fetch-Site"] = "same-origin"
            cookie = SessionCookie.at(platform.settings.public_url).name
            browser.cookies.set(cookie, open_session(platform, account), domain="testserver.local")
            return browser

        yield signed_in


def open_session(platform: Platform, account: Account) -> str:
    """The token of a new session."""
    token, at = tokens.new_token(), platform.clock.now()
    opened = SignedInSession(account_id=account.id, token_hash=tokens.hash_of(token), user_agent="a test's browser")
    opened.made_at, opened.seen_at, opened.ends_at = at, at, at + LONGEST
    with platform.database.transaction() as session:
        session.add(opened)
    return token


def hire(platform: Platform, name: str, role: Role) -> Account:
    """An account that can be signed in to; whoever needs its password sets one."""
    account = Account(email=f"{name.lower()}@practice.example", name=name, role=role, password_hash="none that fits")
    account.made_at = platform.clock.now()
    with platform.database.transaction() as session:
        session.add(account)
    return account


def make_key(platform: Platform, owner: Account, *scopes: Scope, days: int | None = None) -> tuple[Key, str]:
    """A key of theirs, as the page makes it, and its text."""
    wanted = KeyIn(name="a script", scopes=frozenset(scopes), days=days)
    return platform.work.run_now(keys.make_key, wanted, owner.as_actor())


@pytest.fixture
def viewer(platform: Platform) -> Account:
    return hire(platform, "Vera", Role.VIEWER)


@pytest.fixture
def staff(platform: Platform) -> Account:
    return hire(platform, "Stefan", Role.STAFF)


@pytest.fixture
def admin(platform: Platform) -> Account:
    return hire(platform, "Ada", Role.ADMIN)


@pytest.fixture
def as_viewer(sign_in: Callable[[Account], TestClient], viewer: Account) -> TestClient:
    return sign_in(viewer)


@pytest.fixture
def as_staff(sign_in: Callable[[Account], TestClient], staff: Account) -> TestClient:
    return sign_in(staff)


@pytest.fixture
def as_admin(sign_in: Callable[[Account], TestClient], admin: Account) -> TestClient:
    return sign_in(admin)


@pytest.fixture
def do_jobs(platform: Platform) -> Callable[[], int]:
    """Do what is due, as the worker would."""
    return lambda: run_due(tasks(platform), platform.work, platform.clock)


def _sibling(address: str, name: str) -> str:
    return make_url(address).set(database=name).render_as_string(hide_password=False)


def _execute(address: str, statement: str) -> None:
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
