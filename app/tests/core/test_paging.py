"""Cursors: opaque, and refused when they are anybody's own making."""

from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pretamane.core.errors import Malformed
from pretamane.core.paging import Place, page_of

moments = st.datetimes(timezones=st.just(UTC), min_value=datetime(1900, 1, 1), max_value=datetime(9999, 1, 1))  # noqa: DTZ001  # Hypothesis adds the zone


@given(moments, st.uuids())
def test_a_cursor_leads_back_to_its_place(at, identity):
    place = Place(at, identity)

    assert Place.of(place.cursor) == place


@given(st.text(max_size=64) | st.binary(max_size=40).map(lambda some: some.hex()))
def test_any_other_text_is_refused_or_is_a_place(text):
    with suppress(Malformed):
        assert Place.of(text).at.tzinfo is UTC


@pytest.mark.parametrize(("rows", "has_more"), [(0, False), (3, False), (4, True)])
def test_a_page_names_the_next_one_only_if_there_is_more(rows, has_more):
    places = [Place(datetime(2026, 3, number + 1, tzinfo=UTC), UUID(int=number)) for number in range(rows)]

    page = page_of(places, 3, lambda place: place)

    assert list(page.items) == places[:3]
    assert page.next == (places[2].cursor if has_more else None)
