"""Who reaches whom, tried from inside each container towards each other one, and towards somebody beyond this host."""

import json

import pytest

from tests.e2e.outside import outside
from tests.e2e.services import SERVICES
from tests.e2e.stack import Stack, inside

CONNECT = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
def reaches(target):
    try:
        socket.create_connection(tuple(target), timeout=1.5).close()
    except OSError:
        return False
    return True
targets = json.loads(sys.argv[1])
with ThreadPoolExecutor(32) as pool:
    print(json.dumps(list(pool.map(reaches, targets))))
"""


def reached(stack: Stack, source: str, targets: list[tuple[str, int]]) -> list[bool]:
    answers: list[bool] = json.loads(inside(stack.container(source), CONNECT, json.dumps(targets)))
    return answers


@pytest.mark.parametrize("source", SERVICES)
def test_a_service_reaches_whom_it_shares_a_network_with_and_nobody_else(stack, source):
    networks = stack.container(source).addresses.keys()
    ways = {
        (target, network, port): (address, port)
        for target, service in SERVICES.items()
        if target != source
        for network, address in stack.container(target).addresses.items()
        for port in service.ports
    }

    found = dict(zip(ways, reached(stack, source, list(ways.values())), strict=True))

    assert found == {way: way[1] in networks for way in ways}


def test_caddy_has_no_way_to_the_database(stack):
    names = stack.container("caddy").addresses.keys() & stack.container("postgresql").addresses.keys()

    assert names == set()


def test_only_those_with_a_reason_have_a_way_out(stack):
    with outside() as beyond:
        found = {name: reached(stack, name, [beyond]) for name in stack.running()}

    assert found == {name: [service.may_go_out] for name, service in SERVICES.items()}
