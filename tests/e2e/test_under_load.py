"""What the stack takes while many ask at once. After the story: who signs in as often has to wait for a while."""

import os
import time

from tests.e2e.load import Load
from tests.e2e.memory import MEBIBYTE, kills_for_want_of_memory, memory, write_down

MOST_UNDER_LOAD = 3 * 1024 * MEBIBYTE
# Of its limit, in what a service takes at most: above it, a day that is somewhat busier ends in a death.
ENOUGH_ROOM = 0.9
LOAD_SECONDS = float(os.environ.get("E2E_LOAD_SECONDS", "300"))


def test_under_the_storys_load_nobody_runs_out_of_memory_or_starts_again(stack, administrator):
    before = {name: (each.id, each.restarts, each.started_at) for name, each in stack.running().items()}
    most: dict[str, tuple[float, float]] = {}
    together = 0.0
    with Load(stack.address, administrator).going_on() as load:
        end = time.monotonic() + LOAD_SECONDS
        while time.monotonic() < end:
            found = memory(stack)
            together = max(together, sum(used for used, _ in found.values()))
            most = {name: max(found[name], most.get(name, (0, 0))) for name in found}
            time.sleep(1)
    write_down(f"at most in {LOAD_SECONDS:.0f} s of load, {dict(load.done)} done, {load.refused} refused", most)

    assert load.failed == []
    assert load.done.total() > LOAD_SECONDS / 2
    assert load.done.keys() == {"_message", "_scan", "_letter", "_look_around", "_sign_in"}
    assert together <= MOST_UNDER_LOAD, most
    assert {name: used / limit for name, (used, limit) in most.items() if used > ENOUGH_ROOM * limit} == {}
    running = stack.running()
    assert {name: (each.id, each.restarts, each.started_at) for name, each in running.items()} == before
    assert {name: kills for name, each in running.items() if (kills := kills_for_want_of_memory(each))} == {}


def test_a_process_that_takes_more_than_its_services_limit_is_counted(stack):
    """So that the counts above would not be zero whatever happens."""
    before = kills_for_want_of_memory(stack.container("worker"))

    eat = "bytearray(900 * 1024 * 1024).count(1)"
    stack.script("compose", "exec", "-T", "worker", "python3", "-c", eat, check=False)

    assert kills_for_want_of_memory(stack.container("worker")) == before + 1
    stack.await_health("worker")
