"""docs/operations.md sends people to panels that are there, and leaves none of them out."""

import json
import re

from tests.compose.stack import ROOT


def test_what_to_watch_names_the_overviews_panels_and_no_others():
    overview = json.loads((ROOT / "config" / "grafana" / "dashboards" / "overview.json").read_text())
    section = (ROOT / "docs" / "operations.md").read_text().split("## What to watch", 1)[1].split("\n## ", 1)[0]
    where = [row.split(" | ")[1] for row in section.splitlines() if row.startswith("| ") and "Overview" in row]

    named = {name for cell in where for name in re.findall(r"\*([^*]+)\*", cell)}

    assert overview["title"] == "Overview"
    assert named == {panel["title"] for panel in overview["panels"]}
