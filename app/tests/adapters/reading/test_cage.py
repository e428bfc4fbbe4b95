"""The bars hold, and whatever happens behind them the outside goes on."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.adapters.reading import captive

from pretamane.adapters.reading import confinement, syscalls
from pretamane.adapters.reading.cage import Cage, Limits
from pretamane.adapters.reading.room import ReadingRoom
from pretamane.core.errors import Unavailable
from pretamane.ports import ReadingStopped, TooMuch
from tests import samples

APP = Path(confinement.__file__).parents[3]
FROM_HERE = f"import os, sys, threading; sys.path.insert(0, {str(APP)!r})\n"
CAPTIVE = ("-c", f"{FROM_HERE}from tests.adapters.reading.captive import main; main()")
ONLY_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the cage has bars on Linux only")
QUICK = Limits(silence=1.0, whole=3.0, cpu=1)
NOBODY = ["unshare", "--user", "--map-user=65534", "--map-group=65534"]


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "document.pdf"
    path.write_bytes(samples.pdf(["One", "Two"]))
    return path


@pytest.fixture
def captives() -> Iterator[ReadingRoom]:
    with ReadingRoom(1, limits=QUICK, open_cage=partial(Cage, program=CAPTIVE)) as room:
        yield room


def processes(room: ReadingRoom) -> list[int]:
    return [cage.process_id for _since, cage in room._idle]


def read_all(room: ReadingRoom, document: Path, how: str | None = None) -> list[str]:
    with room.read(document, "application/pdf", how) as reading:
        return [page.text for batch in reading for page in batch]


@ONLY_LINUX
@pytest.mark.parametrize("attempt", captive.ATTEMPTS)
def test_nothing_gets_out_of_the_cage(captives: ReadingRoom, document: Path, attempt: str) -> None:
    outcome = captives.picture(document, "application/pdf", 1, 1, attempt)

    assert outcome in (b"EPERM", b"EACCES")


@ONLY_LINUX
def test_the_bars_hold_for_nobody_as_well(document: Path) -> None:
    script = (
        f"{FROM_HERE}"
        "from tests.adapters.reading.test_cage import *\n"
        "with ReadingRoom(1, open_cage=partial(Cage, program=CAPTIVE)) as room:\n"
        f"    print(os.getuid(), room.picture(Path({str(document)!r}), 'application/pdf', 1, 1, 'connect').decode())"
    )
    told = subprocess.run([*NOBODY, sys.executable, "-c", script], capture_output=True, text=True, check=False)
    if "unshare failed" in told.stderr:
        pytest.skip("this system gives nobody a user namespace")

    assert told.stdout.split() == ["65534", "EPERM"], told.stderr


@ONLY_LINUX
def test_the_real_reader_sits_behind_a_filter_and_can_gain_no_right(room: ReadingRoom, document: Path) -> None:
    read_all(room, document)

    status = Path(f"/proc/{processes(room)[0]}/status").read_text(encoding="ascii")

    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        *(("spin", "too long"), ("sleep", "too long"), ("crash", "ended the reader"), ("endless bytes", "sensibly")),
        *(("garbage", "."), ("endless frame", "."), ("pickle", "sensibly"), ("NUL in a page", "sensibly")),
        *(("pages that are missing", "sensibly"), ("facts of other pages", "sensibly"), ("nothing at all", "sensibly")),
    ],
)
def test_whatever_the_reader_does_is_a_plain_refusal_and_the_next_file_is_read(
    captives: ReadingRoom, document: Path, how: str, sentence: str
) -> None:
    with pytest.raises(ReadingStopped, match=sentence):
        read_all(captives, document, how)

    assert captives.words(document, 1)[0].text == "One"


@ONLY_LINUX
@pytest.mark.parametrize("how", ["memory", "memory, piece by piece"])
def test_a_memory_bomb_ends_in_a_refusal(document: Path, how: str) -> None:
    with ReadingRoom(1, open_cage=partial(Cage, program=CAPTIVE)) as room, pytest.raises(TooMuch, match="memory"):
        read_all(room, document, how)


@ONLY_LINUX
def test_who_uses_the_processor_up_is_stopped_however_much_it_talks(document: Path) -> None:
    limits = Limits(silence=30.0, whole=30.0, cpu=1)
    with (
        ReadingRoom(1, limits=limits, open_cage=partial(Cage, program=CAPTIVE)) as room,
        pytest.raises(ReadingStopped, match="too long"),
    ):
        read_all(room, document, "spin")


def test_one_reader_serves_many_files(room: ReadingRoom, document: Path) -> None:
    read_all(room, document)
    first = processes(room)

    read_all(room, document)

    assert processes(room) == first


@pytest.mark.parametrize("limits", [Limits(requests=1), Limits(grown=1)])
def test_a_reader_is_replaced_after_enough_files_and_when_it_has_grown(limits: Limits, document: Path) -> None:
    with ReadingRoom(1, limits=limits) as room:
        read_all(room, document)

        assert processes(room) == []
        assert read_all(room, document) == ["One", "Two"]


def test_who_leaves_a_document_half_read_takes_nobody_elses_pages(room: ReadingRoom, tmp_path: Path) -> None:
    long, short = tmp_path / "long.pdf", tmp_path / "short.pdf"
    long.write_bytes(samples.pdf(["Long"] * 2000))
    short.write_bytes(samples.pdf(["Short"]))
    with room.read(long, "application/pdf") as reading:
        next(iter(reading))

    assert read_all(room, short) == ["Short"]


def test_idle_readers_end_and_so_does_everything_at_the_end(document: Path) -> None:
    with ReadingRoom(1, idle=0.1) as resting:
        read_all(resting, document)
        (process,) = processes(resting)
        wait_until(lambda: not is_alive(process))
    with ReadingRoom(1) as room:
        read_all(room, document)
        (process,) = processes(room)

    assert not is_alive(process)
    with pytest.raises(Unavailable):
        read_all(room, document)


def test_who_finds_every_reader_busy_is_told_to_come_again(document: Path) -> None:
    with (
        ReadingRoom(1, patience=0.05) as room,
        room.read(document, "application/pdf"),
        pytest.raises(Unavailable, match="try again"),
    ):
        read_all(room, document)


@ONLY_LINUX
def test_a_busy_reader_dies_with_its_parent(document: Path) -> None:
    script = (
        f"{FROM_HERE}"
        "from tests.adapters.reading.test_cage import *\n"
        "cage = Cage(Limits(silence=60), CAPTIVE)\n"
        "asked = dict(verb='read', media_type='application/pdf', password='spin', page=1, width=1, attachments=False)\n"
        f"threading.Thread(target=next, args=[cage.ask(asked, os.open({str(document)!r}, 0))], daemon=True).start()\n"
        "print(cage.process_id, flush=True)\n"
        "threading.Event().wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        reader = int(parent.stdout.readline())
        wait_until(lambda: processor_ticks(reader) > 50)
        parent.send_signal(signal.SIGKILL)

    wait_until(lambda: not is_alive(reader))


def test_what_cannot_be_confined_does_not_read(document: Path) -> None:
    unknown = (
        "-c",
        f"{FROM_HERE}"
        "from pretamane.adapters.reading import syscalls\n"
        "syscalls.ARCHITECTURES.clear()\n"
        "from pretamane.adapters.reading.inside.__main__ import main; main()",
    )
    with ReadingRoom(1, open_cage=partial(Cage, program=unknown)) as room, pytest.raises(Unavailable, match="seccomp"):
        read_all(room, document)


def test_both_architectures_know_the_same_calls_but_for_old_names() -> None:
    intel, arm = (set(syscalls.ARCHITECTURES[name].plain) for name in ("x86_64", "aarch64"))

    assert arm <= intel
    assert intel - arm == {"stat", "lstat", "poll", "access", "readlink", "arch_prctl", "time"}


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def processor_ticks(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11])


def wait_until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)
