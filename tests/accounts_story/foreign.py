"""Other people's websites: one next door, on another port of our host, and one far away."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlencode, urlsplit


class ForeignSite(BaseHTTPRequestHandler):
    """Serves whatever page is asked for in its own address, and sends forms on to where it says."""

    def do_GET(self) -> None:
        page = self._asked("page").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(307)
        self.send_header("Location", self._asked("to"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _asked(self, name: str) -> str:
        return parse_qs(urlsplit(self.path).query)[name][0]

    def log_message(self, *_: object) -> None:
        """A test's output is for its failures."""


@contextmanager
def foreign_sites() -> Iterator[dict[str, str]]:
    with ThreadingHTTPServer(("127.0.0.1", 0), ForeignSite) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        # A browser takes ports of one host for one site: SameSite cookies go along from next door.
        yield {name: f"http://{host}:{server.server_port}" for name, host in HOSTS.items()}
        server.shutdown()


HOSTS = {"next door": "127.0.0.1", "far away": "localhost"}


def form(target: str, fields: dict[str, str]) -> str:
    return _form(target, fields, "application/x-www-form-urlencoded")


def form_of_text(target: str, fields: dict[str, str]) -> str:
    """A form whose text happens to be JSON."""
    opening = json.dumps(fields)[:-1] + ', "and": "'
    return _form(target, {opening: '"}'}, "text/plain")


def redirected_form(target: str, fields: dict[str, str]) -> str:
    return form(f"/?{urlencode({'to': target})}", fields)


def plain_fetch(target: str, fields: dict[str, str]) -> str:
    return _script(
        f"fetch({json.dumps(target)}, {{method: 'POST', mode: 'no-cors', credentials: 'include',"
        f" body: new URLSearchParams({json.dumps(fields)})}})"
    )


def json_fetch(target: str, fields: dict[str, str]) -> str:
    return _script(
        f"fetch({json.dumps(target)}, {{method: 'POST', credentials: 'include',"
        f" headers: {{'Content-Type': 'application/json'}}, body: {json.dumps(json.dumps(fields))}}})"
    )


def redirected_fetch(target: str, fields: dict[str, str]) -> str:
    return plain_fetch(f"/?{urlencode({'to': target})}", fields)


def beacon(target: str, fields: dict[str, str]) -> str:
    return _script(
        f"Promise.resolve(navigator.sendBeacon({json.dumps(target)}, new URLSearchParams({json.dumps(fields)})))"
    )


def opened_page(target: str, _fields: dict[str, str]) -> str:
    return f"<script>location.href = {json.dumps(target)}</script>"


WAYS = {
    **{"form": form, "form of text": form_of_text, "redirected form": redirected_form, "fetch": plain_fetch},
    **{"fetch of JSON": json_fetch, "redirected fetch": redirected_fetch, "beacon": beacon, "opened page": opened_page},
}


def _form(target: str, fields: dict[str, str], kind: str) -> str:
    inputs = "".join(f'<input name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items())
    sending = "<script>document.forms[0].submit()</script>"
    return f'<form method="post" action="{escape(target)}" enctype="{kind}">{inputs}</form>{sending}'


def _script(promise: str) -> str:
    return f"<script>({promise}).catch(() => 0).then(() => document.title = 'done')</script>"
