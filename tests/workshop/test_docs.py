import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def pages() -> list[Path]:
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return sorted(ROOT / name for name in names if name and (ROOT / name).is_file())


def links_of(page: Path) -> list[str]:
    """Where a page's own links and pictures lead, code aside and other sites aside."""
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", prose) if "://" not in link]


def headings_of(page: Path) -> set[str]:
    """As the anchors that renderers make of them."""
    lines = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page):
    for link in links_of(page):
        target, _, anchor = link.partition("#")
        linked = (page.parent / target).resolve() if target else page
        assert linked.exists(), f"{link} leads nowhere"
        assert not anchor or anchor in headings_of(linked), f"{link}: no such heading"


def test_every_decision_is_listed_where_decisions_are_looked_for():
    architecture = (ROOT / "docs" / "architecture.md").read_text()

    for decision in (ROOT / "docs" / "decisions").glob("*.md"):
        assert f"decisions/{decision.name}" in architecture


def test_every_setting_that_a_page_gives_its_full_name_exists():
    known = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "settings.md").read_text(), flags=re.MULTILINE))

    assert known
    for page in pages():
        named = {name.removesuffix("_FILE") for name in re.findall(r"PRETAMANE_([A-Z_]+\w)", page.read_text())}
        assert named <= known, f"{page.name} names {', '.join(sorted(named - known))}"
