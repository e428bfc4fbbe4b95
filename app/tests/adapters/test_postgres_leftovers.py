import os
import platform
import signal
import subprocess
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from tests.embedded_server import another_process, ask, keep_a_note, kept_note, next_line, number_of_server, running

from pretamane.adapters.postgres_embedded import EmbeddedPostgres
from pretamane.adapters.postgres_folder import CLUSTER, SOCKET_NAME
from pretamane.adapters.postgres_leftovers import by_title, living, mark

KILLS_OF_THE_FIRST_START = 10


def wait_until_gone(cluster: Path) -> bool:
    for _ in range(250):
        if not living(cluster):
            return True
        time.sleep(0.02)
    return False


def test_a_kill_leaves_no_temporary_socket_folder_after_the_next_start(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    with another_process(folder) as process:
        number_of_server(process)
        sockets = Path((folder / "socket-folder").read_text(encoding="utf-8"))
        process.kill()

    with running(folder):
        pass

    assert not sockets.exists()


def test_a_killed_postmaster_loses_nothing(tmp_path: Path) -> None:
    keep_a_note(tmp_path)
    server = EmbeddedPostgres(tmp_path)
    server.start()
    os.kill(server.process_id or 0, signal.SIGKILL)
    server.stop()

    found = kept_note(tmp_path)

    assert found == "kept"


def test_an_unlogged_table_whose_making_was_killed_does_not_keep_the_next_start_out(tmp_path: Path) -> None:
    keep_a_note(tmp_path)
    server = EmbeddedPostgres(tmp_path)
    address = server.start()
    with suppress(DBAPIError), create_engine(address, poolclass=NullPool).connect() as making:
        making.execute(text("CREATE UNLOGGED TABLE half_made (words text)"))
        place = making.scalar(text("SELECT pg_relation_filepath('half_made')"))
        # What somebody else commits makes its making durable, and nothing its way back.
        ask(address, "CREATE TABLE of_another (words text)")
        os.kill(server.process_id or 0, signal.SIGKILL)
        making.execute(text("SELECT 1"))
    server.stop()

    assert (tmp_path / CLUSTER / place).exists()
    assert not (tmp_path / CLUSTER / f"{place}_init").exists()
    assert kept_note(tmp_path) == "kept"
    assert "could not create file" in (tmp_path / f"{CLUSTER}.log").read_text()


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
