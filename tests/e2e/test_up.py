"""From nothing to all healthy, and back after every death."""

import os
import signal

import pytest

from tests.e2e.services import ONE_SHOTS, SERVICES

# Each group at once, which is harder than one by one.
TOGETHER = (
    ("postgresql", "meilisearch", "minio"),
    ("app-blue", "caddy", "worker"),
    ("loki", "otel-collector", "prometheus", "alertmanager"),
    ("node-exporter", "blackbox", "postgres-exporter"),
)


def test_everything_that_goes_on_is_healthy_and_everything_else_ended_well(stack):
    containers = stack.containers()

    assert {name for name, each in containers.items() if each.is_healthy} == SERVICES.keys()
    ended = {name: each.told["State"]["ExitCode"] for name, each in containers.items() if name not in SERVICES}
    assert ended == dict.fromkeys(ONE_SHOTS, 0)


@pytest.mark.parametrize(
    "again", [("compose", "up", "--detach", "--wait"), ("install.sh",)], ids=lambda again: again[0]
)
def test_a_second_time_changes_nothing(stack, again):
    before = {name: (each.id, each.started_at) for name, each in stack.running().items()}

    stack.script(*again)

    assert {name: (each.id, each.started_at) for name, each in stack.running().items()} == before


def test_secrets_that_are_there_are_never_made_again(stack):
    before = {file.name: (file.read_text(), file.stat().st_mode & 0o777) for file in stack.secrets.iterdir()}

    stack.script("secrets.sh", "local")

    assert {file.name: (file.read_text(), file.stat().st_mode & 0o777) for file in stack.secrets.iterdir()} == before
    assert {mode for _, mode in before.values()} == {0o600}


@pytest.mark.parametrize("services", TOGETHER, ids=lambda services: services[0])
def test_whatever_is_killed_comes_back_by_itself(stack, services):
    killed = {name: stack.container(name) for name in services}

    for each in killed.values():
        os.kill(each.pid, signal.SIGKILL)

    stack.await_health(*services, since=max(each.started_at for each in killed.values()))
    restarts = {name: each.restarts for name, each in stack.containers().items() if name in services}
    assert restarts == {name: each.restarts + 1 for name, each in killed.items()}
    stack.await_health(*SERVICES)


def test_no_service_is_left_out_of_the_killing():
    assert sorted(name for services in TOGETHER for name in services) == sorted(SERVICES)
