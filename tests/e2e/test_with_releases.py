"""Releases, while the house is busy. Last, for what they leave is another version."""

import hashlib
import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx2
import pytest

from tests.e2e import releases
from tests.e2e.services import SERVICES
from tests.e2e.stack import ROOT, Stack
from tests.e2e.traffic import ShortRequests, download, upload, upload_in_parts

A_SECOND = 50
# Those that wait at the end for their turn are none.
ENOUGH = 0.95 * A_SECOND
LARGE, MIDDLING = 200 * 1024 * 1024, 60 * 1024 * 1024
# Longer than a release takes until it switches.
LONG_SECONDS = float(os.environ.get("E2E_LONG_SECONDS", "120"))
MOST_SECONDS_FOR_NOTHING = 20
BASE = "0.1.0"


def large_pdf(size: int) -> bytes:
    """One that says that it is a PDF, and holds what no two files share."""
    head = b"%%PDF-1.7\n%%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Length %d>>\nstream\n" % size
    return head + os.urandom(size) + b"\nendstream\n"


def seconds_between(told: str, one: str, other: str) -> float:
    begun, ended = (
        datetime.strptime(found, "%H:%M:%S").replace(tzinfo=UTC)
        for heading in (one, other)
        for found in re.findall(rf"^== {heading}.*\((.*)\)$", told, re.MULTILINE)
    )
    return (ended - begun).total_seconds() % 86_400


def seconds_until_the_switch(told: str) -> float:
    return seconds_between(told, "Fetching", "Switching")


def seconds_of_draining(told: str) -> float:
    return seconds_between(told, "Draining", "Everything else")


def version_in_service(stack: Stack) -> str:
    told = stack.script("doctor.sh", check=False).stdout
    found = re.search(r"^version +(\S+)", told, re.MULTILINE)
    assert found is not None, told
    return found[1]


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> str:
    newest = max(file.stem.split("_")[0] for file in (ROOT / "app/migrations/versions").glob("[0-9]*.py"))
    releases.one_with_a_migration(tmp_path_factory.mktemp("later"), BASE, "0.1.1-later", newest)
    return "0.1.1-later"


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> str:
    releases.one_that_is_ready_and_broken(tmp_path_factory.mktemp("broken"), BASE, "0.1.2-broken")
    return "0.1.2-broken"


def test_a_release_that_fails_its_smoke_test_is_reverted_by_itself_and_costs_nobody_a_request(stack, broken):
    with ShortRequests(stack.address, A_SECOND).going_on() as short:
        released = stack.script("deploy.sh", broken, check=False)

    assert released.returncode == 1, released.stderr
    assert "/app/sign-in" in released.stderr
    assert short.failed == []
    assert short.a_second > ENOUGH
    assert version_in_service(stack) == BASE


def test_a_version_that_was_reverted_is_not_tried_again(stack, broken):
    again = stack.script("deploy.sh", broken, check=False)
    before = stack.container("app-blue")
    stack.script("install.sh")

    assert again.returncode == 2
    assert "was reverted before" in again.stderr
    assert (stack.container("app-blue").id, stack.container("app-blue").started_at) == (before.id, before.started_at)
    # Whatever is there, running or not, the engine starts again at a reboot.
    assert broken not in " ".join(each.told["Config"]["Image"] for each in stack.containers().values())
    assert version_in_service(stack) == BASE


def test_a_release_whose_worker_is_unwell_is_taken_back_and_leaves_the_store_alone(stack, tmp_path):
    releases.one_whose_worker_is_unwell(tmp_path, BASE, "0.1.3-unwell")
    (other := tmp_path / "other").mkdir()
    store = stack.container("minio")

    with (
        releases.another_image_of("minio", other, BASE),
        ShortRequests(stack.address, A_SECOND).going_on() as short,
    ):
        released = stack.script("deploy.sh", "0.1.3-unwell", check=False)

    assert released.returncode == 1, released.stderr
    assert "The worker failed" in released.stderr
    assert f"Version {BASE} is in service" in released.stderr
    assert short.failed == []
    assert short.a_second > ENOUGH
    assert (stack.container("minio").id, stack.container("minio").started_at) == (store.id, store.started_at)
    assert stack.container("worker").told["Config"]["Image"].endswith(f":{BASE}")
    assert "app-green" not in stack.running()


