"""A part that is away takes with it what needs it, and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from tests.documents_story.samples import pdf
from tests.e2e.stack import Stack


@contextmanager
def without(stack: Stack, service: str) -> Iterator[None]:
    stack.compose("stop", "--timeout", "5", service)
    try:
        yield
    finally:
        stack.compose("start", service)
        stack.await_health(service)


def health_of(stack: Stack) -> tuple[int, str]:
    answer = httpx2.get(f"{stack.address}/health", timeout=30)
    return answer.status_code, answer.json()["status"]


def test_without_the_store_records_are_read_and_an_upload_is_refused_whole(stack, administrator):
    with without(stack, "minio"):
        told = health_of(stack)
        listed = administrator.get("/api/v1/documents")
        before = listed.json()["items"]
        sent = administrator.post("/api/v1/documents", files={"file": ("a.pdf", pdf(["Without a store"]))}, timeout=60)
        after = administrator.get("/api/v1/documents").json()["items"]

    assert told == (200, "degraded")
    assert listed.status_code == 200
    assert sent.status_code == 503
    assert after == before


def test_without_the_database_the_site_stands_and_the_app_says_so_and_comes_back(stack, administrator):
    with without(stack, "postgresql"):
        told = health_of(stack)
        site = httpx2.get(stack.address)
        asked = administrator.get("/api/v1/documents", timeout=60)

    assert told == (503, "down")
    assert site.status_code == 200
    assert asked.status_code == 503
    stack.await_health("app-blue")
    assert administrator.get("/api/v1/documents").status_code == 200
    assert health_of(stack) == (200, "ok")


def test_without_meilisearch_health_says_so_and_records_are_read(stack, administrator):
    before = health_of(stack)
    with without(stack, "meilisearch"):
        told = health_of(stack)
        listed = administrator.get("/api/v1/documents")

    assert before == (200, "ok")
    assert told == (200, "degraded")
    assert listed.status_code == 200


def test_with_no_colour_of_the_app_at_all_people_read_a_calm_page(stack):
    with without(stack, "app-blue"):
        page = httpx2.get(f"{stack.address}/app/sign-in", headers={"Accept": "text/html"}, timeout=60)
        site = httpx2.get(stack.address)

    assert page.status_code in (502, 503)
    assert page.headers["content-type"].startswith("text/html")
    assert "retry-after" in page.headers
    assert site.status_code == 200
