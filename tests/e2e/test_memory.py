"""What the stack takes while nobody asks anything of it."""

from tests.e2e.memory import memory, write_down
from tests.e2e.services import SERVICES

MOST_WHEN_IDLE = 900_000_000
# Of its limit: the rest is for when somebody asks.
MOST_OF_A_LIMIT = 0.75


def test_idle_it_takes_little_and_leaves_each_room(stack):
    found = memory(stack)
    write_down("idle", found)

    assert found.keys() == SERVICES.keys()
    assert sum(each.used for each in found.values()) <= MOST_WHEN_IDLE, found
    assert {name: each for name, each in found.items() if each.used > each.limit * MOST_OF_A_LIMIT} == {}
