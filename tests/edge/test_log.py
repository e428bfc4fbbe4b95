"""The access log says what happened and holds nothing that opens a door or names a person."""

import pytest

from tests.components import eventually
from tests.edge.caddy import PASSWORD, TUNNEL, Caddy

TOKEN = "q4Zr8vT2nXb6Lm0PyKc5Wd9HsJf3Ga7Ee1Uo4Ti8Rv2"  # pragma: allowlist secret  # invented
SECRETS = {
    "/files/0198c0de-0000-7000-8000-000000000000?as=inline&until=1&signature=hush-hush": "hush-hush",
    "/files/0198c0de-0000-7000-8000-000000000000?SIGNATURE=hush-hush": "hush-hush",
    "/app/contacts?search=Ada+Lovelace": "Lovelace",
    "/s/short-token": "short-token",
    "/r/short-token/more": "short-token",
    "//S/short-token": "short-token",
    f"/%73/{TOKEN}": TOKEN,
    f"/app/link/{TOKEN}": TOKEN,
    f"/app/%6cink/{TOKEN}": TOKEN,
    f"/nothing/{TOKEN}": TOKEN,
}


def line_of(caddy: Caddy, request_id: str) -> dict[str, object]:
    def found() -> list[dict[str, object]]:
        return [line for line in caddy.lines() if line["request_id"] == request_id]

    eventually(found, caddy.component.said, within=5)
    return found()[0]


@pytest.mark.parametrize(("path", "secret"), SECRETS.items())
def test_no_line_holds_what_an_address_keeps_secret(caddy: Caddy, path: str, secret: str) -> None:
    before = {"Referer": f"https://practice.example{path}", "Cookie": f"session={TOKEN}", "User-Agent": "Ada's own"}

    answer = caddy.get(path, headers={**before, "X-Request-ID": "the-one-to-look-for"})

    line_of(caddy, "the-one-to-look-for")
    assert answer.status_code
    for unwanted in (secret, TOKEN, "Ada's own"):
        assert unwanted not in caddy.component.said()


def test_a_line_says_what_was_asked_and_what_came_of_it(caddy: Caddy) -> None:
    caddy.get(
        "/api/v1/practice?x=1",
        source=TUNNEL,
        headers={"CF-Connecting-IP": "203.0.113.77", "X-Request-ID": "a-line-of-ours"},
    )

    line = line_of(caddy, "a-line-of-ours")
    asked = line["request"]
    assert isinstance(asked, dict)
    assert (asked["method"], asked["uri"], line["status"], line["level"]) == ("GET", "/api/v1/practice?…", 200, "info")
    assert asked["client_ip"] == "203.0.113.0"
    assert set(asked) == {"client_ip", "proto", "method", "host", "uri"}
    assert isinstance(line["time"], str)


def test_a_password_at_a_console_is_in_no_line(caddy: Caddy) -> None:
    caddy.get("/grafana/", auth=("operator", PASSWORD), headers={"X-Request-ID": "at-the-console"})

    assert line_of(caddy, "at-the-console")["user_id"] == "operator"
    assert PASSWORD not in caddy.component.said()
    assert "b3BlcmF0b3I6" not in caddy.component.said()
