"""Identities sort by age; references can be read out on the phone."""

import re
import time
from uuid import RFC_4122

from pretamane.core.ids import new_id, new_reference


def test_an_id_is_a_version_7_uuid_of_now():
    before = time.time_ns() // 1_000_000
    made = new_id()

    assert (made.version, made.variant) == (7, RFC_4122)
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_ids_sort_in_the_order_in_which_they_were_made_also_within_a_millisecond():
    made = [new_id() for _ in range(2000)]

    assert made == sorted(made)


def test_ten_thousand_ids_are_all_different():
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_a_reference_has_no_characters_that_sound_or_look_alike():
    drawn = [new_reference() for _ in range(2000)]

    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", each) for each in drawn)
    assert len(set(drawn)) == 2000
    assert len(set("".join(drawn))) == 33
