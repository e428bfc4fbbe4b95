"""`pretamane backup`: a whole house in one file, of the form that scripts/restore-data.sh takes."""

import hashlib
import subprocess
import tarfile
from pathlib import Path

import pytest
from tests.documents import samples
from tests.embedded_server import ask, running
from tests.houses import House
from tests.running import ENVIRONMENT, command
from tests.running import running as house_running

from pretamane.adapters.postgres_binaries import find_binaries
from pretamane.adapters.postgres_embedded import EmbeddedPostgres, as_app
from pretamane.core.migrations import migrate
from pretamane.core.roles import role_of

DOCUMENTS = 3
TABLES = """SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""
ROWS = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} AS t"


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with documents, at rest."""
    folder = tmp_path_factory.mktemp("laptop") / "house"
    server = EmbeddedPostgres(folder.with_name("cluster"))
    owner = server.start()
    try:
        migrate(owner, role_of(as_app(owner)))
        house = House(folder, as_app(owner))
        for number in range(DOCUMENTS):
            house.file(f"letter-{number}.pdf", samples.pdf(text=f"Letter {number}"))
        house.platform.close()
        house.platform.database.bind.engine.dispose()
        house.platform.rate_limits.windows.bind.engine.dispose()
    finally:
        server.stop()
    (folder.with_name("cluster") / "postgres16").rename(folder / "postgres16")
    return folder


@pytest.fixture
def house(furnished: Path, tmp_path: Path) -> Path:
    subprocess.run(["cp", "--archive", furnished, tmp_path / "house"], check=True)
    return tmp_path / "house"


def backup(house: Path, file: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**ENVIRONMENT, "PRETAMANE_DATA_DIR": str(house), "PRETAMANE_DISK_RESERVE": "0", **more}
    told = command("backup", str(file))
    return subprocess.run(told, env=environment, capture_output=True, text=True, timeout=120, check=False)


def unpacked(file: Path, into: Path) -> Path:
    with tarfile.open(file) as archive:
        archive.extractall(into, filter="data")
    return into


@pytest.fixture
def made(house: Path, tmp_path: Path) -> Path:
    told = backup(house, tmp_path / "house.tar.gz")
    assert told.returncode == 0, told.stderr
    return unpacked(tmp_path / "house.tar.gz", tmp_path / "unpacked")


def test_every_file_in_it_is_what_its_list_of_hashes_says(made):
    checked = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=made, check=False)
    listed = {line.split("  ")[1] for line in (made / "SHA256SUMS").read_text().splitlines()}
    there = {str(file.relative_to(made)) for file in made.rglob("*") if file.is_file()}

    assert checked.returncode == 0
    assert there - listed == {"SHA256SUMS"}


def test_it_has_the_bytes_that_the_database_speaks_of(made):
    rows = [line.split() for line in (made / "blobs.list").read_text().splitlines()]

    assert len(rows) == DOCUMENTS
    for key, sha256, size in rows:
        content = (made / "blobs" / key).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (sha256, int(size))


def test_its_dump_has_every_table_with_its_rows(made, house, tmp_path):
    with running(tmp_path / "other") as other, running(house) as owner:
        restored = [str(find_binaries() / "pg_restore"), "--no-owner", "--no-privileges", "--exit-on-error"]
        address = other.replace("+psycopg2", "")
        subprocess.run([*restored, f"--dbname={address}", made / "database.dump"], check=True)
        tables = str(ask(owner, TABLES)).split()
        before = {table: ask(owner, ROWS.format(table)) for table in tables}

        assert len(tables) > 10
        assert {table: ask(other, ROWS.format(table)) for table in str(ask(other, TABLES)).split()} == before
        assert ask(other, "SELECT count(*) FROM documents") == DOCUMENTS


def test_it_is_for_its_owner_alone_and_has_no_key(made, tmp_path):
    assert (tmp_path / "house.tar.gz").stat().st_mode & 0o777 == 0o600
    assert not list(made.rglob("signing-key"))
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_a_house_is_backed_up_while_it_runs(tmp_path):
    with house_running(tmp_path / "house") as house:
        house.ready()
        assert house.send_message() == 201
        told = backup(tmp_path / "house", tmp_path / "house.tar.gz")

    assert told.returncode == 0, told.stderr
    assert (tmp_path / "house.tar.gz").exists()


def damage(blob: Path) -> None:
    blob.chmod(0o600)
    blob.write_bytes(b"?")


@pytest.mark.parametrize(("spoil", "fate"), [(Path.unlink, "missing"), (damage, "damaged")])
def test_bytes_that_are_missing_or_damaged_leave_no_backup(house, tmp_path, spoil, fate):
    blob = next(file for file in (house / "blobs").rglob("*") if file.is_file())
    spoil(blob)
    told = backup(house, tmp_path / "house.tar.gz")

    assert told.returncode == 2
    assert f"are {fate}; the backup was not made." in told.stderr
    assert sorted(each.name for each in tmp_path.iterdir()) == ["house"]


def test_what_is_there_is_not_replaced(house, tmp_path):
    (tmp_path / "house.tar.gz").write_text("An older one.")
    told = backup(house, tmp_path / "house.tar.gz")

    assert told.returncode == 2
    assert (tmp_path / "house.tar.gz").read_text() == "An older one."


def test_the_database_of_a_stack_is_not_its_business(tmp_path):
    url = "postgresql://somebody@127.0.0.1:1/none"
    told = backup(tmp_path / "house", tmp_path / "house.tar.gz", PRETAMANE_DATABASE_URL=url)

    assert (told.returncode, "scripts/backup-data.sh" in told.stderr) == (2, True)
