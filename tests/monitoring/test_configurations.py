"""Each tool finds its own file without a fault, by its own program."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # brings no types

from tests.components import CONFIG, built

SERVER = re.compile(r"^ +(?:- )?targets: \[([^\]]+)\]", re.MULTILINE)


def checked(*command: str, **environment: str) -> str:
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr


def promtool() -> str:
    return built("prometheus").replace("/prometheus-", "/promtool-")


def test_prometheus_finds_its_file_sound() -> None:
    said = checked(
        promtool(), "check", "config", "--lint=all", "--lint-fatal", str(CONFIG / "prometheus/prometheus.yml")
    )

    assert "SUCCESS" in said


def test_alertmanager_finds_its_file_sound() -> None:
    assert "SUCCESS" in checked(built("amtool"), "check-config", str(CONFIG / "alertmanager/alertmanager.yml"))


def test_loki_finds_its_file_sound() -> None:
    checked(built("loki"), f"-config.file={CONFIG / 'loki/loki.yml'}", "-verify-config")


def test_the_collector_finds_its_file_sound(tmp_path: Path) -> None:
    command = [built("otel-collector"), "validate", f"--config={CONFIG / 'otel-collector/collector.yml'}"]
    checked(*command, COLLECTOR_STORAGE=str(tmp_path))


def test_every_service_that_gives_figures_is_asked() -> None:
    asked = yaml.safe_load((CONFIG / "prometheus/prometheus.yml").read_text())["scrape_configs"]

    fixed = {target for job in asked for group in job.get("static_configs", []) for target in group["targets"]}
    named = {name for job in asked for group in job.get("dns_sd_configs", []) for name in group["names"]}
    assert fixed == {
        "worker:9101",
        "caddy:9180",
        "postgres-exporter:9187",
        "node-exporter:9100",
        "loki:3100",
        "otel-collector:8888",
        "grafana:3000",
        "alertmanager:9093",
        "localhost:9090",
        "blackbox:9115",
    }
    assert named == {"app"}


def test_fourteen_days_are_kept_and_a_chatty_day_is_bounded() -> None:
    limits = yaml.safe_load((CONFIG / "loki/loki.yml").read_text())

    assert limits["limits_config"]["retention_period"] == "14d"
    assert limits["compactor"]["retention_enabled"] is True
    assert limits["limits_config"]["ingestion_rate_mb"] <= 0.25
    assert limits["ingester"]["wal"]["disk_full_threshold"] < 0.9


@pytest.mark.parametrize("file", sorted((CONFIG / "grafana").rglob("*.*")), ids=lambda file: file.name)
def test_what_grafana_is_given_can_be_read(file: Path) -> None:
    read = json.loads(file.read_text()) if file.suffix == ".json" else yaml.safe_load(file.read_text())

    assert read
