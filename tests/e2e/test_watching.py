"""What the monitoring sees of the stack it stands beside."""

import time
from collections.abc import Callable
from typing import TypeVar
from uuid import uuid4

import httpx2
import pytest

from tests.e2e.services import SERVICES
from tests.e2e.stack import Stack

NOT_HERE = {"grafana"}
T = TypeVar("T")


def of(stack: Stack, service: str, port: int) -> str:
    return f"http://{stack.container(service).addresses['monitoring']}:{port}"


def await_answer(ask: Callable[[], T], is_enough: Callable[[T], bool]) -> T:
    """The first answer that is enough, or the last of a minute."""
    answer = ask()
    for _ in range(60):
        if is_enough(answer):
            break
        time.sleep(1)
        answer = ask()
    return answer


def health_of_targets(stack: Stack) -> dict[str, str]:
    told = httpx2.get(f"{of(stack, 'prometheus', 9090)}/prometheus/api/v1/targets").json()["data"]["activeTargets"]
    return {target["labels"]["job"]: target["health"] for target in told}


def lines_with(stack: Stack, words: str) -> dict[str, list[str]]:
    """Log lines by service."""
    question = {"query": f'{{service_name=~".+"}} |= "{words}"', "limit": "1000"}
    told = httpx2.get(f"{of(stack, 'loki', 3100)}/loki/api/v1/query_range", params=question, timeout=30).json()
    found: dict[str, list[str]] = {}
    for stream in told["data"]["result"]:
        found.setdefault(stream["stream"]["service_name"], []).extend(line for _, line in stream["values"])
    return found


def test_every_target_is_asked_and_up(stack):
    health = await_answer(lambda: health_of_targets(stack), lambda known: "unknown" not in known.values())

    assert {job for job, state in health.items() if state != "up"} <= NOT_HERE
    assert {"app", "worker", "caddy", "postgresql", "host"} <= health.keys()


def test_one_request_is_found_in_the_logs_of_all_who_had_a_part_in_it(stack):
    request = f"story-{uuid4()}"
    httpx2.get(f"{stack.address}/api/v1/practice", headers={"X-Request-Id": request})

    found = await_answer(lambda: lines_with(stack, request), lambda lines: {"caddy", "app-blue"} <= lines.keys())

    assert {"caddy", "app-blue"} <= found.keys()


@pytest.mark.parametrize("service", sorted(SERVICES.keys() - {"otel-collector"}))
def test_whoever_said_anything_is_found_by_name(stack, service):
    has_spoken = bool(stack.compose("logs", "--no-log-prefix", service).strip())
    told = httpx2.get(f"{of(stack, 'loki', 3100)}/loki/api/v1/label/service_name/values").json()

    assert (service in told["data"]) is has_spoken


def test_what_is_logged_while_the_collector_is_away_is_not_lost_and_comes_once(stack):
    mark = f"away-{uuid4()}"
    stack.compose("stop", "otel-collector")
    for number in range(20):
        httpx2.get(f"{stack.address}/health/live", headers={"X-Request-Id": f"{mark}-{number}"})
    stack.compose("start", "otel-collector")

    found = await_answer(lambda: lines_with(stack, mark).get("caddy", []), lambda lines: len(lines) >= 20)
    assert len(found) == len(set(found)) == 20
