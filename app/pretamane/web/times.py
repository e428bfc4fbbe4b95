"""Moments as people at the practice read them."""

from datetime import datetime
from zoneinfo import ZoneInfo


def local(moment: datetime, zone: str) -> str:
    """Such as “3 Mar 2026, 14:05”: the month in letters, since half the world reads 3/2 the other way round."""
    there = moment.astimezone(ZoneInfo(zone))
    return f"{there.day} {there:%b %Y, %H:%M}"
