"""Time zones as a person looks for one: by continent, then by place."""

from pretamane.practice.schemas import time_zones

# Names that computers keep for each other's sake.
_NO_PLACES = ("Etc", "SystemV", "US")


def by_region(chosen: str | None) -> dict[str, list[str]]:
    """Under "", before the continents, the one for no place at all, and whatever was chosen."""
    regions: dict[str, list[str]] = {"": sorted({"UTC", *([chosen] if chosen else [])})}
    for zone in sorted(time_zones() - set(regions[""])):
        region, slash, _ = zone.partition("/")
        if slash and region not in _NO_PLACES:
            regions.setdefault(region, []).append(zone)
    return regions
