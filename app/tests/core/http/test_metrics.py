"""What is counted about each request, and whose request it was."""

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient
from tests.committing import client_of
from tests.cutting_proxy import Cut, CuttingProxy

from pretamane.settings import Settings
from pretamane.wiring import build_app

COUNT = "http_request_duration_seconds_count"
MACHINERY, STRANGER = ("10.1.2.3", 4711), ("198.51.100.7", 4711)


@pytest.fixture
def edge(platform, settings):
    trusting = {
        "trusted_proxies": "10.0.0.0/8",
        "client_address_header": "Cf-Connecting-Ip",
        "cors_origins": "https://www.practice.example",
    }
    platform.settings = Settings.model_validate(settings.model_dump() | trusting)
    return build_app(platform)


def counted(edge, **labels):
    """Only what has been counted since: the counters live as long as the process."""
    text = TestClient(edge, client=MACHINERY).get("/metrics").text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return sum(each.value for each in samples if each.name == COUNT and labels.items() <= each.labels.items())


def added(edge, ask, **labels):
    before = counted(edge, **labels)
    ask()
    return counted(edge, **labels) - before


def test_a_request_is_counted_by_route_template_method_and_status(edge):
    stranger = TestClient(edge, client=STRANGER)
    labels = {"route": "/app/static/{digest}/{name}", "method": "GET", "status": "200", "sli": "user"}

    assert added(edge, lambda: stranger.get("/app/static/abc/pages.css"), **labels) == 1


def test_addresses_that_nobody_serves_share_one_label(edge):
    stranger = TestClient(edge, client=STRANGER)

    assert (
        added(edge, lambda: [stranger.get(f"/api/v1/made-up-{n}") for n in range(5)], route="none", status="404") == 5
    )


@pytest.mark.parametrize(
    ("address", "labels"),
    [
        ("/", {"route": "/{page:path}", "status": "200"}),
        ("/privacy.html", {"route": "/{page:path}", "status": "200"}),
        ("/no-such-page", {"route": "none", "status": "404"}),
    ],
)
def test_the_site_s_pages_share_a_label_of_their_own_and_its_misses_have_none(edge, address, labels):
    visitor = TestClient(edge, client=STRANGER, headers={"Accept": "text/html"})

    assert added(edge, lambda: visitor.get(address), **labels) == 1


@pytest.mark.parametrize(
    ("peer", "path", "headers", "sli"),
    [
        (STRANGER, "/api/v1/practice", {}, "user"),
        (STRANGER, "/api/v1/practice", {"Cf-Connecting-Ip": "10.1.2.3", "User-Agent": "Prometheus"}, "user"),
        (STRANGER, "/health/live", {}, "probe"),
        (MACHINERY, "/api/health", {}, "probe"),
        (MACHINERY, "/api/v1/practice", {}, "internal"),
        (MACHINERY, "/api/v1/practice", {"Cf-Connecting-Ip": "198.51.100.7"}, "user"),
        (STRANGER, "/metrics", {}, "internal"),
    ],
)
def test_whose_request_it_was_is_told_by_route_and_peer_alone(edge, peer, path, headers, sli):
    client = TestClient(edge, client=peer)

    assert added(edge, lambda: client.get(path, headers=headers), route=path, sli=sli) - (path == "/metrics") == 1


def test_metrics_are_never_shown_through_the_edge(edge):
    through = TestClient(edge, client=MACHINERY).get("/metrics", headers={"Cf-Connecting-Ip": "198.51.100.7"})

    assert through.status_code == 404
    assert COUNT not in through.text


def messages_counted():
    return REGISTRY.get_sample_value("submissions_total", {"status": "new"}) or 0.0


def test_a_message_is_counted_when_it_is_kept_and_not_when_its_commit_fails(settings, database_address):
    typed = {"name": "Ada Byron", "email": "ada@example.org", "message": "Hello"}
    line, before = CuttingProxy(database_address), messages_counted()

    with client_of(settings, line.address, connections=2) as client:
        line.next_commit = Cut.BEFORE_THE_SERVER_HEARS
        failed = client.post("/api/v1/contact", json=typed)
        between = messages_counted()
        kept = client.post("/api/v1/contact", json=typed)
    line.close()

    assert (failed.status_code, between - before) == (503, 0)
    assert (kept.status_code, messages_counted() - before) == (201, 1)
