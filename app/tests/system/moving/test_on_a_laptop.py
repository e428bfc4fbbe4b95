"""The commands find the house by its data folder, whether it runs at the same time or not."""

import json
import subprocess

from tests.running import ENVIRONMENT, command, running


def run(folder, *arguments):
    environment = {**ENVIRONMENT, "PRETAMANE_DATA_DIR": str(folder), "PRETAMANE_DISK_RESERVE": "0"}
    return subprocess.run(
        command(*arguments), env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_a_house_is_exported_and_imported_into_while_it_runs_and_while_it_does_not(tmp_path):
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "letter.txt").write_text("A letter.")
    with running(tmp_path / "house") as house:
        house.ready()
        house.send_message()
        while_it_runs = run(tmp_path / "house", "export", str(tmp_path / "first"))
        house.press_ctrl_c()
        house.exit_code()

    taken = run(tmp_path / "house", "import", str(tmp_path / "scans"))
    while_it_does_not = run(tmp_path / "house", "export", str(tmp_path / "second"))

    assert (while_it_runs.returncode, taken.returncode, while_it_does_not.returncode) == (0, 0, 0), (
        while_it_does_not.stdout,
        while_it_does_not.stderr,
    )
    for export, letters in (("first", 0), ("second", 1)):
        messages = json.loads((tmp_path / export / "messages.json").read_text())
        assert [message["name"] for message in messages] == ["Ada"]
        assert len(list((tmp_path / export).rglob("*letter.txt"))) == letters
    # Seals are set each second, or so, while a house runs: how many there are by now is chance.
    entries = json.loads((tmp_path / "second" / "audit.json").read_text())
    assert entries
    assert {len(entry["seal_hash"]) for entry in entries if entry["seal"]} <= {64}


def test_where_there_is_no_house_a_sentence_says_so(tmp_path):
    told = run(tmp_path / "house", "export", str(tmp_path / "out"))

    assert told.returncode == 2
    assert "There is no database in" in told.stderr
    assert not (tmp_path / "out").exists()
