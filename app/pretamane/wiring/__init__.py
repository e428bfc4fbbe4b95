"""The composition root: the only place that picks an adapter, and where features are joined."""

from pretamane.wiring.application import build_app
from pretamane.wiring.blobs import blob_store, prepare_blob_store
from pretamane.wiring.databases import OwnPostgres, database_for, database_over, database_url, every_table, migrate
from pretamane.wiring.platform import Platform, first_administrators_link
from pretamane.wiring.work import build_worker, tasks

__all__ = [
    "OwnPostgres",
    "Platform",
    "blob_store",
    "build_app",
    "build_worker",
    "database_for",
    "database_over",
    "database_url",
    "every_table",
    "first_administrators_link",
    "migrate",
    "prepare_blob_store",
    "tasks",
]
