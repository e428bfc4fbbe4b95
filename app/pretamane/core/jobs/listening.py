"""A connection that hears of new jobs; deaf while it is lost, which costs those who look each second a second."""

from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from pretamane.core.database import open_unpooled
from pretamane.core.jobs.queue import CHANNEL


class Ear:
    def __init__(self, address: str) -> None:
        self._engine = open_unpooled(address)
        self._connection: Connection | None = None

    @property
    def descriptor(self) -> int | None:
        """What `select` may wait for; None while there is no connection."""
        if self._connection is None:
            return None
        number: int = self._driver(self._connection).fileno()
        return number

    def has_heard(self) -> bool:
        """True also once the connection is there again: nobody knows what was missed."""
        try:
            if self._connection is None:
                self._listen()
                return True
            driver = self._driver(self._connection)
            driver.poll()
            heard = bool(driver.notifies)
            driver.notifies.clear()
        except (DBAPIError, self._engine.dialect.loaded_dbapi.Error):
            self.close()
            return False
        return heard

    def _listen(self) -> None:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text(f"LISTEN {CHANNEL}"))
        self._connection = connection

    def _driver(self, connection: Connection) -> Any:  # psycopg2's own object, which has no types
        return connection.connection.driver_connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
