"""How large a body may be, known before anything of it is read."""

import re
from collections.abc import Mapping

from starlette.routing import compile_path


class BodyLimits:
    """One limit for all, but for the routes that say their own: `{"PUT /api/v1/things/{id}": bytes}`."""

    def __init__(self, for_all: int, own: Mapping[str, int] | None = None) -> None:
        self._for_all = for_all
        self._own = [_understood(route, limit) for route, limit in (own or {}).items()]

    def of(self, method: str, path: str) -> int:
        for taken, address, limit in self._own:
            if taken == method and address.match(path):
                return limit
        return self._for_all


def _understood(route: str, limit: int) -> tuple[str, re.Pattern[str], int]:
    method, _, path = route.partition(" ")
    return method, compile_path(path)[0], limit
