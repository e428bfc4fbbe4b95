"""What an operator asks first: versions, dependencies, storage, queue. The same for the page and for the API."""

from pathlib import Path

from anyio import to_thread
from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from pretamane.core.http.admission import Admin, AdminOrKey
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.ports import Clock
from pretamane.practice import queries as practice_queries
from pretamane.practice.schemas import PublicPractice
from pretamane.system import inventory
from pretamane.system.health import HealthCheck
from pretamane.system.schemas import QueueState, Storage, SystemInfo, Versions
from pretamane.web import render


class Administration:
    def __init__(self, work: UnitOfWork, health: HealthCheck, data_dir: Path, clock: Clock) -> None:
        self._work, self._health, self._data_dir, self._clock = work, health, data_dir, clock

    async def info(self) -> SystemInfo:
        """Each part by itself: no connection is held while dependencies are asked and files are counted."""
        health = await self._health.ask()
        data_folder = await to_thread.run_sync(inventory.folder, self._data_dir, self._clock)
        versions, size, queue = await self._work.run(_kept)
        return SystemInfo(
            versions=versions,
            health=health,
            storage=Storage(database_bytes=size, data_folder=data_folder),
            queue=queue,
        )

    async def page(self, actor: Admin) -> Response:
        info = await self.info()
        practice = await self._work.run(lambda session: PublicPractice.of(practice_queries.current(session)))
        return await to_thread.run_sync(
            lambda: render.page("system/system.html", actor=actor, here="settings", practice=practice, info=info)
        )

    async def answer(self, actor: AdminOrKey) -> SystemInfo:  # noqa: ARG002  # only who may ask matters
        return await self.info()


def _kept(session: Session) -> tuple[Versions, int, QueueState]:
    return inventory.versions(session), inventory.database_bytes(session), inventory.queue(session)


def router(administration: Administration) -> APIRouter:
    routes = APIRouter(tags=["system"])
    routes.add_api_route(
        "/api/v1/admin/system-info",
        administration.answer,
        methods=["GET"],
        summary="Versions, dependencies, storage and queue",
        description="For administrators, and for keys of theirs with the scope `admin`.",
        response_description="As they are now; a large data folder is counted for a second",
    )
    routes.add_api_route(
        "/app/settings/system", administration.page, methods=["GET"], include_in_schema=False, response_model=None
    )
    return routes
