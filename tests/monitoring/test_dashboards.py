"""Each panel asks what can be answered, by names that something of ours really gives."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import yaml  # type: ignore[import-untyped]  # brings no types
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

import pretamane.wiring  # noqa: F401  # whoever counts anything is imported by it
from tests.components import CONFIG, Component, built, running
from tests.edge.caddy import edge
from tests.edge.upstream import listening
from tests.monitoring.watch import Loki
from tests.site_story.house import free_port

OVERVIEW = json.loads((CONFIG / "grafana/dashboards/overview.json").read_text())
SOURCES = yaml.safe_load((CONFIG / "grafana/provisioning/datasources/sources.yml").read_text())["datasources"]
EXPRESSIONS = [
    (panel["title"], target["expr"], panel["datasource"]["uid"])
    for panel in OVERVIEW["panels"]
    for target in panel["targets"]
]
OF_PROMETHEUS = [(title, query) for title, query, source in EXPRESSIONS if source == "prometheus"]
OF_LOKI = [(title, query) for title, query, source in EXPRESSIONS if source == "loki"]
# By exporters that are not built here; the names are from their documentation.
OF_EXPORTERS = {
    "node_memory_MemTotal_bytes",
    "node_memory_MemAvailable_bytes",
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    "pg_stat_database_numbackends",
    "pg_settings_max_connections",
}
_WORDS = re.compile(r"\b([a-z][a-zA-Z0-9_]+)\b(?!\s*\()")
# What has labels shows nothing before it has counted something; so by the kind.
_ENDS = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",), "info": ("_info",)}
_NO_METRICS = frozenset({"sum", "max", "min", "avg", "rate", "increase", "histogram_quantile", "count_over_time"})


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    command = [
        built("prometheus"),
        f"--config.file={CONFIG / 'prometheus/prometheus.yml'}",
        f"--storage.tsdb.path={folder}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.route-prefix=/prometheus",
        "--web.external-url=http://127.0.0.1/prometheus",
    ]
    component = Component(command, folder / "prometheus.log", {}, f"127.0.0.1:{port}/prometheus/-/ready")
    with running(component):
        yield f"http://127.0.0.1:{port}/prometheus"


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names that the app and the edge really give, and Prometheus' own."""
    own = {f"{family.name}{end}" for family in REGISTRY.collect() for end in _ENDS[family.type]}
    with listening() as upstream, edge(tmp_path_factory.mktemp("edge"), upstream.port) as caddy:
        caddy.get("/api/v1/practice")
        families = list(text_string_to_metric_families(caddy.metrics()))
    return own | {sample.name for family in families for sample in family.samples} | {"up"} | OF_EXPORTERS


def names_in(query: str) -> set[str]:
    without_labels = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(?:by|without) \([^)]*\)", " ", query)
    return set(_WORDS.findall(without_labels)) - _NO_METRICS


@pytest.mark.parametrize(("title", "query"), OF_PROMETHEUS)
def test_a_panels_question_is_one_that_prometheus_can_answer(prometheus: str, title: str, query: str) -> None:
    answer = httpx.get(f"{prometheus}/api/v1/query", params={"query": query}, trust_env=False)

    assert answer.status_code == 200, f"{title}: {answer.text}"
    assert answer.json()["status"] == "success"


@pytest.mark.parametrize(("title", "query"), OF_PROMETHEUS)
def test_a_panels_names_are_given_by_something(given: set[str], title: str, query: str) -> None:
    assert names_in(query), title
    assert names_in(query) - given == set(), title


@pytest.mark.parametrize(("title", "query"), OF_LOKI)
def test_a_panels_question_is_one_that_loki_can_answer(loki: Loki, title: str, query: str) -> None:
    assert loki.query(query, limit=10) is not None, title


def test_the_edges_panel_counts_the_app_being_away(tmp_path: Path) -> None:
    (query,) = [query for title, query in OF_PROMETHEUS if title.startswith("The app away")]
    with edge(tmp_path, free_port(), APP_PATIENCE="50ms") as caddy:
        caddy.get("/api/v1/practice")
        families = list(text_string_to_metric_families(caddy.metrics()))

    labels: list[dict[str, Any]] = [
        sample.labels for family in families for sample in family.samples if sample.name in query
    ]
    assert [each for each in labels if each["handler"] in query and each["code"] == "502"]


def test_each_panel_asks_a_source_that_is_provisioned() -> None:
    known = {source["uid"] for source in SOURCES}

    assert {panel["datasource"]["uid"] for panel in OVERVIEW["panels"]} == known
    assert {target["datasource"]["uid"] for panel in OVERVIEW["panels"] for target in panel["targets"]} == known


def test_the_targets_are_asked_where_the_file_says(prometheus: str) -> None:
    found = httpx.get(f"{prometheus}/api/v1/targets", trust_env=False).json()["data"]["activeTargets"]
    addresses = {target["scrapeUrl"] for target in found}

    assert {
        "http://caddy:9180/metrics",
        "http://worker:9101/metrics",
        "http://alertmanager:9093/alertmanager/metrics",
        "http://localhost:9090/prometheus/metrics",
    } <= addresses
