"""Who reaches whom, tried from inside each container towards each other one, and towards somebody beyond this host."""

import pytest

from tests.e2e.outside import outside
from tests.e2e.services import SERVICES
from tests.e2e.ways import drawn, reached, ways_from


@pytest.mark.parametrize("source", SERVICES)
def test_a_service_reaches_whom_it_shares_a_network_with_and_nobody_else(stack, source):
    found = ways_from(stack, source)

    assert found == drawn(found, set(stack.container(source).addresses))


def test_caddy_has_no_way_to_the_database(stack):
    names = stack.container("caddy").addresses.keys() & stack.container("postgresql").addresses.keys()

    assert names == set()


def test_only_those_with_a_reason_have_a_way_out(stack):
    with outside() as beyond:
        found = {name: reached(stack, name, [beyond]) for name in stack.running()}

    assert found == {name: [service.may_go_out] for name, service in SERVICES.items()}
