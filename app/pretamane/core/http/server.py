"""HTTP in one process: sockets opened before the fork, uvicorn around them, an end that loses no request."""

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from pretamane.core.errors import CannotStart

logger = logging.getLogger("pretamane.http")

# Longer than any proxy in front keeps an idle connection (Caddy 120 s, cloudflared 90 s, an AWS load balancer
# 60 s): whoever sends requests must be the one that closes, or a request meets a closing connection: a 502.
KEEP_ALIVE_SECONDS = 130

# What a request in flight may still take once the port is closed; shorter than a service manager's patience.
GRACE_SECONDS = 15

# Room for the cookies and tokens of a browser behind two proxies; an unfinished head beyond it is refused.
HEADERS_LIMIT = 32 * 1024

BACKLOG = 2048
HIGHEST_PORT = 65535

SocketAddress = tuple[str | int | bytes, ...]


def listen(host: str, port: int, *, option: str = "--port") -> list[socket.socket]:
    """One listening socket for each address of the host, all on one port; port 0 takes any free one.

    `option` is how a person chooses another port.
    """
    sockets: list[socket.socket] = []
    missing: OSError | None = None
    for family, address in _addresses(host, port):
        chosen = sockets[0].getsockname()[1] if sockets else port
        try:
            sockets.append(_listen_at(family, (address[0], chosen, *address[2:])))
        except OSError as error:
            if error.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
                _close(sockets)
                raise CannotStart(_why_not(error, host, chosen, option)) from error
            missing = error  # "localhost" names ::1 too, on machines that have no IPv6
    if not sockets and missing:
        raise CannotStart(_why_not(missing, host, port, option)) from missing
    return sockets


def serve_until_told(
    app: ASGIApp, sockets: list[socket.socket], *, drain: Callable[[], None], drain_seconds: float
) -> None:
    """Serve until SIGTERM or SIGINT, then return.

    The end, in order: `drain()`, which turns readiness to 503; `drain_seconds` of serving on, while whoever
    routes requests here notices; the port closes; requests in flight finish within GRACE_SECONDS.
    """
    config = uvicorn.Config(
        app,
        interface="asgi3",
        lifespan="on",
        loop="asyncio",
        http="h11",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,  # whom to believe about a client's address is the app's decision
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=HEADERS_LIMIT,
    )
    try:
        _Server(config, drain, drain_seconds).run(sockets=sockets)
    except SystemExit as refusal:  # uvicorn's own way to say that the lifespan did not start
        raise CannotStart("The application could not start; the log above says why.") from refusal


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, drain: Callable[[], None], drain_seconds: float) -> None:
        super().__init__(config)
        self._drain = drain
        self._drain_seconds = drain_seconds
        self._told_to_end = False
        self._draining = False

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Does not raise the signal again at the end, as uvicorn would: to end as told is no failure.

        A SIGINT that is ignored stays so: under a crew the parent alone answers a terminal's Ctrl-C.
        """
        heard = [signal.SIGTERM]
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            heard.append(signal.SIGINT)
        before = {number: signal.signal(number, self.handle_exit) for number in heard}
        try:
            yield
        finally:
            for number, action in before.items():
                signal.signal(number, action)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  uvicorn's signature
        """Only takes note: `drain` may take locks that the interrupted code holds."""
        if not self.started:
            self.should_exit = True
        if self._told_to_end and sig == signal.SIGINT:
            self.should_exit = self.force_exit = True
        self._told_to_end = True

    async def on_tick(self, counter: int) -> bool:
        if self._told_to_end and not self._draining:
            self._start_draining()
        return await super().on_tick(counter)

    def _start_draining(self) -> None:
        self._draining = True
        self._drain()
        logger.info("Told to end; serving on for %.1f s before the port closes.", self._drain_seconds)
        # A proxy told with an answer opens its next connection elsewhere and loses no request as ours close.
        close = (b"connection", b"close")
        self.config.encoded_headers.append(close)
        self.server_state.default_headers = [*self.server_state.default_headers, close]
        if self._drain_seconds > 0:
            asyncio.get_running_loop().call_later(self._drain_seconds, self._leave)
        else:
            self._leave()

    def _leave(self) -> None:
        self.should_exit = True


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, SocketAddress]]:
    if not 0 <= port <= HIGHEST_PORT:
        raise CannotStart(f"{port} is no port: choose one between 1 and {HIGHEST_PORT} with --port.")
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise CannotStart(f"No address is known for the host {host}: choose another with --host.") from error
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _listen_at(family: socket.AddressFamily, address: SocketAddress) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Connections of the last run that still linger must not keep the next from starting.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)
        # Now, not when uvicorn starts: two starts could both bind before either listens.
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _why_not(error: OSError, host: str, port: int, option: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken by another program: end that, or choose another with {option}."
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"Port {port} needs an administrator's rights here: choose one from 1024 up with {option}."
    if error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
        return f"{host} is no address of this machine: choose another with --host."
    return f"Cannot listen on {host}, port {port} ({error.strerror}): choose others with --host and {option}."


def _close(sockets: list[socket.socket]) -> None:
    for each in sockets:
        with suppress(OSError):
            each.close()
