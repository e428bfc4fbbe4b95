"""How far a picture's own parts reach."""

from typing import NamedTuple

# A picture with more parts is not walked to its end; whoever shows it finds out the rest.
MOST_PARTS = 200_000


class Reach(NamedTuple):
    """Whether all parts are there, and where the last one ends; None when that is not known."""

    is_whole: bool
    ends_at: int | None = None
