"""An app that commits for real, for the few tests about commits and connections."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr
from starlette.testclient import TestClient

from pretamane.ports import BlobStore
from pretamane.settings import Settings
from pretamane.wiring import Platform, build_app


@contextmanager
def client_of(
    settings: Settings, address: str, *, connections: int, store: BlobStore | None = None
) -> Iterator[TestClient]:
    changed = {
        "database_url": SecretStr(address),
        "database_pool_size": connections,
        "database_pool_overflow": 0,
        "database_pool_wait": 0.5,
        "database_statement_timeout": 5.0,
    }
    platform = Platform.build(settings.model_copy(update=changed), store)
    with TestClient(build_app(platform), raise_server_exceptions=False) as client:
        yield client
    platform.database.bind.engine.dispose()
    platform.rate_limits.windows.bind.engine.dispose()
