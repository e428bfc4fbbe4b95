"""What is counted, and how several processes give one true sum."""

import os

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
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

_JOB_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 1800)
JOB_WAIT_SECONDS = Histogram(
    "job_wait_seconds", "From when a job was due to when it was begun.", ["job"], buckets=_JOB_SECONDS
)
JOB_RUN_SECONDS = Histogram("job_run_seconds", "How long one attempt at a job took.", ["job"], buckets=_JOB_SECONDS)
JOBS_ENDED = Counter(
    "jobs_ended_total",
    "Attempts at jobs: done, failed, dead (given up), lost (their lease ran out).",
    ["job", "outcome"],
)
# One truth however many workers measure it: the newest. Its time tells whether anybody still does.
JOBS = Gauge(
    "jobs",
    "Jobs that are due, running, delayed or dead (up to 10,000 of these are counted).",
    ["state"],
    multiprocess_mode="mostrecent",
)
OLDEST_JOB_SECONDS = Gauge(
    "jobs_oldest_due_seconds", "How long the job that is due longest has waited.", multiprocess_mode="mostrecent"
)
JOBS_MEASURED = Gauge(
    "jobs_measured_timestamp_seconds", "When a worker last looked at the queue.", multiprocess_mode="mostrecent"
)


def exposition() -> bytes:
    """Everything counted so far, by every process of the service."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library leaves it untyped
    return generate_latest(registry)
