"""Small sweeps that keep tables from growing with what nobody needs any more."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from pretamane.core.errors import AppError
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.ports import Clock

Sweep = Callable[[Session, datetime], None]

EVERY_SECONDS = 3600

_log = logging.getLogger("pretamane.housekeeping")


async def keep_house(work: UnitOfWork, clock: Clock, sweeps: Sequence[Sweep]) -> None:
    """Sweeps once an hour; a database that is away just now is swept the next time."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        for sweep in sweeps:
            try:
                await work.run(sweep, clock.now())
            except AppError as refusal:
                _log.warning("not swept this time: %s", refusal.code)
