"""BLOB_URL picks the store; one that is away or lacks something is told, and keeps nobody from starting."""

import subprocess
import sys
from pathlib import Path
from uuid import uuid4

from tests.conftest import MovableClock, make_settings
from tests.minio_server import MinioServer
from tests.running import free_port

from pretamane.adapters.blobs_s3 import S3Blobs
from pretamane.cli import main
from pretamane.wiring import blob_store, prepare_blob_store

APP = Path(__file__).parents[1]


def keep_one(folder: Path, **settings: object) -> None:
    letter = folder / "letter"
    letter.write_bytes(b"letter")
    blob_store(make_settings(folder, **settings), MovableClock()).keep("ab/cd/letter", letter)


def test_by_default_blobs_are_kept_in_the_data_folder(tmp_path):
    keep_one(tmp_path)

    assert (tmp_path / "blobs" / "ab" / "cd" / "letter").read_bytes() == b"letter"


def test_a_folder_of_ones_own_is_taken_instead(tmp_path):
    keep_one(tmp_path, blob_url=f"file:{tmp_path}/elsewhere")

    assert (tmp_path / "elsewhere" / "ab" / "cd" / "letter").read_bytes() == b"letter"


def test_an_s3_address_is_taken_for_a_bucket_there(tmp_path):
    settings = make_settings(tmp_path, blob_url="s3://a:b@s3.example/letters")

    assert isinstance(blob_store(settings, MovableClock()), S3Blobs)


def test_an_idle_process_does_not_carry_a_client_that_it_has_no_use_for():
    script = "import sys; import pretamane.wiring; print({'minio', 'urllib3'} & set(sys.modules) or None)"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=APP)

    assert shown.stdout.strip() == "None"


def test_a_store_that_is_away_is_told_in_a_sentence_and_stops_nothing(tmp_path):
    away = make_settings(tmp_path, blob_url=f"s3://a:b@127.0.0.1:{free_port()}/letters?tls=none")

    assert prepare_blob_store(away) == ["The blob store could not be prepared: it cannot be reached."]


def test_migrate_makes_the_bucket_and_check_says_what_it_lacks(
    monkeypatch, capsys, tmp_path, owner_address, minio: MinioServer
):
    monkeypatch.setenv("PRETAMANE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PRETAMANE_DATABASE_URL", owner_address)
    monkeypatch.setenv("PRETAMANE_BLOB_URL", minio.url(f"test-{uuid4().hex[:12]}"))

    before = [main(["check"]), capsys.readouterr().out]
    migrated = [main(["migrate"]), capsys.readouterr().out]
    after = [main(["check"]), capsys.readouterr().out]

    assert (before[0], migrated[0], after[0]) == (0, 0, 0)
    assert "The blob store has no bucket test-" in before[1]
    assert "No block stands before a policy" in migrated[1]
    assert ["blobs", "ok"] in [line.split()[:2] for line in after[1].splitlines()]
    assert ["blobs", "weak", "No", "block"] in [line.split()[:4] for line in after[1].splitlines()]
