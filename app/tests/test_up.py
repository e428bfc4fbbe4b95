"""The whole command, killed in every way: what it started ends with it, and what was answered 201 is there again."""

import os
import platform
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.running import ADDRESS, ENVIRONMENT, Running, command, free_port, is_free, processes_of, running

from pretamane.adapters.postgres_child import NOBODY
from pretamane.adapters.postgres_folder import CLUSTER

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="only Linux ends a child with its parent")

# Enough to meet every step of it on a person's machine; a build that runs at each change has less patience.
KILLS_OF_THE_FIRST_START = 10 if os.environ.get("CI", "").lower() == "true" else 50
ROOM_FOR_A_BUSIER_MOMENT = 1.2
GONE_WITHIN = 5.0


def nothing_left(folder: Path) -> bool:
    patience = time.monotonic() + GONE_WITHIN
    while processes_of(folder) and time.monotonic() < patience:
        time.sleep(0.02)
    return not processes_of(folder)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = ENVIRONMENT | {"PRETAMANE_DATA_DIR": str(folder)}
    return subprocess.run(command(*arguments), env=environment, capture_output=True, text=True, check=False, timeout=30)


def press_ctrl_c(up: Running) -> None:
    up.press_ctrl_c()


def terminate(up: Running) -> None:
    up.process.terminate()


@pytest.mark.parametrize("tell", [press_ctrl_c, terminate])
def test_being_told_to_end_leaves_no_process_and_a_second_start_finds_the_message(
    tmp_path: Path, tell: Callable[[Running], None]
) -> None:
    with running(tmp_path / "var") as up:
        sent = up.ready().send_message()
        tell(up)
        ending = (up.exit_code(), processes_of(up.folder), is_free(up.port))
        said = up.said.splitlines()

    assert sent == 201
    assert ending == (0, [], True)
    assert [ADDRESS.sub(r"\1", line) for line in said] == [str(up.port)]
    assert "Traceback" not in up.log
    with running(tmp_path / "var", up.port) as again:
        assert again.ready().messages() == 1


@pytest.mark.parametrize("tell", [press_ctrl_c, terminate])
def test_being_told_to_end_in_the_middle_of_the_first_start_is_no_failure(
    tmp_path: Path, tell: Callable[[Running], None]
) -> None:
    with running(tmp_path / "var") as up:
        up.eventually(lambda: list(up.folder.glob(f"{CLUSTER}.new-*")) != [])
        tell(up)
        ending = (up.exit_code(), up.said, nothing_left(up.folder))

    assert ending == (0, "", True)
    assert "Traceback" not in up.log


def kill_the_parent(up: Running) -> None:
    up.process.kill()


def kill_parent_and_web(up: Running) -> None:
    for pid in (*up.web(), up.process.pid):
        os.kill(pid, signal.SIGKILL)


def kill_parent_and_postmaster(up: Running) -> None:
    for pid in (up.process.pid, up.postmaster):
        os.kill(pid, signal.SIGKILL)


def kill_all_at_once(up: Running) -> None:
    for pid in processes_of(up.folder):
        os.kill(pid, signal.SIGKILL)


def test_no_kill_of_the_parent_leaves_a_process_or_loses_a_message(tmp_path: Path) -> None:
    kills = [kill_the_parent, kill_parent_and_web, kill_parent_and_postmaster, kill_all_at_once]
    port, found, ended = free_port(), [], []
    for kill in kills:
        with running(tmp_path / "var", port) as up:
            found.append(up.ready().messages())
            assert up.send_message() == 201
            kill(up)
            up.exit_code()
            ended.append(nothing_left(up.folder))

    with running(tmp_path / "var", port) as again:
        found.append(again.ready().messages())

    assert ended == [True] * len(kills)
    assert found == [0, 1, 2, 3, 4]


def test_a_killed_web_process_comes_back_and_answers(tmp_path: Path) -> None:
    with running(tmp_path / "var") as up:
        up.ready().send_message()
        (before,) = up.web()
        os.kill(before, signal.SIGKILL)
        up.eventually(lambda: up.web() not in ([], [before]) and up.status("/health/ready") == 200)
        found = up.messages()

    assert found == 1


def test_a_killed_worker_comes_back_while_web_serves_on(tmp_path: Path) -> None:
    with running(tmp_path / "var") as up:
        web = up.ready().web()
        up.eventually(lambda: "jobs_measured_timestamp_seconds" in up.metrics())
        (before,) = up.workers()
        os.kill(before, signal.SIGKILL)
        up.eventually(lambda: up.workers() not in ([], [before]))
        after = (up.web(), up.send_message())

    assert after == (web, 201)


@pytest.mark.parametrize("folder", ["var", "x" * 120], ids=["socket inside", "socket elsewhere"])
def test_a_lost_postgresql_is_started_again_and_said_so_while_web_serves_on(tmp_path: Path, folder: str) -> None:
    with running(tmp_path / folder) as up:
        up.ready().send_message()
        web, lost = up.web(), up.postmaster
        os.kill(lost, signal.SIGKILL)
        up.eventually(lambda: up.status("/api/v1/stats") == 200 and up.postmaster != lost)
        after = (up.messages(), up.send_message(), up.web())
        up.process.terminate()
        ending = (up.exit_code(), processes_of(up.folder))

    assert after == (1, 201, web)
    assert ending == (0, [])
    assert "PostgreSQL has ended unasked and is started again." in up.log


