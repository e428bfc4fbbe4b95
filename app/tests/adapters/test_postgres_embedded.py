import os
import platform
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import NullPool

import pretamane
from pretamane.adapters.postgres_binaries import refuse_system
from pretamane.adapters.postgres_child import NOBODY
from pretamane.adapters.postgres_embedded import EmbeddedPostgres, what_linux_alone_can_do
from pretamane.adapters.postgres_folder import CLUSTER, SOCKET_NAME
from pretamane.adapters.postgres_leftovers import by_title, living, mark
from pretamane.core.errors import CannotStart

KILLS_OF_THE_FIRST_START = 10

APP = Path(pretamane.__file__).parents[1]
STARTER = """
import os, sys, threading, time
from pathlib import Path
from pretamane.adapters.postgres_child import NOBODY
from pretamane.adapters.postgres_embedded import EmbeddedPostgres
from pretamane.core.errors import CannotStart
way, folder = sys.argv[1:]
print("begins", flush=True)
server = EmbeddedPostgres(Path(folder))
try:
    if way == "thread":
        thread = threading.Thread(target=server.start)
        thread.start()
        thread.join()
    else:
        server.start()
except CannotStart as sentence:
    sys.exit(f"refused: {sentence}")
print(server.process_id, flush=True)
if way == "once":
    server.stop()
elif way == "forks":
    print(os.fork() or "fork", flush=True)
    time.sleep(20)
else:
    time.sleep(20)
"""


