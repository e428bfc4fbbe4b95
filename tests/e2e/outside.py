"""Somebody beyond this host: a network namespace that answers, and that knows no way to the stack's own addresses."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

NAMESPACE, HERE, THERE = "pretamane-out", "198.51.100.1", "198.51.100.2"
PORT = 8443
LISTEN = f"""
import socket
with socket.create_server(("{THERE}", {PORT})) as server:
    print("there", flush=True)
    while True:
        server.accept()[0].close()
"""


def ip(*arguments: str, check: bool = True) -> None:
    subprocess.run(["ip", *arguments], check=check, capture_output=not check)


@contextmanager
def outside() -> Iterator[tuple[str, int]]:
    ip("netns", "delete", NAMESPACE, check=False)
    ip("netns", "add", NAMESPACE)
    try:
        ip("link", "add", "pretamane-here", "type", "veth", "peer", "name", "there", "netns", NAMESPACE)
        ip("address", "add", f"{HERE}/30", "dev", "pretamane-here")
        ip("link", "set", "pretamane-here", "up")
        ip("-n", NAMESPACE, "address", "add", f"{THERE}/30", "dev", "there")
        ip("-n", NAMESPACE, "link", "set", "there", "up")
        command = ["ip", "netns", "exec", NAMESPACE, sys.executable, "-c", LISTEN]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            assert server.stdout.readline() == "there\n"
            try:
                yield THERE, PORT
            finally:
                server.kill()
    finally:
        ip("netns", "delete", NAMESPACE, check=False)
