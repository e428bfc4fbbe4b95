"""docs/costs.md adds up: every line is what it is reckoned from, by a price of its own table, and so is every sum."""

import re
from decimal import ROUND_HALF_UP, Decimal

import pytest

from tests.terraform.root import ROOT, SOURCE

COSTS = (ROOT / "docs" / "costs.md").read_text()
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", COSTS, flags=re.DOTALL | re.MULTILINE))
HOST, CLUSTER = "The month", "Beside the stack that it replaces"
CENT = Decimal("0.01")


def rows(section: str) -> list[list[str]]:
    """Without the head."""
    found = [line.strip("|").split("|") for line in SECTIONS[section].splitlines() if line.startswith("|")]
    return [[cell.strip(" *") for cell in row] for row in found[2:]]


def prices() -> list[tuple[str, set[Decimal]]]:
    """What it is for, and the numbers that its price says."""
    return [(what, set(map(Decimal, re.findall(r"\d+\.\d+", price)))) for what, price, _ in rows("Prices")]


def reckoned(formula: str) -> Decimal:
    """The sum of products that a line ends with: its words may hold numbers too."""
    (sums,) = re.findall(r"(?:[\d.]+ × )+[\d.]+(?: \+ (?:[\d.]+ × )+[\d.]+)*", formula)
    total = Decimal()
    for product in sums.split(" + "):
        one = Decimal(1)
        for factor in product.split(" × "):
            one *= Decimal(factor)
        total += one
    return total.quantize(CENT, ROUND_HALF_UP)


LINES = {section: [row for row in rows(section) if "×" in row[1]] for section in (HOST, CLUSTER)}


def test_most_lines_are_reckoned():
    assert {section: len(lines) for section, lines in LINES.items()} == {HOST: 6, CLUSTER: 7}


@pytest.mark.parametrize(("formula", "dollars"), [row[1:] for lines in LINES.values() for row in lines])
def test_a_line_is_what_it_is_reckoned_from(formula, dollars):
    known = set().union(*(numbers for _, numbers in prices()))
    asked = {Decimal(number) for number in re.findall(r"\b0\.\d+", formula)}

    assert reckoned(formula) == Decimal(dollars)
    assert asked
    assert asked <= known


@pytest.mark.parametrize("section", [HOST, CLUSTER])
def test_a_sum_is_that_of_its_lines(section):
    *lines, (_, _, total) = rows(section)

    assert sum(Decimal(dollars) for _, _, dollars in lines) == Decimal(total)


def test_snapshots_and_backups_cost_the_other_stack_what_they_cost_this_one():
    ours = {line.split(":")[0]: Decimal(dollars) for line, _, dollars in rows(HOST)}
    (theirs,) = [Decimal(dollars) for line, _, dollars in rows(CLUSTER) if line == "snapshots and backups, as above"]

    assert theirs == ours["snapshots"] + ours["backups"]


def test_what_is_dearer_or_cheaper_follows_from_the_prices():
    price = {what: min(numbers) for what, numbers in prices() if numbers}
    saved = (price["t3.medium"] - price["t4g.medium"]) * 730

    assert f"t4g.medium, {saved.quantize(CENT)} less" in COSTS
    assert f"each GB of it costs {(price['S3 Standard'] * 60).quantize(CENT)} a month" in COSTS


def test_a_price_says_where_it_is_from():
    sources = [source for _, _, source in rows("Prices")]

    assert all(re.search(r"\b20\d\d\b|undated|unchecked", source) for source in sources)


def test_the_readme_says_the_same():
    (said,) = re.findall(r"It costs about (\d+) dollars a month", (SOURCE / "README.md").read_text())
    (*_, (_, _, total)) = rows(HOST)

    assert Decimal(said) == Decimal(total).quantize(Decimal(1), ROUND_HALF_UP)
