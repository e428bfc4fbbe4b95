from datetime import UTC, datetime

import pytest

from pretamane.web.times import local

LATE = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "read"),
    [
        ("UTC", "28 Mar 2026, 23:30"),
        ("Europe/Berlin", "29 Mar 2026, 00:30"),
        ("America/St_Johns", "28 Mar 2026, 21:00"),
    ],
)
def test_a_moment_is_read_where_the_practice_is(zone, read):
    assert local(LATE, zone) == read


def test_the_hour_follows_the_clocks_when_they_change():
    assert local(datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "Europe/Berlin") == "29 Mar 2026, 03:30"
