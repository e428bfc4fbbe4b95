"""Whom we believe: a proxy's word about the client's address counts only when the proxy is one of ours."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

UNKNOWN = "unknown"


class Peers:
    def __init__(self, trusted: Sequence[Network], address_header: str | None) -> None:
        self._trusted = tuple(trusted)
        self._header = address_header.lower().encode("latin-1") if address_header else None

    def is_trusted(self, peer: str | None) -> bool:
        address = _parse(peer)
        return address is not None and any(address in network for network in self._trusted)

    def came_through_the_edge(self, peer: str | None, headers: Mapping[bytes, bytes]) -> bool:
        """A trusted proxy names the client it speaks for; without a name it speaks for itself."""
        return self.is_trusted(peer) and self._header is not None and self._header in headers

    def speaks_for_itself(self, peer: str | None, headers: Mapping[bytes, bytes]) -> bool:
        """Our own machinery asking: a trusted peer that forwards nobody."""
        return self.is_trusted(peer) and not self.came_through_the_edge(peer, headers)

    def client_of(self, peer: str | None, headers: Mapping[bytes, bytes]) -> str:
        """The address that limits count by. Of a list, the last entry that no proxy of ours wrote for itself."""
        if self.came_through_the_edge(peer, headers) and self._header is not None:
            named = headers[self._header].decode("latin-1").split(",")
            for candidate in reversed([_parse(part.strip()) for part in named]):
                if candidate is None:
                    break
                if not any(candidate in network for network in self._trusted):
                    return _household(candidate)
        address = _parse(peer)
        return _household(address) if address else UNKNOWN


def _parse(text: str | None) -> Address | None:
    try:
        address = ip_address(text or "")
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _household(address: Address) -> str:
    """One IPv6 customer holds a whole /64; counting single addresses would count nobody."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), 64), strict=False))  # int: a zone would make it another client
    return str(address)
