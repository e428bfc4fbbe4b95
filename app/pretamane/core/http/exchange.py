"""One request and its answer, as the edge sees them from the first byte to the log line."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import Scope

from pretamane.core import metrics
from pretamane.core.http.cors import Header
from pretamane.ports import Clock

CLIENT_LEFT = 499
_KEY = "pretamane.exchange"
_PLAIN_WORD = re.compile(r"/(?:[a-z-]{1,12}(?:\.[a-z]{2,5})?)?(?=/|\Z)")
_log = logging.getLogger("pretamane.access")


@dataclass
class Exchange:
    method: str
    path: str
    request_id: str
    headers: Mapping[bytes, bytes]
    peer: str | None
    client: str
    own_machinery: bool
    through_the_edge: bool
    clock: Clock
    started: float
    cors_headers: list[Header]
    extra_headers: list[Header] = field(default_factory=list)
    body_limit: int = 0
    body_read: int = 0
    body_complete: bool = False
    too_large: bool = False
    is_private: bool = False
    client_left: bool = False
    status: int | None = None
    answered: bool = False

    def add_header(self, name: str, value: str) -> None:
        """For what must be on the answer whatever it turns out to be, an unhandled error included."""
        self.extra_headers.append((name.lower().encode(), value.encode("latin-1")))

    def keep_private(self) -> None:
        """Whoever asked had to show who they are: unless the answer says otherwise, nobody on the way keeps it."""
        self.is_private = True

    def elapsed(self) -> float:
        return self.clock.monotonic() - self.started

    def close(self, scope: Scope) -> None:
        status = CLIENT_LEFT if self.client_left or self.status is None else self.status
        route = getattr(scope.get("route"), "path", None)
        seconds = self.elapsed()
        metrics.REQUEST_SECONDS.labels(
            route or "none", _known_method(self.method), str(status), self._sli(route)
        ).observe(seconds)
        _log.log(
            logging.DEBUG if self._sli(route) != "user" else logging.INFO,
            "%s %s %s",
            self.method,
            route or _without_secrets(self.path),
            status,
            extra={"route": route, "status": status, "milliseconds": round(seconds * 1000, 1)},
        )

    def _sli(self, route: str | None) -> str:
        if route is not None and "/health" in route:
            return "probe"
        if route == "/metrics" or self.own_machinery:
            return "internal"
        return "user"


def open_in(scope: Scope, exchange: Exchange) -> None:
    scope[_KEY] = exchange


def of(scope: Scope) -> Exchange:
    exchange: Exchange = scope[_KEY]
    return exchange


def _without_secrets(path: str) -> str:
    """An unknown path may hold a token, or a line break that forges a log line: keep at most a first plain word."""
    plain = _PLAIN_WORD.match(path)
    return plain[0] if plain else "(unknown)"


def _known_method(method: str) -> str:
    """A caller may invent methods without end; a metric's labels may not."""
    return method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"
