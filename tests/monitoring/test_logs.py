"""Every container's lines are found by service and request id, and nothing that happens to the collector loses one."""

import io
import logging
import os
import shutil
import time
from collections import Counter
from pathlib import Path

import httpx2 as httpx
import pytest

from pretamane.core import logging as log_lines
from pretamane.core import request_ids
from tests.components import running
from tests.monitoring.engine import Container
from tests.monitoring.watch import Collector, Loki

REQUEST = "0198c0de7f3a4a51b1c6f0a9d2e4b7c8"  # pragma: allowlist secret  # an id


@pytest.fixture
def line_of_the_app() -> str:
    """As the app's own formatter writes it."""
    handlers, level, written = logging.getLogger().handlers[:], logging.getLogger().level, io.StringIO()
    remembered = request_ids.current.set(REQUEST)
    try:
        log_lines.configure("info", "json", written)
        logging.getLogger("pretamane.access").warning("GET %s 200", "/app/inbox", extra={"milliseconds": 3.5})
    finally:
        request_ids.current.reset(remembered)
        logging.getLogger().handlers[:] = handlers
        logging.getLogger().setLevel(level)
    return written.getvalue().rstrip("\n")


def test_a_line_of_the_app_is_found_by_service_and_request_id(
    loki: Loki, collector: Collector, service: str, line_of_the_app: str
) -> None:
    Container(collector.logs, service).says("starting", line_of_the_app)
    asked = f'{{service_name="{service}"}} | request_id="{REQUEST}"'

    loki.eventually_has(asked, lambda lines: len(lines) == 1)
    (labels, line) = loki.entries(asked)[0]

    assert line == line_of_the_app
    assert (labels["level"], labels["stream"], labels["service_name"]) == ("warning", "stderr", service)


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ('{"level":"error","time":"2026-11-21T23:10:14Z","message":"handled request","status":502}', "error"),
        ('ts=2026-11-21T23:10:14Z caller=main.go level=WARN msg="slow"', "warn"),
        ('time=2026-11-21T23:10:14.000Z level=INFO source=main.go msg="Server is ready"', "info"),
        ("2026-11-21 23:10:14.000 UTC [1] LOG:  database system is ready to accept connections", None),
        ('{"half an object": ', None),
        ("{}", None),
        ("Köln – 東京", None),
    ],
)
def test_a_line_of_any_component_arrives_as_it_was_said(
    loki: Loki, collector: Collector, service: str, line: str, level: str | None
) -> None:
    Container(collector.logs, service).says(line, stream="stdout")
    asked = f'{{service_name="{service}"}}'

    loki.eventually_has(asked, lambda lines: len(lines) == 1)
    (labels, arrived) = loki.entries(asked)[0]

    assert arrived == line
    assert labels.get("level") == level


def test_a_line_that_the_engine_cut_is_whole_again(loki: Loki, collector: Collector, service: str) -> None:
    long = "a" * 20_000 + "b" * 20_000
    Container(collector.logs, service).says("before", long, "after")

    lines = loki.eventually_has(f'{{service_name="{service}"}}', lambda lines: len(lines) == 3)

    assert sorted(lines) == sorted(["before", long, "after"])


def test_other_peoples_containers_are_left_alone(loki: Loki, collector: Collector, service: str) -> None:
    Container(collector.logs, None).says("a stranger's word")
    Container(collector.logs, service).says("ours")

    loki.eventually_has(f'{{service_name="{service}"}}', lambda lines: lines == ["ours"])

    assert loki.lines('{service_name=~".+"} |= "a stranger\'s word"') == []


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_a_collector_that_ends_and_comes_back_loses_nothing_and_doubles_nothing(
    loki: Loki, collector: Collector, service: str, ending: str
) -> None:
    container, said = Container(collector.logs, service), [f"line {number}" for number in range(3000)]
    asked = f'{{service_name="{service}"}}'

    container.says(*said[:1000])
    loki.eventually_has(asked, lambda lines: len(lines) > 0)
    container.says(*said[1000:2000])
    getattr(collector.component, ending)()  # in the middle of it
    container.says(*said[2000:2500])
    container.is_rotated()
    container.says(*said[2500:])
    collector.component.start()
    lines = loki.eventually_has(asked, lambda lines: len(set(lines)) == len(said))

    assert Counter(lines) == Counter(said)


def test_while_loki_is_away_lines_wait(loki: Loki, collector: Collector, service: str) -> None:
    container, said = Container(collector.logs, service), [f"line {number}" for number in range(2000)]
    asked = f'{{service_name="{service}"}}'

    loki.component.stop()
    try:
        container.says(*said[:1000])
        collector.component.stop()
        container.says(*said[1000:])
        collector.component.start()
    finally:
        loki.component.start()
    lines = loki.eventually_has(asked, lambda lines: len(set(lines)) == len(said))

    assert Counter(lines) == Counter(said)


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="needs root, to give up all it may")
def test_root_without_any_capability_reads_what_the_engine_keeps_for_root_alone(
    loki: Loki, tmp_path: Path, service: str
) -> None:
    collector = Collector(tmp_path, loki.address)
    bare = ["setpriv", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
    collector.component.command[:0] = bare
    container = Container(collector.logs, service)
    container.says("for root's eyes only")
    container.is_kept_as_the_engine_does()

    with running(collector.component):
        held = Path(f"/proc/{collector.component.process.pid}/status").read_text()
        loki.eventually_has(f'{{service_name="{service}"}}', lambda lines: lines == ["for root's eyes only"])

    assert "CapEff:\t0000000000000000" in held


def test_of_a_line_that_was_sent_twice_one_is_kept(loki: Loki, service: str) -> None:
    """What a killed collector had sent without having read the answer, it sends again."""
    entry = [str(time.time_ns()), "said once", {"request_id": REQUEST}]
    sent = {"streams": [{"stream": {"service_name": service}, "values": [entry]}]}
    for _ in range(2):
        httpx.post(f"{loki.address}/loki/api/v1/push", json=sent, trust_env=False).raise_for_status()

    assert loki.lines(f'{{service_name="{service}"}}') == ["said once"]
