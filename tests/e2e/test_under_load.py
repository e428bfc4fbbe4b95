"""What the stack takes while many ask at once. After the story: who signs in as often has to wait for a while."""

import os
import time

from tests.e2e.load import Load
from tests.e2e.memory import MEBIBYTE, Memory, kills_for_want_of_memory, memory, write_down

MOST_UNDER_LOAD = 3 * 1024 * MEBIBYTE
# Of its limit, in what a service holds at most: above it, a day that is somewhat busier ends in a death.
ENOUGH_ROOM = 0.9
LOAD_SECONDS = float(os.environ.get("E2E_LOAD_SECONDS", "300"))
# However slow the machine: by then each part of the story was told often enough.
PATIENCE_SECONDS = 600


def test_under_the_storys_load_nobody_runs_out_of_memory_or_starts_again(stack, administrator):
    before = {name: (each.id, each.restarts, each.started_at) for name, each in stack.running().items()}
    most: dict[str, Memory] = {}
    together = 0
    with Load(stack.address, administrator).going_on() as load:
        began = time.monotonic()
        lasted = 0.0
        while lasted < LOAD_SECONDS or (not load.is_enough() and lasted < LOAD_SECONDS + PATIENCE_SECONDS):
            found = memory(stack)
            together = max(together, sum(each.used for each in found.values()))
            most = {name: each.at_most(most.get(name, each)) for name, each in found.items()}
            time.sleep(1)
            lasted = time.monotonic() - began
    write_down(f"at most in {lasted:.0f} s of load, {dict(load.done)} done, {load.refused} refused", most)

    assert load.failed == []
    assert load.is_enough(), load.done
    assert load.done.total() > LOAD_SECONDS / 2
    assert together <= MOST_UNDER_LOAD, most
    assert {name: each for name, each in most.items() if each.held > ENOUGH_ROOM * each.limit} == {}
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
