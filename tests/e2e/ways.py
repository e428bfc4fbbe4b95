"""From one container to another, and beyond this host, as the kernel lets them."""

import json

from tests.e2e.services import SERVICES
from tests.e2e.stack import Stack, inside

Way = tuple[str, str, int]
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


def ways_from(stack: Stack, source: str) -> dict[Way, bool]:
    """Service, network and port of every other one, and whether a connection was made."""
    ways = {
        (target, network, port): (address, port)
        for target, service in SERVICES.items()
        if target != source
        for network, address in stack.container(target).addresses.items()
        for port in service.ports
    }
    return dict(zip(ways, reached(stack, source, list(ways.values())), strict=True))


def drawn(ways: dict[Way, bool], networks: set[str]) -> dict[Way, bool]:
    """The same ways, as they should be for whoever is on these networks."""
    return {
        (target, network, port): network in networks and SERVICES[target].listens(network, port)
        for target, network, port in ways
    }
