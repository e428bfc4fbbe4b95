import os
import platform
import stat
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import NullPool
from tests.embedded_server import another_process, ask, keep_a_note, kept_note, number_of_server, running

from pretamane.adapters.postgres_binaries import refuse_system
from pretamane.adapters.postgres_child import NOBODY
from pretamane.adapters.postgres_embedded import EmbeddedPostgres, as_app, what_linux_alone_can_do
from pretamane.adapters.postgres_folder import CLUSTER
from pretamane.adapters.postgres_leftovers import living
from pretamane.core.errors import CannotStart


def sockets_of(address: str) -> Path:
    return Path(str(make_url(address).query["host"]))


def test_a_fresh_start_gives_a_durable_utf8_database_that_no_network_reaches(tmp_path: Path) -> None:
    with running(tmp_path / "var") as address:
        promises = {name: ask(address, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "data_checksums")}
        listens = ask(address, "SHOW listen_addresses")
        database = ask(address, "SELECT current_database() || ' ' || current_setting('server_encoding')")
        folded = ask(address, "SELECT lower('ÉÄ')")

    assert promises == dict.fromkeys(promises, "on")
    assert listens == ""
    assert database == "pretamane UTF8"
    assert folded == "éä"


def test_a_second_start_finds_what_the_first_one_kept(tmp_path: Path) -> None:
    keep_a_note(tmp_path)

    found = kept_note(tmp_path)

    assert found == "kept"


def test_the_app_has_a_role_of_its_own_that_owns_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as address:
        role = ask(as_app(address), "SELECT current_user")
        powers = ask(
            address, "SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname LIKE '%_app'"
        )

    assert (role, powers) == ("pretamane_app", False)


def test_a_cluster_from_before_there_was_such_a_role_gets_it_at_the_next_start(tmp_path: Path) -> None:
    with running(tmp_path) as address:
        ask(address, "DROP ROLE pretamane_app")

    with running(tmp_path) as address:
        role = ask(as_app(address), "SELECT current_user")

    assert role == "pretamane_app"


def test_the_data_and_socket_folders_are_private_and_their_parents_untouched(tmp_path: Path) -> None:
    parents = list((tmp_path / "var").parents)
    before = [parent.stat().st_mode for parent in parents]

    with running(tmp_path / "var") as address:
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "var", sockets_of(address))]

    assert modes == [0o700, 0o700]
    assert [parent.stat().st_mode for parent in parents] == before


@pytest.mark.parametrize("name", ["with space", "quo'te\"d", "Größe-中", "a,b:c%d"])
def test_any_name_of_a_folder_will_do(tmp_path: Path, name: str) -> None:
    with running(tmp_path / name) as address:
        place = ask(address, "SHOW data_directory")

    assert place == str(tmp_path / name / CLUSTER)


def test_a_long_path_gets_a_private_socket_folder_that_goes_with_the_server(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120) / ("y" * 60)

    with running(folder) as address:
        sockets = sockets_of(address)
        mode = stat.S_IMODE(sockets.stat().st_mode)

    assert (mode, sockets.exists()) == (0o700, False)


def test_a_folder_that_others_can_write_to_does_not_hold_the_socket(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)

    with running(folder) as address:
        sockets = sockets_of(address)

    assert folder not in sockets.parents


def test_a_second_start_on_a_folder_in_use_is_refused_with_the_holders_number(tmp_path: Path) -> None:
    with another_process(tmp_path) as holder:
        number_of_server(holder)

        with pytest.raises(CannotStart, match=f"in use by process {holder.pid}:"):
            EmbeddedPostgres(tmp_path).start()


def test_a_refused_start_leaves_the_running_one_alone(tmp_path: Path) -> None:
    with running(tmp_path) as address:
        refused = EmbeddedPostgres(tmp_path)
        with pytest.raises(CannotStart):
            refused.start()
        refused.stop()

        assert ask(address, "SELECT 1") == 1


def test_stopping_twice_is_stopping_once(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    server.start()

    server.stop()
    server.stop()

    assert (server.process_id, living(tmp_path / CLUSTER)) == (None, [])


def test_stopping_ends_open_connections_and_leaves_no_process(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    connection = create_engine(server.start(), poolclass=NullPool).connect()

    server.stop()

    assert living(tmp_path / CLUSTER) == []
    with pytest.raises(DBAPIError):
        connection.execute(text("SELECT 1"))
    connection.invalidate()
    connection.close()


def test_data_of_another_major_is_refused_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / "postgres17").mkdir()

    with pytest.raises(CannotStart, match="postgres17 holds data of PostgreSQL 17"):
        EmbeddedPostgres(tmp_path).start()

    assert sorted(path.name for path in tmp_path.iterdir()) == ["postgres17", "pretamane.lock"]


def test_a_damaged_data_folder_is_refused_and_not_made_anew(tmp_path: Path) -> None:
    keep_a_note(tmp_path)
    (tmp_path / CLUSTER / "PG_VERSION").unlink()

    with pytest.raises(CannotStart, match="restore it from a backup"):
        EmbeddedPostgres(tmp_path).start()

    assert (tmp_path / CLUSTER / "base").is_dir()


def test_a_server_that_dies_at_its_start_is_reported_at_once_with_its_reason(tmp_path: Path) -> None:
    keep_a_note(tmp_path)
    (tmp_path / CLUSTER / "postgresql.conf").write_text("no_such_setting = 1\n", encoding="utf-8")

    with pytest.raises(CannotStart, match=r"did not start .*: .*(no_such_setting|contains errors)"):
        EmbeddedPostgres(tmp_path).start()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")

    with pytest.raises(CannotStart, match="Not a directory"):
        EmbeddedPostgres(tmp_path / "file" / "var").start()


def as_an_ordinary_user() -> tuple[str, ...]:
    if os.geteuid() != 0:
        return ()
    # It may read everything, as the interpreter may lie in root's private folder, and write only its own.
    capable = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    return ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *capable)


