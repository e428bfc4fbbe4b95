"""The real app behind the real edge: what each tells the other is understood."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pretamane.accounts.recognition import SessionCookie
from pretamane.web.site import SiteRoute
from tests.components import CONFIG
from tests.documents_story.house import House, open_house
from tests.edge.caddy import PROPER, TUNNEL, Caddy, edge
from tests.site_story.house import Postgres, pretamane, serving

MIB = 1 << 20
EVERY = sorted(str(file.relative_to(CONFIG / "site")) for file in (CONFIG / "site").rglob("*.*") if file.is_file())


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("behind")) as house:
        yield house


@pytest.fixture(scope="module")
def before(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caddy]:
    with edge(tmp_path_factory.mktemp("before"), house.port) as caddy:
        yield caddy


class Pocket:
    """Takes the cookie that a browser's context would be given."""

    cookie: str

    def add_cookies(self, cookies: list[dict[str, Any]]) -> None:
        self.cookie = f"{cookies[0]['name']}={cookies[0]['value']}"


@pytest.fixture
def staff(house: House) -> dict[str, str]:
    pocket = Pocket()
    house.let_in(pocket)  # type: ignore[arg-type]  # a browser's context, of which it wants one method
    assert SessionCookie.at(house.address).name in pocket.cookie
    return {"Cookie": pocket.cookie, "Sec-Fetch-Site": "same-origin"}


def test_a_document_goes_up_is_listed_and_comes_down_in_parts(
    before: Caddy, house: House, staff: dict[str, str]
) -> None:
    content = b"Dear Ada, this is a letter.\n" * 40_000
    sent = before.ask("PUT", "/api/v1/documents?filename=letter.txt", content=content, headers=staff)
    assert sent.status_code == 201, sent.text
    document = sent.json()["id"]

    listed = before.get("/api/v1/documents", headers={**staff, "Accept-Encoding": "gzip"})
    address = before.get(f"/api/v1/documents/{document}/file", headers=staff).headers["location"]
    at_files = {"Host": house.files.removeprefix("http://")}
    whole = before.get(address.removeprefix(house.files), headers={**at_files, "Accept-Encoding": "gzip"})
    part = before.get(address.removeprefix(house.files), headers={**at_files, "Range": "bytes=5-7"})

    assert document in listed.text
    assert (whole.status_code, whole.content) == (200, content)
    assert (part.status_code, part.content) == (206, content[5:8])
    assert part.headers.get_list("content-security-policy") == ["sandbox; default-src 'none'; frame-ancestors 'none'"]


def test_a_large_document_passes_whole(before: Caddy, staff: dict[str, str]) -> None:
    content = b"".join(b"line %d\n" % number for number in range(2_000_000))
    sent = before.ask("PUT", "/api/v1/documents?filename=lines.txt", content=content, headers=staff)

    assert sent.status_code == 201, sent.text
    assert len(content) > 20 * MIB
    assert sent.json()["current"]["size"] == len(content)


@pytest.mark.parametrize(
    "path", ["/app/sign-in", "/app/nothing", "/api/docs", "/api/v1/nothing", "/s/nothing", "/health"]
)
def test_each_header_of_the_apps_own_answers_is_there_once(before: Caddy, path: str) -> None:
    answer = before.get(path, headers=PROPER)

    names = [name.lower() for name, _ in answer.headers.multi_items() if name.lower() != "set-cookie"]
    assert sorted(names) == sorted(set(names))
    assert answer.headers["vary"] == "Origin, Accept-Encoding"
    assert {"content-security-policy", "referrer-policy", "x-frame-options", "x-request-id"} <= set(names)


def test_the_reference_keeps_the_look_that_the_app_gives_it(before: Caddy) -> None:
    policy = before.get("/api/docs", headers=PROPER).headers["content-security-policy"]

    assert "style-src 'self'" in policy


@pytest.mark.parametrize("file", EVERY)
def test_the_edge_serves_the_site_as_the_app_would(before: Caddy, file: str) -> None:
    """On a laptop the app does it: nobody should see a difference but in how a file's tag is made."""
    own = SiteRoute(CONFIG / "site").find(file)
    assert own is not None

    answer = before.get(f"/{file}")

    assert answer.content == own.path.read_bytes()
    assert answer.headers["content-type"].partition(";")[0] == own.media_type
    assert answer.headers["cache-control"] == own.cache_control


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app as the stack runs it: behind a proxy that it believes."""
    database = Postgres(tmp_path_factory.mktemp("trusting"))
    try:
        pretamane(database.address, "migrate")
        asked = {
            "PRETAMANE_DATABASE_URL": database.address,
            "PRETAMANE_DATA_DIR": str(tmp_path_factory.mktemp("var")),
            "PRETAMANE_TRUSTED_PROXIES": "127.0.0.0/8",
            "PRETAMANE_CLIENT_ADDRESS_HEADER": "X-Forwarded-For",
            "PRETAMANE_CONTACT_LIMIT": "1/day",
        }
        with serving(asked, tmp_path_factory.mktemp("log") / "serve.log") as address:
            yield address
    finally:
        database.take_away()


@pytest.fixture(scope="module")
def stack(trusting: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caddy]:
    with edge(tmp_path_factory.mktemp("stack"), int(trusting.rpartition(":")[2])) as caddy:
        yield caddy


def test_visitors_are_told_how_it_is_and_not_how_fast(stack: Caddy) -> None:
    told = json.loads(stack.get("/health", source=TUNNEL, headers={"CF-Connecting-IP": "203.0.113.7"}).content)

    assert told["status"] == "ok"
    assert "milliseconds" not in json.dumps(told)


def test_limits_count_by_the_visitor_that_the_tunnel_names(stack: Caddy) -> None:
    def write_from(visitor: str, source: str = TUNNEL) -> int:
        said = {"name": "Ada", "email": "ada@example.org", "message": "May I come on Monday?", "consent": False}
        return stack.ask(
            "POST", "/api/v1/contact", source=source, json=said, headers={"CF-Connecting-IP": visitor}
        ).status_code

    assert [write_from("203.0.113.1"), write_from("203.0.113.1"), write_from("203.0.113.2")] == [201, 429, 201]
    lies = [write_from(f"198.51.100.{number}", source="127.0.0.3") for number in range(3)]
    assert lies.count(429) >= 2
