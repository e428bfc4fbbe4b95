"""Whose word about a client's address is believed."""

from ipaddress import IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pretamane.core.http.peers import UNKNOWN, Peers

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
BEHIND_A_PROXY = Peers(PROXIES, "Cf-Connecting-Ip")
ALONE = Peers((), None)
FORGED = {
    b"x-forwarded-for": b"203.0.113.9",
    b"cf-connecting-ip": b"203.0.113.9",
    b"x-real-ip": b"203.0.113.9",
    b"forwarded": b"for=203.0.113.9",
}


def named(value, peer="10.1.2.3"):
    return BEHIND_A_PROXY.client_of(peer, {b"cf-connecting-ip": value})


@pytest.mark.parametrize("peers", [BEHIND_A_PROXY, ALONE, Peers((), "Cf-Connecting-Ip"), Peers(PROXIES, None)])
def test_forged_headers_of_a_stranger_change_nothing(peers):
    assert peers.client_of("198.51.100.7", FORGED) == "198.51.100.7"
    assert not peers.came_through_the_edge("198.51.100.7", FORGED)
    assert not peers.speaks_for_itself("198.51.100.7", {})


def test_a_trusted_proxy_is_believed_by_the_one_header_that_is_named():
    assert named(b"203.0.113.9") == "203.0.113.9"
    assert BEHIND_A_PROXY.client_of("10.1.2.3", {b"x-forwarded-for": b"203.0.113.9"}) == "10.1.2.3"


@pytest.mark.parametrize(
    ("value", "client"),
    [
        (b"203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (b"203.0.113.9, 198.51.100.7, 10.9.9.9", "198.51.100.7"),
        (b"203.0.113.9,198.51.100.7 , 10.9.9.9,fd00::1", "198.51.100.7"),
        (b"10.9.9.9, 10.8.8.8", "10.1.2.3"),
        (b"203.0.113.9, nonsense, 10.9.9.9", "10.1.2.3"),
        (b"203.0.113.9, nonsense, 198.51.100.7", "198.51.100.7"),
    ],
)
def test_of_a_list_the_last_entry_that_is_no_proxy_of_ours_counts(value, client):
    assert named(value) == client


@pytest.mark.parametrize(
    "garbage",
    [b"", b",", b"nonsense", b"999.1.1.1", b"203.0.113.9:4711", b"[2001:db8::1]", b"\xff\xfe", b"01.02.03.04"],
)
def test_garbage_from_a_proxy_counts_for_the_proxy(garbage):
    assert named(garbage) == "10.1.2.3"


def test_one_ipv6_customer_is_one_client():
    first, second = named(b"2001:db8:1:2::1"), named(b"2001:db8:1:2:ffff::9")

    assert first == second == "2001:db8:1:2::/64"
    assert named(b"2001:db8:1:3::1") != first
    assert ALONE.client_of("2001:db8:1:2::1", {}) == first


def test_a_mapped_address_is_the_address_that_it_maps():
    assert BEHIND_A_PROXY.client_of("::ffff:10.1.2.3", {b"cf-connecting-ip": b"::ffff:203.0.113.9"}) == "203.0.113.9"
    assert BEHIND_A_PROXY.is_trusted("::ffff:10.1.2.3")
    assert not BEHIND_A_PROXY.is_trusted("::ffff:11.1.2.3")


@pytest.mark.parametrize("peer", [None, "", "testclient", "/run/socket"])
def test_a_peer_without_an_address_is_nobody_we_trust(peer):
    assert BEHIND_A_PROXY.client_of(peer, FORGED) == UNKNOWN
    assert not BEHIND_A_PROXY.is_trusted(peer)


def test_a_trusted_peer_that_names_nobody_speaks_for_itself():
    assert BEHIND_A_PROXY.speaks_for_itself("10.1.2.3", {b"x-forwarded-for": b"203.0.113.9"})
    assert not BEHIND_A_PROXY.speaks_for_itself("10.1.2.3", {b"cf-connecting-ip": b"203.0.113.9"})


@given(st.ip_addresses(), st.ip_addresses(), st.lists(st.ip_addresses(), max_size=4))
def test_what_a_client_puts_before_its_own_entry_changes_nothing(peer, client, forged):
    trusting = Peers([ip_network(f"{peer}/{peer.max_prefixlen}")], "X-Forwarded-For")
    chain = ", ".join(map(str, [*forged, client])).encode()

    told = trusting.client_of(str(peer), {b"x-forwarded-for": chain})

    if client != peer and not getattr(client, "ipv4_mapped", None) and not getattr(peer, "ipv4_mapped", None):
        assert told == trusting.client_of(str(peer), {b"x-forwarded-for": str(client).encode()})
        assert ip_address(str(client)) in ip_network(told)


@given(st.binary(max_size=60), st.text(max_size=20))
def test_whatever_is_sent_the_client_is_an_address_or_unknown(header, peer):
    for asked in (peer, "10.1.2.3"):
        told = BEHIND_A_PROXY.client_of(asked, {b"cf-connecting-ip": header})
        assert told == UNKNOWN or ip_network(told).num_addresses > 0


@given(st.ip_addresses(v=6), st.sampled_from(["eth0", "1", "%", "evil name"]))
def test_a_zone_makes_no_further_client_of_one_household(address: IPv6Address, zone):
    with_zone = named(f"{address}%{zone}".encode())

    assert with_zone in {named(str(address).encode()), "10.1.2.3"}