def give_away(folder: Path) -> None:
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)


def test_it_runs_for_an_ordinary_user(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o700)
    give_away(folder)

    with another_process(folder, way="once", prefix=as_an_ordinary_user()) as process:
        said, complaint = process.communicate(timeout=30)

    assert (process.returncode, complaint) == (0, "")
    assert said.split()[1].isdigit()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)

    with another_process(folder, way="once", prefix=as_an_ordinary_user()) as process:
        _, complaint = process.communicate(timeout=30)

    assert complaint == f"refused: PostgreSQL cannot be started in {folder}: Permission denied.\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gets into another user's private folder")
def test_root_is_told_that_its_server_cannot_enter_another_users_private_folder(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    give_away(home)

    with pytest.raises(CannotStart, match=f"has no way into {home / 'var'}, .*: run Pretamane as that user"):
        EmbeddedPostgres(home / "var").start()


@pytest.mark.skipif(platform.system() != "Linux", reason="a small disk for one process is Linux's")
def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    small_disk = 'mount -t tmpfs -o size=12m none "$0" && exec "$@"'
    prefix = (
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        small_disk,
        str(tmp_path / "disk"),
    )

    with another_process(tmp_path / "disk" / "var", way="once", prefix=prefix) as process:
        _, complaint = process.communicate(timeout=30)

    assert complaint.startswith("refused: PostgreSQL could not make its files")
    assert complaint.endswith("No space left on device.\n")


@pytest.mark.skipif(platform.system() != "Linux", reason="user namespaces are Linux's")
def test_root_without_user_namespaces_is_told_what_to_do(tmp_path: Path) -> None:
    no_more = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"'
    prefix = ("unshare", "--user", "--map-root-user", "sh", "-c", no_more, "sh")

    with another_process(tmp_path / "var", way="once", prefix=prefix) as process:
        _, complaint = process.communicate(timeout=30)

    assert complaint.startswith("refused: PostgreSQL refuses to run as root")
    assert complaint.count("\n") == 1


def test_what_a_visitor_typed_does_not_reach_the_log(tmp_path: Path) -> None:
    with running(tmp_path) as address:
        ask(address, "CREATE TABLE address (email text PRIMARY KEY)")
        for failure in (IntegrityError, DBAPIError):
            again = "INSERT INTO address VALUES ('ada@example.org'), ('ada@example.org')"
            question = again if failure is IntegrityError else "SELECT 'ada@example.org'::uuid"
            with pytest.raises(failure):
                ask(address, question)

    assert "ada@example.org" not in (tmp_path / f"{CLUSTER}.log").read_text(encoding="utf-8")


def test_a_log_that_grew_too_long_begins_anew(tmp_path: Path) -> None:
    log = tmp_path / f"{CLUSTER}.log"
    log.touch()
    os.truncate(log, 11 * 1024 * 1024)

    with running(tmp_path):
        size = log.stat().st_size

    assert 0 < size < 1024 * 1024


@pytest.mark.parametrize(
    ("system", "glibc", "reason"),
    [
        ("Linux", None, "musl"),
        ("Linux", "glibc 2.17", "found glibc 2.17"),
        ("Windows", None, "WSL"),
    ],
)
def test_a_system_that_cannot_run_it_is_named(system: str, glibc: str | None, reason: str) -> None:
    with pytest.raises(CannotStart, match=reason):
        refuse_system(system, glibc)


@pytest.mark.parametrize(("system", "glibc"), [("Linux", "glibc 2.27"), ("Linux", "glibc 2.41"), ("Darwin", None)])
def test_a_system_that_can_run_it_passes(system: str, glibc: str | None) -> None:
    refuse_system(system, glibc)


def test_check_has_a_sentence_for_each_thing_that_linux_alone_can_do() -> None:
    told = dict(what_linux_alone_can_do())

    assert set(told) == {"dies with its parent", "runs as root"}
    assert all(sentence.endswith(".") for sentence in told.values())
