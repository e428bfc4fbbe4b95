"""Asking every dependency whether it is there, side by side and within two seconds."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from pretamane.core.errors import AppError
from pretamane.ports import Clock, Dependency
from pretamane.system.schemas import DependencyState, Health

WITHIN_SECONDS = 2.0
# Anyone may ask, as often as they like: the dependencies are asked once a second at most.
REMEMBERED_SECONDS = 1.0

_log = logging.getLogger("pretamane.health")


class HealthCheck:
    def __init__(self, dependencies: Sequence[Dependency], clock: Clock) -> None:
        self._dependencies, self._clock = dependencies, clock
        # Threads of its own for each: one dependency whose probes hang must not make the others look down.
        self._threads = {each.name: ThreadPoolExecutor(4, f"health-{each.name}") for each in dependencies}
        self._asking = asyncio.Lock()
        self._last: Health | None = None
        self._asked_at = float("-inf")

    async def ask(self) -> Health:
        async with self._asking:
            if self._last is None or self._clock.monotonic() - self._asked_at >= REMEMBERED_SECONDS:
                self._last = await self._ask_all()
                self._asked_at = self._clock.monotonic()
            return self._last

    async def _ask_all(self) -> Health:
        states = await asyncio.gather(*map(self._ask_one, self._dependencies))
        down = {state.name for state in states if state.state == "down"}
        required_down = any(dependency.required and dependency.name in down for dependency in self._dependencies)
        if required_down:
            return Health(status="down", dependencies=list(states))
        return Health(status="degraded" if down else "ok", dependencies=list(states))

    async def _ask_one(self, dependency: Dependency) -> DependencyState:
        started = self._clock.monotonic()
        probing = asyncio.get_running_loop().run_in_executor(self._threads[dependency.name], dependency.probe)
        try:
            await asyncio.wait_for(probing, WITHIN_SECONDS)
        except (AppError, OSError, TimeoutError) as failure:
            _log.warning("%s is down: %s", dependency.name, type(failure).__name__)
            return self._state(dependency, "down", started)
        return self._state(dependency, "ok", started)

    def _state(self, dependency: Dependency, state: str, started: float) -> DependencyState:
        took = round((self._clock.monotonic() - started) * 1000, 1)
        return DependencyState.model_validate({"name": dependency.name, "state": state, "milliseconds": took})
