"""Bytes on their way in: a capped folder that all processes on one machine share, swept of what nobody came back for."""

from pretamane.core.spool.folder import Kept, Spool
from pretamane.core.spool.growing import Growing
from pretamane.core.spool.room import Room

__all__ = ["Growing", "Kept", "Room", "Spool"]