def test_a_postgresql_that_cannot_come_back_ends_everything_with_exit_code_1(tmp_path: Path) -> None:
    with running(tmp_path / "var") as up:
        up.ready()
        with (up.folder / CLUSTER / "postgresql.conf").open("a") as configuration:
            configuration.write("no_such_setting = 1\n")
        os.kill(up.postmaster, signal.SIGKILL)
        ending = (up.exit_code(), processes_of(up.folder), is_free(up.port))

    assert ending == (1, [], True)
    assert "PostgreSQL did not start" in up.log
    assert "Traceback" not in "".join(line for line in up.log.splitlines() if "pretamane.crew" in line)


def test_a_postgresql_that_keeps_dying_ends_everything_with_exit_code_1(tmp_path: Path) -> None:
    with running(tmp_path / "var") as up:
        up.ready()
        kills = 0
        while up.process.poll() is None:
            if up.log.count("PostgreSQL is back.") >= kills:
                os.kill(up.postmaster, signal.SIGKILL)
                kills += 1
            time.sleep(0.02)
        ending = (up.exit_code(), processes_of(up.folder))

    assert ending == (1, [])
    assert "PostgreSQL keeps ending soon after its start" in up.log


def test_a_kill_of_everything_at_any_moment_of_the_first_start_leaves_a_folder_that_starts(tmp_path: Path) -> None:
    begun = time.monotonic()
    with running(tmp_path / "whole") as up:
        up.ready()
        whole = (time.monotonic() - begun) * ROOM_FOR_A_BUSIER_MOMENT

    for kill in range(KILLS_OF_THE_FIRST_START):
        with running(tmp_path / str(kill)) as up:
            time.sleep(whole * (kill + os.urandom(1)[0] / 256) / KILLS_OF_THE_FIRST_START)
        with running(tmp_path / str(kill), up.port) as again:
            assert again.ready().send_message() == 201
        shutil.rmtree(up.folder)


@pytest.mark.parametrize("seconds", [0, 0.2, 0.4])
def test_a_kill_while_the_first_tables_are_made_leaves_a_folder_that_starts(tmp_path: Path, seconds: float) -> None:
    with running(tmp_path / "var") as up:
        up.eventually((up.folder / CLUSTER).exists)
        time.sleep(seconds)

    with running(tmp_path / "var", up.port) as again:
        assert again.ready().send_message() == 201


def test_a_start_beside_a_running_one_is_refused_and_leaves_it_undisturbed(tmp_path: Path) -> None:
    with running(tmp_path / "var") as up:
        up.ready().send_message()
        second = run(up.folder, "up", "--port", str(free_port()))
        refusal = (second.returncode, second.stdout, second.stderr)
        after = (up.send_message(), up.messages())
        metrics = up.metrics()

    sentence = f"The data folder {up.folder} is in use by process {up.process.pid}: stop that one first, "
    assert refusal == (2, "", f"{sentence}or name another folder with PRETAMANE_DATA_DIR.\n")
    assert after == (201, 2)
    assert 'submissions_total{status="new"} 2.0' in metrics


def test_a_taken_port_is_one_sentence_and_starts_no_database(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, running(tmp_path / "var", other.getsockname()[1]) as up:
        refusal = (up.exit_code(), up.said, up.log, processes_of(up.folder))

    sentence = f"Port {up.port} on 127.0.0.1 is taken by another program: end that, or choose another with --port.\n"
    assert refusal == (2, "", sentence, [])
    assert not (up.folder / CLUSTER).exists()


def as_an_ordinary_user() -> tuple[str, ...]:
    if os.geteuid() != 0:
        return ()
    # It may read everything, as the interpreter may lie in root's private folder, and write only its own.
    capable = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    return ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *capable)


def closed_folder(place: Path) -> Path:
    place.mkdir(mode=0o500)
    return place


def file_in_its_place(place: Path) -> Path:
    place.touch()
    return place


def folder_of_another_major(place: Path) -> Path:
    (place / "postgres17").mkdir(parents=True)
    return place


@pytest.mark.parametrize(
    ("make", "prefix", "reason"),
    [
        (closed_folder, as_an_ordinary_user(), "Permission denied"),
        (file_in_its_place, (), "Not a directory"),
        (folder_of_another_major, (), "holds data of PostgreSQL 17, and this Pretamane runs 16"),
    ],
)
def test_a_data_folder_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, make: Callable[[Path], Path], prefix: tuple[str, ...], reason: str
) -> None:
    with running(make(tmp_path / "var"), prefix=prefix) as up:
        refusal = (up.exit_code(), up.said, processes_of(up.folder), is_free(up.port))

    assert refusal == (2, "", [], True)
    assert reason in up.log
    assert (up.log.count("\n"), up.log[-2:]) == (1, ".\n")


def test_the_practice_is_set_and_checked_beside_a_running_up_and_alone(tmp_path: Path) -> None:
    with running(tmp_path / "var") as up:
        up.ready()
        beside = [run(up.folder, "practice", "set", "--name", "Weber & Lang"), run(up.folder, "check")]
        served = up.ask("GET", "/api/v1/practice")[1].decode()
        up.process.terminate()
        up.exit_code()
    alone = [run(up.folder, "check"), run(up.folder, "practice", "set", "--language", "pt-BR")]
    shown = run(up.folder, "practice", "show")

    assert [(each.returncode, each.stderr) for each in (*beside, *alone, shown)] == [(0, "")] * 5
    assert '"Weber & Lang"' in served
    assert ("Weber & Lang" in shown.stdout, "pt-BR" in shown.stdout) == (True, True)
    assert processes_of(up.folder) == []
