"""docs/operations.md tells of each secret who writes it, and so how it is changed."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = (ROOT / "scripts" / "secrets.sh").read_text()
COMPOSE = (ROOT / "docker-compose" / "compose.yml").read_text()


def names_of_the_script() -> set[str]:
    """What its lists hold, and what it makes one by one."""
    lists = re.findall(r"^readonly (?:passwords|given)=\((.*?)\)", SCRIPT, flags=re.DOTALL | re.MULTILINE)
    made = re.findall(r'^ +(?:make|"\$1") ([a-z_]+) ', SCRIPT, flags=re.MULTILINE)
    return {*" ".join(lists).split(), *made}


def names_of_the_table() -> set[str]:
    operations = (ROOT / "docs" / "operations.md").read_text()
    (table,) = re.findall(r"^\| below the path \|.*\n((?:\|.*\n)+)", operations, flags=re.MULTILINE)
    return {name.lower() for name in re.findall(r"`(?:settings/)?(\w+)`", table)}


def test_the_table_of_operations_has_every_secret_that_is_made_or_given():
    assert names_of_the_table() - names_of_the_script() == set()
    assert names_of_the_script() - names_of_the_table() == set()


def test_the_script_makes_whatever_the_stack_mounts():
    mounted = set(re.findall(r"^  (\w+): \{file: ", COMPOSE.partition("\nsecrets:\n")[2], flags=re.MULTILINE))

    assert "database_url" in mounted
    assert mounted <= names_of_the_script()
