import re
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "app"
PIN = re.compile(r"^([\w.-]+)==([^ ;\\]+)", flags=re.MULTILINE)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_versions_and_hashes_and_no_address(name):
    text = (APP / name).read_text()

    assert "://" not in text
    for entry in re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]:
        assert PIN.match(entry), entry
        assert "--hash=sha256:" in entry, entry


def test_what_is_tested_is_what_runs():
    runs, tested = (
        set(PIN.findall((APP / name).read_text())) for name in ("requirements.lock", "requirements-dev.lock")
    )

    assert len(runs) > 20
    assert runs <= tested
