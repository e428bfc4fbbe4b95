"""What a host forwards between: a container, somebody who is none, and a world that AWS's metadata service is in."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from tests.components import eventually
from tests.host.machine import run

METADATA = ("169.254.169.254", "fd00:ec2::254")
ELSEWHERE = ("10.77.3.2", "fd77:3::2")
LISTEN = """
import socket
with socket.create_server(("::", 80), family=socket.AF_INET6, dualstack_ipv6=True) as server:
    while True:
        server.accept()[0].close()
"""
KNOCK = "import socket, sys; socket.create_connection((sys.argv[1], 80), 1)"
FORWARD = "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding"


def inside(net: str, *command: str) -> list[str]:
    return ["nsenter", f"--net=/run/netns/{net}", *command]


class Neighbour:
    """A network of one, which knows the host as its way to everybody else."""

    def __init__(self, host: str, number: int, device: str) -> None:
        self.host, self.net, self.device = host, f"{host}-{number}", device
        run("ip", "netns", "add", self.net)
        self._link(number)
        for start, length in ((f"10.77.{number}.", 24), (f"fd77:{number}::", 64)):
            run("ip", "-n", host, "addr", "add", f"{start}1/{length}", "dev", device)
            run("ip", "-n", self.net, "addr", "add", f"{start}2/{length}", "dev", "eth0")
            run("ip", "-n", self.net, "route", "add", "default", "via", f"{start}1")

    def _link(self, number: int) -> None:
        link = f"veth{number}"
        run("ip", "-n", self.host, "link", "add", self.device, "type", "bridge")
        run("ip", "-n", self.host, "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", self.net)
        run("ip", "-n", self.host, "link", "set", link, "master", self.device)
        for net, device in ((self.host, link), (self.host, self.device), (self.net, "eth0")):
            # An address of the new version could not be used before a second has passed.
            run(*inside(net, "sh", "-c", f"echo 0 >/proc/sys/net/ipv6/conf/{device}/accept_dad"))
            run("ip", "-n", net, "link", "set", device, "up")

    def reaches(self, address: str) -> bool:
        knock = inside(self.net, sys.executable, "-c", KNOCK, address)
        return subprocess.run(knock, capture_output=True, check=False).returncode == 0

    def remove(self) -> None:
        run("ip", "netns", "del", self.net)
        run("ip", "-n", self.host, "link", "del", self.device)


class Neighbours(NamedTuple):
    container: Neighbour
    stranger: Neighbour


@contextmanager
def neighbours(host: str) -> Iterator[Neighbours]:
    """Around the host in this network."""
    with ExitStack() as gone:
        found = []
        for number, device in enumerate(("br-0123456789ab", "other0", "world0"), start=1):
            found.append(Neighbour(host, number, device))
            gone.callback(found[-1].remove)
        container, stranger, world = found
        for metadata, way in zip(METADATA, ELSEWHERE, strict=True):
            run("ip", "-n", world.net, "addr", "add", metadata, "dev", "eth0")
            run("ip", "-n", host, "route", "add", metadata, "via", way)
        run(*inside(host, "sh", "-c", FORWARD))
        server = subprocess.Popen(inside(world.net, sys.executable, "-c", LISTEN))
        gone.callback(server.wait)
        gone.callback(server.kill)
        # From the host itself, which forwards nothing for that.
        knock = [inside(host, sys.executable, "-c", KNOCK, address) for address in (*METADATA, *ELSEWHERE)]
        eventually(
            lambda: all(subprocess.run(each, capture_output=True, check=False).returncode == 0 for each in knock)
        )
        yield Neighbours(container, stranger)
