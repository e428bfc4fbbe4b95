"""From one container to another, and beyond this host, as the kernel lets them."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.e2e.services import EVERYBODY, NOW_AND_THEN
from tests.e2e.stack import Container, Stack, inside

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
LISTEN = """
import signal, socket, sys
listening = [socket.create_server(("", int(port))) for port in sys.argv[1:]]
signal.pause()
"""


@contextmanager
def everybody(stack: Stack) -> Iterator[Mapping[str, Container]]:
    """All who run, and on the same networks somebody at the same ports for each who does not at present."""
    described = json.loads(stack.compose("--profile", "*", "config", "--format", "json"))
    networks = {key: network["name"] for key, network in described["networks"].items()}
    names = {service: f"{stack.project}-for-{service}" for service in NOW_AND_THEN}
    try:
        for service, name in names.items():
            first, *others = [networks[key] for key in described["services"][service]["networks"]]
            ports = map(str, NOW_AND_THEN[service].ports)
            listens = ["--user", "0", "--entrypoint", "python3", "pretamane:0.1.0", "-c", LISTEN, *ports]
            docker("create", "--name", name, "--network", first, *listens)
            for network in others:
                docker("network", "connect", network, name)
            docker("start", name)
        stand_ins = map(Container, json.loads(docker("inspect", *names.values())))
        yield stack.running() | dict(zip(names, stand_ins, strict=True))
    finally:
        subprocess.run(["docker", "rm", "--force", *names.values()], capture_output=True, check=False)


def docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout


def reached(source: Container, targets: list[tuple[str, int]]) -> list[bool]:
    answers: list[bool] = json.loads(inside(source, CONNECT, json.dumps(targets)))
    return answers


def ways_from(people: Mapping[str, Container], source: str) -> dict[Way, bool]:
    """Service, network and port of every other one, and whether a connection was made."""
    ways = {
        (target, network, port): (address, port)
        for target, container in people.items()
        if target != source
        for network, address in container.addresses.items()
        for port in EVERYBODY[target].ports
    }
    return dict(zip(ways, reached(people[source], list(ways.values())), strict=True))


def drawn(ways: dict[Way, bool], networks: set[str]) -> dict[Way, bool]:
    """The same ways, as they should be for whoever is on these networks."""
    return {
        (target, network, port): network in networks and EVERYBODY[target].listens(network, port)
        for target, network, port in ways
    }
