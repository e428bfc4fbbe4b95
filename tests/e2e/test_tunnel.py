"""The tunnel, with something in cloudflared's place: it alone is believed about who a visitor is."""

import json
from collections.abc import Iterator
from uuid import uuid4

import httpx2
import pytest

from tests.components import eventually
from tests.e2e.outside import outside
from tests.e2e.stack import AGREED, PASSWORD, Stack, compose_files
from tests.e2e.ways import drawn, reached, ways_from

pytestmark = pytest.mark.at_length

VISITOR, NEIGHBOURHOOD = "203.0.113.77", "203.0.113.0"
VISITORS_PORT = 7844
MESSAGE = {"name": "Yun", "email": "yun@client.example", "message": "May I come on Friday?"}


@pytest.fixture(scope="module")
def quick(stack: Stack, administrator: httpx2.Client) -> Iterator[str]:  # noqa: ARG001  # has an account before
    """What the command says that sets everything up."""
    chosen = {
        "ADDRESS_FOLDER": stack.folder / "address",
        "COMPOSE_FILE": compose_files("compose.quick.yml"),
        "COMPOSE_PROFILES": "tunnel",
    }
    with stack.with_settings(**chosen):
        yield stack.script("install.sh").stderr
        stack.compose("rm", "--stop", "--force", "cloudflared")
    stack.script("install.sh")


def through(stack: Stack) -> httpx2.Client:
    """Like a visitor whom Cloudflare sends on, and who claims to be somebody else."""
    place = f"http://{stack.container('cloudflared').addresses['edge']}:{VISITORS_PORT}"
    claims = {"X-Forwarded-For": "192.0.2.200", "CF-Connecting-IP": "192.0.2.201", "Visitor-Address": VISITOR}
    return httpx2.Client(base_url=place, headers=claims, timeout=30)


def address(stack: Stack) -> str:
    return (stack.folder / "address" / "public-url").read_text().strip()


def welcomes(stack: Stack, origin: str) -> bool:
    answer = httpx2.get(f"{stack.address}/api/v1/practice", headers={"Origin": origin}, timeout=30)
    return answer.headers.get("access-control-allow-origin") == origin


def logged_address(stack: Stack, request: str) -> str:
    lines = stack.compose("logs", "--no-log-prefix", "caddy").splitlines()
    # Before its first line Compose sometimes clears one of the terminal's.
    (found,) = [json.loads(line[line.index("{") :]) for line in lines if request in line and "http.log.access" in line]
    return str(found["request"]["client_ip"])


def test_a_quick_tunnels_address_is_asked_for_written_and_shown(stack, quick):
    named = address(stack)

    assert named.startswith("https://another-each-time-")
    assert f"is at {named}" in quick
    assert named in stack.script("doctor.sh", check=False).stdout


def test_a_message_and_who_reads_it_come_through_the_tunnel(stack, quick):  # noqa: ARG001  # is set up
    account = {"email": "ada@practice.example", "password": PASSWORD}
    with through(stack) as visitor:
        page = visitor.get("/contact")
        sent = visitor.post("/api/v1/contact", json=MESSAGE | AGREED, headers={"Origin": address(stack)})
        signed_in = visitor.post("/app/sign-in", data=account, headers={"Origin": address(stack)})
        # It is for https alone, which the visitor of this test speaks as little as the tunnel's inner side.
        session = signed_in.headers["set-cookie"].split(";")[0]
        read = visitor.get("/api/v1/submissions", headers={"Cookie": session})

    assert page.status_code == 200
    assert page.headers["strict-transport-security"].startswith("max-age=31536000")
    assert sent.is_success, sent.text
    assert sent.headers["access-control-allow-origin"] == address(stack)
    assert "Secure" in signed_in.headers["set-cookie"]
    assert "yun@client.example" in read.text


def test_the_visitors_address_is_the_one_that_the_tunnel_names(stack, quick):  # noqa: ARG001  # is set up
    request = f"tunnel-{uuid4()}"
    with through(stack) as visitor:
        visitor.get("/api/v1/practice", headers={"X-Request-Id": request})

    assert logged_address(stack, request) == NEIGHBOURHOOD


def test_nobody_else_is_believed_about_an_address(stack, quick):  # noqa: ARG001  # is set up
    request = f"claim-{uuid4()}"
    claims = {"CF-Connecting-IP": VISITOR, "X-Forwarded-For": VISITOR, "X-Request-Id": request}

    httpx2.get(f"{stack.address}/api/v1/practice", headers=claims)

    assert logged_address(stack, request) != NEIGHBOURHOOD


def test_the_tunnel_reaches_caddy_and_the_outside_and_nothing_of_the_house(stack, quick):  # noqa: ARG001  # is set up
    ways = ways_from(stack.running(), "cloudflared")
    with outside() as beyond:
        goes_out = reached(stack.container("cloudflared"), [beyond])

    assert ways == drawn(ways, {"edge", "egress"})
    assert goes_out == [True]


def test_after_another_start_the_new_address_is_asked_for_by_one_command(stack, quick):  # noqa: ARG001  # is set up
    before = address(stack)
    stack.compose("restart", "cloudflared")
    stack.await_health("cloudflared")

    told = stack.script("doctor.sh", check=False).stdout
    stack.script("install.sh")

    assert "the app knows another address: scripts/tunnel-address" in told
    assert address(stack) != before
    eventually(lambda: welcomes(stack, address(stack)), within=30)
    assert not welcomes(stack, before)


def test_a_named_tunnel_takes_its_token_from_a_file_and_has_no_quick_address(stack):
    token = stack.secrets / "tunnel_token"
    token.write_text("a token of a name\n")
    try:
        with stack.with_settings(COMPOSE_PROFILES="tunnel", TUNNEL_NAMED="yes"), through_a_named_one(stack) as visitor:
            answer = visitor.get("/api/v1/practice")
            told = stack.script("doctor.sh", check=False).stdout
            stack.compose("rm", "--stop", "--force", "cloudflared")
    finally:
        token.write_text("none\n")

    assert answer.status_code == 200
    assert f"named      at {stack.address}" in told


def through_a_named_one(stack: Stack) -> httpx2.Client:
    stack.compose("up", "--detach", "--wait", "cloudflared")
    return through(stack)
