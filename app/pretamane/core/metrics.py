"""What is counted, and how several processes give one true sum."""

import os

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = CONTENT_TYPE_LATEST

REQUEST_SECONDS = Histogram(
    "http_request_duration_seconds",
    "How long an answer took, by route template, method, status and whose request it was.",
    ["route", "method", "status", "sli"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
POOL_EXHAUSTED = Counter(
    "database_pool_exhausted_total", "Requests refused because every database connection was in use."
)
RATE_LIMITED = Counter("rate_limited_total", "Requests refused by a rate limit.", ["limit"])
SEAL_NOT_WRITTEN = Counter(
    "audit_seal_not_written_total", "Times that the newest seal could not be kept outside the database."
)


def exposition() -> bytes:
    """Everything counted so far, by every process of the service."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library leaves it untyped
    return generate_latest(registry)
