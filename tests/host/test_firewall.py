"""What reaches a host from outside, asked from outside."""

import json
import socket
from contextlib import contextmanager

import pytest

from tests.host.neighbours import ELSEWHERE, METADATA, neighbours

LISTENER = "import socket\ns = socket.create_server(('0.0.0.0', {port}))\nwhile True: s.accept()"
AWAITED = "for _ in $(seq 100); do ss -ltn | grep -q :{port} && exit; sleep 0.1; done; exit 1"


@contextmanager
def listening(machine, port):
    """A service of the host's that somebody opened to everybody."""
    machine.run("systemd-run", "--quiet", "--unit", f"open-{port}", "python3", "-c", LISTENER.format(port=port))
    machine.run(
        "sh",
        "-c",
        f"for _ in $(seq 100); do ss --listening --tcp --numeric | grep -q :{port} && exit; sleep 0.1; done; exit 1",
    )
    yield
    machine.run("systemctl", "stop", f"open-{port}.service")


def reaches(machine, port):
    with socket.socket() as knock:
        knock.settimeout(1)
        return knock.connect_ex((machine.net.far, port)) == 0


def test_nobody_comes_in_from_outside_and_it_is_the_firewall_that_keeps_them_out(pair):
    with listening(pair.first, 8022):
        is_reached = reaches(pair.first, 8022)
        pair.first.run("systemctl", "stop", "pretamane-firewall.service")
        is_reached_without = reaches(pair.first, 8022)
        pair.first.run("systemctl", "start", "pretamane-firewall.service")

    assert (is_reached, is_reached_without) == (False, True)


@pytest.fixture(scope="module")
def around(pair):
    """Our own table alone says here who passes; Docker's filters would let nothing through that is not its own."""
    tools = ("iptables", "ip6tables")
    policies = [pair.first.run(tool, "--list-rules", "FORWARD").split()[2] for tool in tools]
    for tool in tools:
        pair.first.run(tool, "--policy", "FORWARD", "ACCEPT")
    with neighbours(pair.first.net.name) as found:
        yield found
    for tool, policy in zip(tools, policies, strict=True):
        pair.first.run(tool, "--policy", "FORWARD", policy)


@contextmanager
def without_firewall(machine):
    machine.run("systemctl", "stop", "pretamane-firewall.service")
    try:
        yield
    finally:
        machine.run("systemctl", "start", "pretamane-firewall.service")


def reached_by(neighbour, *addresses):
    return [address for address in addresses if neighbour.reaches(address)]


def test_a_container_reaches_the_world_and_never_the_hosts_credentials(around, pair):
    reached = reached_by(around.container, *METADATA, *ELSEWHERE)
    with without_firewall(pair.first):
        reached_without = reached_by(around.container, *METADATA)

    assert reached == list(ELSEWHERE)
    assert reached_without == list(METADATA)


def test_for_nobody_but_containers_anything_is_forwarded(around, pair):
    reached = reached_by(around.stranger, *METADATA, *ELSEWHERE)
    with without_firewall(pair.first):
        reached_without = reached_by(around.stranger, *ELSEWHERE)

    assert reached == []
    assert reached_without == list(ELSEWHERE)


def test_dockers_tables_stay_as_they_are_at_a_reload(pair):
    before = pair.first.run("nft", "list", "ruleset")

    pair.first.run("systemctl", "reload", "pretamane-firewall.service")

    assert "DOCKER" in before
    assert pair.first.run("nft", "list", "ruleset") == before


@pytest.fixture
def public(pair, site):
    """The second host, once its operator wants browsers to reach it."""
    ssm, name = site.root.client("ssm"), "/pretamane/testing/settings/HOST_FACTS"
    was = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    wanted = json.dumps(json.loads(was) | {"public_edge": True})
    ssm.put_parameter(Name=name, Value=wanted, Type="String", Overwrite=True)
    try:
        pair.twin.run("truncate", "--size", "0", "/var/log/calls")
        pair.twin.run("pretamane-host", "setup")
        yield pair.twin
    finally:
        ssm.put_parameter(Name=name, Value=was, Type="String", Overwrite=True)


def test_with_a_public_edge_two_ports_are_open_and_no_third(public):
    calls = public.read("var/log/calls")

    with listening(public, 443), listening(public, 8022):
        reached = [port for port in (443, 8022) if reaches(public, port)]

    assert reached == [443]
    assert "COMPOSE_FILE=compose.yml:compose.public.yml" in public.read("srv/pretamane/stack/.env")
    # Caddy publishes them by no other way.
    assert " up --detach --wait " in calls
