"""The reference that people read names everything that the API has, and every way in which it refuses."""

import ast
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

import pretamane
from pretamane.core.errors import AppError

FROZEN = Path(__file__).parents[2] / "docs" / "openapi.json"
SOURCES = sorted(Path(pretamane.__file__).parent.rglob("*.py"))


def kinds_of(refusal: type[AppError]) -> Iterator[type[AppError]]:
    yield refusal
    for kind in refusal.__subclasses__():
        yield from kinds_of(kind)


def codes_given_in(source: Path) -> set[str]:
    """Every literal that is passed as `code`."""
    calls = [node for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    values = [each.value for call in calls for each in call.keywords if each.arg == "code"]
    return {node.value for node in values if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def anchors(client) -> set[str]:
    return set(re.findall(r'id="(problem-[a-z-]+)"', client.get("/api/docs").text))


def test_the_reference_names_every_documented_route_with_its_summary(client):
    page = unescape(client.get("/api/docs").text)

    for path, operations in json.loads(FROZEN.read_text(encoding="utf-8"))["paths"].items():
        for method, operation in operations.items():
            assert f"<code>{method.upper()} {path}</code>" in page
            assert operation["summary"] in page


def test_every_code_of_a_refusal_is_explained_where_its_type_leads(client):
    used = {kind.code for kind in kinds_of(AppError)}.union(*map(codes_given_in, SOURCES))

    assert {"database-busy", "not-found", "internal-error"} <= used
    assert {f"problem-{code}" for code in used} - anchors(client) == set()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/nothing"),
        ("PUT", "/api/v1/contact"),
        ("POST", "/api/v1/contact"),
        ("GET", "/api/v1/practice/logo"),
    ],
)
def test_the_type_of_a_problem_leads_to_its_explanation(client, method, path):
    address, _, anchor = client.request(method, path).json()["type"].partition("#")

    assert address == "/api/docs"
    assert anchor in anchors(client)