@contextmanager
def another_process(folder: Path, way: str = "stays", prefix: tuple[str, ...] = ()) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*prefix, sys.executable, "-c", STARTER, way, str(folder)],
        env={"PYTHONPATH": str(APP)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def number_of_server(process: subprocess.Popen[str]) -> int:
    assert next_line(process) == "begins"
    return int(next_line(process))


def ask(address: str, question: str) -> object:
    engine = create_engine(address, poolclass=NullPool)
    with engine.begin() as connection:
        answer = connection.execute(text(question))
        return answer.scalar() if answer.returns_rows else None


def wait_until_gone(cluster: Path) -> bool:
    for _ in range(250):
        if not living(cluster):
            return True
        time.sleep(0.02)
    return False


def sockets_of(address: str) -> Path:
    return Path(str(make_url(address).query["host"]))


def keep_a_note(folder: Path) -> None:
    with running(folder) as address:
        ask(address, "CREATE TABLE note AS SELECT 'kept' AS words")


def kept_note(folder: Path) -> object:
    with running(folder) as address:
        return ask(address, "SELECT words FROM note")


@contextmanager
def running(folder: Path) -> Iterator[str]:
    server = EmbeddedPostgres(folder)
    try:
        yield server.start()
    finally:
        server.stop()


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


def test_a_kill_leaves_no_temporary_socket_folder_after_the_next_start(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    with another_process(folder) as process:
        number_of_server(process)
        sockets = Path((folder / "socket-folder").read_text(encoding="utf-8"))
        process.kill()

    with running(folder):
        pass

    assert not sockets.exists()


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


def test_a_killed_postmaster_loses_nothing(tmp_path: Path) -> None:
    keep_a_note(tmp_path)
    server = EmbeddedPostgres(tmp_path)
    server.start()
    os.kill(server.process_id or 0, signal.SIGKILL)
    server.stop()

    found = kept_note(tmp_path)

    assert found == "kept"


def test_a_query_that_outlives_all_kills_does_not_keep_the_next_start_out(tmp_path: Path) -> None:
    with running(tmp_path) as address:
        ask(address, "CREATE TABLE note AS SELECT 'kept' AS words")
    with another_process(tmp_path) as parent:
        postmaster = number_of_server(parent)
        query = begin_a_long_query(address)
        os.kill(postmaster, signal.SIGKILL)
        parent.kill()
        parent.wait()
        survivors = living(tmp_path / CLUSTER)

    found = kept_note(tmp_path)
    query.join()

    assert survivors != []
    assert found == "kept"


def test_stopping_also_ends_what_a_killed_postmaster_left(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    query = begin_a_long_query(server.start())
    os.kill(server.process_id or 0, signal.SIGKILL)

    server.stop()
    left = living(tmp_path / CLUSTER)
    query.join()

    assert left == []


def begin_a_long_query(address: str) -> threading.Thread:
    query = threading.Thread(target=_run_for_long, args=(address,))
    query.start()
    active = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query ~ '^SELECT sum'"
    while not ask(address, active):
        time.sleep(0.02)
    return query


def _run_for_long(address: str) -> None:
    with suppress(DBAPIError):
        ask(address, "SELECT sum(number) FROM (SELECT generate_series(1, 10000000000) AS number) AS numbers")


@pytest.mark.skipif(platform.system() != "Linux", reason="only Linux ends a child with its parent")
def test_killing_the_parent_ends_postgresql_and_the_next_start_works(tmp_path: Path) -> None:
    keep_a_note(tmp_path)
    with another_process(tmp_path) as parent:
        number_of_server(parent)
        parent.kill()
        parent.wait()
        ended = wait_until_gone(tmp_path / CLUSTER)

    assert ended
    assert kept_note(tmp_path) == "kept"


def test_killing_parent_and_postmaster_together_loses_nothing(tmp_path: Path) -> None:
    keep_a_note(tmp_path)
    with another_process(tmp_path) as parent:
        os.kill(number_of_server(parent), signal.SIGKILL)
        parent.kill()

    found = kept_note(tmp_path)

    assert found == "kept"


def test_an_orphan_is_stopped_before_the_next_start(tmp_path: Path) -> None:
    keep_a_note(tmp_path)
    with another_process(tmp_path, way="thread") as parent:
        orphan = number_of_server(parent)
        parent.kill()
        parent.wait()
        time.sleep(0.2)
        outlived = orphan in living(tmp_path / CLUSTER)

    found = kept_note(tmp_path)

    assert outlived
    assert found == "kept"
    assert living(tmp_path / CLUSTER) == []


def test_a_fork_that_outlives_its_killed_parent_does_not_keep_the_next_start_out(tmp_path: Path) -> None:
    with another_process(tmp_path, way="forks") as parent, ExitStack() as ending:
        number_of_server(parent)
        fork = next(int(word) for word in [next_line(parent), next_line(parent)] if word != "fork")
        ending.callback(os.kill, fork, signal.SIGKILL)
        parent.kill()

        with running(tmp_path) as address:
            assert ask(address, "SELECT 1") == 1


def test_a_kill_at_any_moment_of_the_first_start_leaves_a_folder_that_starts(tmp_path: Path) -> None:
    whole = seconds_of_a_first_start(tmp_path / "whole")
    answers = []
    for kill in range(KILLS_OF_THE_FIRST_START):
        folder = tmp_path / str(kill)
        with another_process(folder) as parent:
            next_line(parent)
            time.sleep(whole * (kill + os.urandom(1)[0] / 256) / KILLS_OF_THE_FIRST_START)
            parent.kill()
        with running(folder) as address:
            answers.append(ask(address, "SELECT current_database()"))

    assert answers == ["pretamane"] * KILLS_OF_THE_FIRST_START


def seconds_of_a_first_start(folder: Path) -> float:
    with another_process(folder) as process:
        next_line(process)
        begun = time.monotonic()
        next_line(process)
        return time.monotonic() - begun


def test_what_an_interrupted_first_start_left_is_cleared_away(tmp_path: Path) -> None:
    unfinished = tmp_path / f"{CLUSTER}.new-abandoned"
    (unfinished / "base").mkdir(parents=True)

    with running(tmp_path):
        pass

    assert list(tmp_path.glob(f"{CLUSTER}.new-*")) == []


def test_a_stale_number_that_now_belongs_to_a_stranger_is_ignored_and_the_stranger_lives(
    tmp_path: Path,
) -> None:
    keep_a_note(tmp_path)
    stranger = subprocess.Popen(["sleep", "60"])
    for leftover in (tmp_path / CLUSTER / "postmaster.pid", tmp_path / "run" / f"{SOCKET_NAME}.lock"):
        leftover.write_text(f"{stranger.pid}\n{tmp_path / CLUSTER}\n1\n5432\n\n\n  1 1\nready\n", encoding="utf-8")

    found = kept_note(tmp_path)
    lives = stranger.poll() is None
    stranger.kill()
    stranger.wait()

    assert (found, lives) == ("kept", True)


def test_a_server_is_also_known_by_its_title_where_there_is_no_proc(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "one")
    with server, running(tmp_path / "other"):
        known = by_title(mark(tmp_path / "one" / CLUSTER))

        assert server.process_id in known
        assert not set(known) & set(living(tmp_path / "other" / CLUSTER))


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