def test_a_release_that_is_killed_after_the_switch_is_told_and_led_back_by_the_next_start(stack, later):
    stack.kill_when("deploy.sh", later, said="The smoke test through Caddy")
    told = stack.script("doctor.sh", check=False)

    with ShortRequests(stack.address, A_SECOND).going_on() as short:
        stack.script("install.sh")

    assert told.returncode == 1
    assert "Caddy leads to app-green" in told.stdout
    assert short.failed == []
    assert short.a_second > ENOUGH
    assert version_in_service(stack) == BASE
    assert "app-green" not in stack.running()
    assert httpx2.get(f"{stack.address}/app/sign-in").status_code == 200


def test_a_start_builds_nothing_by_the_name_of_a_version_that_serves(stack):
    state = stack.folder / "state.env"
    written = state.read_text()
    state.write_text(written.replace(BASE, "0.0.9-gone"))
    try:
        refused = stack.script("install.sh", check=False)
    finally:
        state.write_text(written)

    assert refused.returncode == 2
    assert "The image pretamane:0.0.9-gone is neither here nor to be had" in refused.stderr


def test_a_release_with_a_migration_loses_no_request_and_nothing_that_is_under_way(stack, administrator, later):
    middling, large = large_pdf(MIDDLING), large_pdf(LARGE)
    kept = upload(administrator, middling, 0)

    with ThreadPoolExecutor(3) as pool, ShortRequests(stack.address, A_SECOND).going_on() as short:
        begun = time.monotonic()
        sent = pool.submit(upload, administrator, large, LONG_SECONDS)
        in_parts = pool.submit(upload_in_parts, administrator, middling[:-1] + b"\r", LONG_SECONDS)
        read = pool.submit(download, administrator, kept, LONG_SECONDS, MIDDLING)
        released = stack.script("deploy.sh", later, check=False)
        documents = sent.result(), in_parts.result()
        fetched = read.result()

    assert released.returncode == 0, released.stderr
    assert short.failed == [], released.stderr
    assert short.a_second > ENOUGH
    # What took longest went on before, through and after the switch.
    assert seconds_until_the_switch(released.stderr) < LONG_SECONDS < time.monotonic() - begun
    # Nobody who serves already is started again by the last step.
    assert stack.container("app-green").started_at < stack.container("worker").started_at
    assert version_in_service(stack) == later
    assert fetched == hashlib.sha256(middling).hexdigest()
    assert download(administrator, documents[0], 0, LARGE) == hashlib.sha256(large).hexdigest()
    assert download(administrator, documents[1], 0, MIDDLING) == hashlib.sha256(middling[:-1] + b"\r").hexdigest()
    assert stack.asked("SELECT to_regclass('of_a_later_release')") == ["of_a_later_release"]


def test_when_the_engine_starts_again_the_last_good_version_comes_up_by_itself(stack, later):
    """As at a reboot. Of the versions that were reverted nothing is there to come up."""
    if "pretamane-tests" not in os.environ.get("DOCKER_HOST", ""):
        pytest.skip("this machine's own engine is not stopped for a test")
    for act in (["end"], []):
        subprocess.run([ROOT / "tests/standins/engine", *act], check=True, capture_output=True)

    stack.await_health(*(SERVICES.keys() - {"app-blue"}), "app-green")
    assert "app-blue" not in stack.running()
    assert {stack.container(name).told["Config"]["Image"] for name in ("app-green", "worker")} == {f"pretamane:{later}"}
    assert httpx2.get(f"{stack.address}/app/sign-in").status_code == 200


def test_the_version_before_comes_back_by_one_command_and_waits_for_nobody_who_only_keeps_a_connection(stack, later):
    assert version_in_service(stack) == later
    httpx2.get(f"{stack.address}/app/sign-in")

    told = stack.script("rollback.sh").stderr

    assert version_in_service(stack) == BASE
    # Of these, most is the old colour's own end.
    assert seconds_of_draining(told) < MOST_SECONDS_FOR_NOTHING
    assert httpx2.get(f"{stack.address}/app/sign-in").status_code == 200
