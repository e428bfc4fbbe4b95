"""The outermost layer: ids, CORS, body limit, log line and metric, on whatever answer comes from within."""

import logging

import anyio
from anyio import to_thread
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pretamane.core import request_ids
from pretamane.core.errors import NotFound, TooLarge
from pretamane.core.http import exchange as exchanges
from pretamane.core.http import problems
from pretamane.core.http.body_limits import BodyLimits
from pretamane.core.http.cors import Cors, Header
from pretamane.core.http.exchange import Exchange
from pretamane.core.http.origins import Origins
from pretamane.core.http.peers import Peers
from pretamane.ports import Clock

# Asking whether the client is still there costs a turn of the loop; nobody leaves a quick answer.
WORTH_ASKING_SECONDS = 0.05
# Someone who sends too much is still listening only once they have sent it: read on for a while, keep nothing.
DRAIN_BYTES = 16 * 1024 * 1024
DRAIN_SECONDS = 5

_log = logging.getLogger("pretamane.edge")


class BodyTooLarge(HTTPException):
    """FastAPI lets only its own kind of exception through while it reads a body."""

    def __init__(self) -> None:
        super().__init__(413)


class Edge:
    def __init__(
        self,
        app: ASGIApp,
        *,
        cors: Cors,
        peers: Peers,
        clock: Clock,
        body_limits: BodyLimits,
        as_page: problems.AsPage | None = None,
        origins: Origins | None = None,
    ) -> None:
        self.app, self.cors, self.peers, self.clock, self.body_limits = app, cors, peers, clock, body_limits
        self._as_page, self._origins = as_page, origins or Origins(None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = self._open(scope)
        remembered = request_ids.current.set(exchange.request_id)
        try:
            await self._answer(exchange, scope, receive, send)
        except Exception:  # noqa: BLE001  # the request edge: logged with its id, answered as a problem
            if not exchange.client_left:
                _log.exception("unhandled error")
            await self._answer_unexpected(exchange, scope, receive, send)
        finally:
            exchange.close(scope)
            request_ids.current.reset(remembered)

    def _open(self, scope: Scope) -> Exchange:
        headers = dict(scope["headers"])
        peer = scope["client"][0] if scope.get("client") else None
        exchange = Exchange(
            method=scope["method"],
            path=scope["path"],
            request_id=request_ids.from_headers(Headers(scope=scope)),
            headers=headers,
            peer=peer,
            client=self.peers.client_of(peer, headers),
            own_machinery=self.peers.speaks_for_itself(peer, headers),
            through_the_edge=self.peers.came_through_the_edge(peer, headers),
            clock=self.clock,
            started=self.clock.monotonic(),
            cors_headers=self.cors.answer_headers(headers),
            body_limit=self.body_limits.of(scope["method"], scope["path"]),
        )
        exchanges.open_in(scope, exchange)
        return exchange

    async def _answer(self, exchange: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        send = _dressing(exchange, receive, send)
        try:
            self._origins.refuse_the_wrong_one(exchange.path, exchange.headers)
        except NotFound as refusal:  # never as a page: that would be something else than a file
            await problems.render(refusal)(scope, receive, send)
            return
        if self.cors.is_preflight(exchange.method, exchange.headers):
            await _empty(send, 204)
        elif _declared_length(exchange) > exchange.body_limit:
            await _drain(exchange, receive)
            await self._answer_too_large(exchange, scope, receive, send)
        else:
            await self.app(scope, _counting(exchange, receive), self._correcting(exchange, scope, receive, send))

    async def _answer_too_large(self, exchange: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        answered = await to_thread.run_sync(
            problems.answer, Request(scope), TooLarge.beyond(exchange.body_limit), self._as_page
        )
        await answered(scope, receive, send)

    def _correcting(self, exchange: Exchange, scope: Scope, receive: Receive, send: Send) -> Send:
        """Frameworks turn an error met while reading into answers of their own; the limit's word stands."""

        async def corrected(message: Message) -> None:
            if not exchange.too_large:
                await send(message)
            elif message["type"] == "http.response.start":
                await self._answer_too_large(exchange, scope, receive, send)

        return corrected

    async def _answer_unexpected(self, exchange: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        if exchange.status is None and not exchange.client_left:
            await problems.render(problems.unexpected())(scope, receive, _dressing(exchange, receive, send))


def _declared_length(exchange: Exchange) -> int:
    declared = exchange.headers.get(b"content-length", b"0")
    return int(declared) if declared.isdigit() else 0


async def _empty(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _drain(exchange: Exchange, receive: Receive) -> None:
    drained = 0
    with anyio.move_on_after(DRAIN_SECONDS):
        while drained < DRAIN_BYTES:
            message = await receive()
            drained += len(message.get("body", b""))
            exchange.client_left = message["type"] == "http.disconnect"
            if not message.get("more_body"):
                return


def _counting(exchange: Exchange, receive: Receive) -> Receive:
    async def counted() -> Message:
        message = await receive()
        if message["type"] == "http.disconnect":
            exchange.client_left = exchange.client_left or not exchange.answered
            return message
        exchange.body_read += len(message.get("body", b""))
        exchange.body_complete = not message.get("more_body", False)
        if exchange.body_read > exchange.body_limit:
            exchange.too_large = True
            await _drain(exchange, receive)
            raise BodyTooLarge
        return message

    return counted


def _dressing(exchange: Exchange, receive: Receive, send: Send) -> Send:
    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            await _notice_who_left(exchange, receive)
            exchange.status = message["status"]
            message = {**message, "headers": _merged(exchange, message.get("headers", []))}
        elif message["type"] == "http.response.body" and not message.get("more_body"):
            exchange.answered = True
        await send(message)

    return dressed


# Of an answer for one asker alone; one that has a word of its own keeps it.
_PRIVATE: list[Header] = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]


def _merged(exchange: Exchange, headers: list[Header]) -> list[Header]:
    """Each header once: of ids and CORS only the edge's own word counts, whatever came from within."""
    ours = [
        (b"x-request-id", exchange.request_id.encode()),
        *exchange.cors_headers,
        *exchange.extra_headers,
    ]
    vary = [value for name, value in headers if name == b"vary"]
    names = {name for name, _ in ours}
    kept = [(name, value) for name, value in headers if name not in names and not name.startswith(b"access-control-")]
    if vary:
        ours = [(name, b", ".join([value, *vary]) if name == b"vary" else value) for name, value in ours]
    said = {name for name, _ in kept}
    private = [(name, value) for name, value in _PRIVATE if exchange.is_private and name not in said]
    return kept + ours + private


async def _notice_who_left(exchange: Exchange, receive: Receive) -> None:
    if exchange.elapsed() < WORTH_ASKING_SECONDS or not (exchange.body_complete or _has_no_body(exchange)):
        return
    with anyio.CancelScope() as scope:
        scope.cancel()
        message = await receive()
        if message["type"] == "http.request":  # the empty body that nobody had asked for yet
            message = await receive()
        exchange.client_left = message["type"] == "http.disconnect"


def _has_no_body(exchange: Exchange) -> bool:
    return _declared_length(exchange) == 0 and b"transfer-encoding" not in exchange.headers
