"""Who reaches whom, tried from inside each container towards each other one, and towards somebody beyond this host."""

import json

import pytest

from tests.e2e.outside import outside
from tests.e2e.services import EVERYBODY
from tests.e2e.ways import drawn, everybody, reached, ways_from


@pytest.fixture(scope="module")
def people(stack):
    with everybody(stack) as found:
        yield found


def test_nobody_is_left_out(stack, people):
    described = json.loads(stack.compose("--profile", "*", "config", "--format", "json"))

    assert people.keys() == EVERYBODY.keys() == described["services"].keys()


@pytest.mark.parametrize("source", EVERYBODY)
def test_a_service_reaches_whom_it_shares_a_network_with_and_nobody_else(people, source):
    found = ways_from(people, source)

    assert found == drawn(found, set(people[source].addresses))


def test_caddy_has_no_way_to_the_database(people):
    names = people["caddy"].addresses.keys() & people["postgresql"].addresses.keys()

    assert names == set()


def test_only_those_with_a_reason_have_a_way_out(people):
    with outside() as beyond:
        found = {name: reached(container, [beyond]) for name, container in people.items()}

    assert found == {name: [service.may_go_out] for name, service in EVERYBODY.items()}
