"""The page on security names whatever can be reached, and nothing that cannot."""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI

from pretamane.wiring import build_app

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
SITE = "/{page:path}"


@pytest.fixture
def served(platform) -> set[str]:
    app = build_app(platform).app
    assert isinstance(app, FastAPI)
    paths = {path for route in app.routes for path in paths_of(route)}
    return {path for path in paths if path != SITE} | {"/"}


def paths_of(route) -> set[str]:
    """FastAPI keeps an included router's routes inside a route of its own."""
    inner = getattr(getattr(route, "original_router", None), "routes", None)
    return {path for each in inner for path in paths_of(each)} if inner else {route.path}


def named() -> set[str]:
    """The addresses of the table's first column; one that ends in … stands for all that begin so."""
    table = PAGE.read_text(encoding="utf-8").partition("## What can be reached")[2].partition("\n## ")[0]
    column = re.findall(r"^\| ([^|]*`/?[^|]*) \|", table, flags=re.MULTILINE)
    return {address.split()[-1] for cell in column for address in re.findall(r"`([^`]+)`", cell)}


def covers(address: str, path: str) -> bool:
    return path.startswith(address.removesuffix("…")) if address.endswith("…") else path == address


def test_every_address_that_is_served_is_in_the_table(served):
    assert {path for path in served if not any(covers(address, path) for address in named())} == set()


def test_every_address_in_the_table_is_served(served):
    assert {address for address in named() if not any(covers(address, path) for path in served)} == set()
