"""Bytes on their way in: a capped folder that all processes share, swept of what nobody came back for."""

from pretamane.core.spool.flow import Pieces
from pretamane.core.spool.folder import Filling, Kept, Spool
from pretamane.core.spool.growing import Checksum, Growing
from pretamane.core.spool.room import Room

__all__ = ["Checksum", "Filling", "Growing", "Kept", "Pieces", "Room", "Spool"]
