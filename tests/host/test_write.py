"""How a host writes its files, by the shell that its scripts run in."""

import subprocess
from pathlib import Path

import pytest

WORDS = Path(__file__).parents[2] / "scripts" / "host.bash"
# As its scripts ask: after a pipe, in a condition, and with nothing to do being no fault.
WAYS = ["seq 9999 | write {} 600 || true", "if write {} 600 < <(seq 9999); then :; fi"]


def by_the_host(line):
    script = f"set -euo pipefail\n. {WORDS}\n{line}\necho went on"
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("way", WAYS)
def test_what_does_not_fit_on_the_disk_leaves_the_file_as_it_was_and_ends_the_script(tmp_path, way):
    file = tmp_path / "settings"
    file.write_text("as it was\n")

    told = by_the_host(f"trap '' XFSZ; ulimit -f 1\n{way.format(file)}")

    assert (told.returncode, told.stdout) == (2, "")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("settings", "as it was\n")]


@pytest.mark.parametrize("way", WAYS)
def test_what_fits_is_written_once(tmp_path, way):
    file = tmp_path / "settings"

    told = by_the_host(f"{way.format(file)}\nif seq 9999 | write {file} 600; then exit 9; fi")

    assert (told.returncode, told.stdout) == (0, "went on\n"), told.stderr
    assert file.read_text().endswith("9999\n")
