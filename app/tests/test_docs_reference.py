"""The reference that people read names everything that the API has."""

import json
from html import unescape
from pathlib import Path

FROZEN = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_reference_names_every_documented_route_with_its_summary(client):
    page = unescape(client.get("/api/docs").text)

    for path, operations in json.loads(FROZEN.read_text(encoding="utf-8"))["paths"].items():
        for method, operation in operations.items():
            assert f"<code>{method.upper()} {path}</code>" in page
            assert operation["summary"] in page
