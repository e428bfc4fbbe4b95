"""Sizes as people read them."""

import pytest

from pretamane.web.sizes import in_words


@pytest.mark.parametrize(
    ("size", "said"),
    [
        *((0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (1234, "1.2 kB"), (74_400, "74 kB")),
        *((999_499, "999 kB"), (999_999, "1.0 MB"), (1_234_567, "1.2 MB"), (50_000_000_000, "50 GB")),
        *((3_200_000_000_000, "3.2 TB"), (5_000_000_000_000_000, "5000 TB")),
    ],
)
def test_a_size_is_said_in_the_units_of_peoples_own_computers(size, said):
    assert in_words(size) == said
