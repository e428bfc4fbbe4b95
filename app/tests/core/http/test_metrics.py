"""What is counted about each request, and whose request it was."""

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

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


def test_a_message_is_counted_only_once_it_is_kept(edge):
    def kept(status):
        return f'submissions_total{{status="{status}"}}' in TestClient(edge, client=MACHINERY).get("/metrics").text

    client = TestClient(edge, client=STRANGER)
    typed = {"name": "Ada Byron", "email": "ada@example.org", "message": "Hello", "leave_empty": "filled"}

    assert client.post("/api/v1/contact", json=typed).status_code == 201
    assert kept("spam")
