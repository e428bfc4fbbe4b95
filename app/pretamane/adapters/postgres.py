"""PostgreSQL as something that may be away."""

from sqlalchemy import Engine, text

from pretamane.core.database import refusing_when_away


class PostgresServer:
    name = "postgresql"
    required = True

    def __init__(self, unpooled: Engine) -> None:
        self._engine = unpooled

    def probe(self) -> None:
        with refusing_when_away(), self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))
