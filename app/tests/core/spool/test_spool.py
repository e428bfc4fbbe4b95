"""Bytes on their way: whole and durable, or not there at all."""

import asyncio
import errno
import fcntl
import hashlib
import os
from datetime import UTC, datetime, timedelta

import pytest
from starlette.requests import ClientDisconnect

from pretamane.core.errors import Locked, NoRoom, TooLarge, Unavailable
from pretamane.core.spool import Checksum, Spool, flow
from pretamane.core.spool.growing import ChecksumMismatch

MIB = 1024 * 1024
GROWING = "one.upload"


async def pieces(*given, then=None):
    for piece in given:
        yield piece
    if then is not None:
        raise then


def there(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "spool"


@pytest.fixture
def spool(folder):
    return Spool(folder, cap=100 * MIB, reserve=0)


def keep(spool, *given, limit=50 * MIB, then=None, **more):
    return asyncio.run(spool.keep(pieces(*given, then=then), limit=limit, **more))


def visit(spool, *given, then=None, limit=10 * MIB, **more):
    async def visited():
        with spool.visit(GROWING) as growing:
            await growing.append(pieces(*given, then=then), limit=limit, **more)

    asyncio.run(visited())


def size(folder):
    return (folder / GROWING).stat().st_size


def test_what_is_kept_is_whole_and_has_its_digest(spool, folder):
    content = [os.urandom(700_000) for _ in range(12)]

    kept = keep(spool, *content)

    assert kept.path.read_bytes() == b"".join(content)
    assert (kept.size, kept.sha256) == (12 * 700_000, hashlib.sha256(b"".join(content)).digest())
    assert (folder.stat().st_mode & 0o777, kept.path.stat().st_mode & 0o777) == (0o700, 0o600)
    kept.discard()
    assert there(folder) == []


@pytest.mark.parametrize("fault", [ClientDisconnect(), asyncio.CancelledError(), OSError(errno.EIO, "broken")])
def test_whatever_goes_wrong_nothing_is_left(spool, folder, fault):
    with pytest.raises(type(fault)):
        keep(spool, b"x" * 5 * MIB, then=fault)

    assert there(folder) == []


def test_more_than_the_limit_is_refused_and_leaves_nothing(spool, folder):
    with pytest.raises(TooLarge):
        keep(spool, b"x" * MIB, b"x" * MIB, b"x", limit=2 * MIB)

    assert there(folder) == []


def test_who_says_nothing_any_more_has_left(spool, folder, monkeypatch):
    monkeypatch.setattr(flow.never_silent, "__defaults__", (0.05,))

    async def silent():
        yield b"x"
        await asyncio.sleep(30)

    with pytest.raises(ClientDisconnect):
        asyncio.run(spool.keep(silent(), limit=MIB))
    assert there(folder) == []


def test_a_disk_that_is_nearly_full_is_not_filled(folder):
    spool = Spool(folder, cap=100 * MIB, reserve=10 * MIB, free=lambda _: 12 * MIB)

    with pytest.raises(NoRoom):
        keep(spool, b"x", declared=3 * MIB)
    assert there(folder) == []
    keep(spool, b"x", declared=2 * MIB).discard()


def test_the_disk_is_looked_at_while_bytes_come(folder):
    spool = Spool(folder, cap=100 * MIB, reserve=10 * MIB, free=lambda at: 30 * MIB - 2 * sum_of(at))

    with pytest.raises(NoRoom):
        keep(spool, *[b"x" * MIB] * 40)
    assert there(folder) == []


def sum_of(folder):
    return sum(path.stat().st_size for path in folder.iterdir())


def test_a_disk_that_is_full_says_so(spool, folder, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(NoRoom):
        keep(spool, b"x")
    assert there(folder) == []


def test_the_folder_has_a_cap_for_all_together(folder):
    spool = Spool(folder, cap=4 * MIB, reserve=0)
    kept = keep(spool, b"x" * 3 * MIB)

    with pytest.raises(Unavailable) as refused:
        keep(spool, b"x", declared=2 * MIB)
    kept.discard()

    assert (refused.value.code, refused.value.headers) == ("too-much-at-once", {"Retry-After": "60"})
    keep(spool, b"x", declared=2 * MIB).discard()


def test_a_file_grows_over_several_visits(spool, folder):
    spool.begin(GROWING, 10)
    visit(spool, b"abc")
    visit(spool, b"de")

    async def whole():
        with spool.visit(GROWING) as growing:
            return await spool.whole(growing)

    assert asyncio.run(whole()).sha256 == hashlib.sha256(b"abcde").digest()
    assert (folder / GROWING).read_bytes() == b"abcde"


def test_what_came_before_somebody_left_stays(spool, folder):
    spool.begin(GROWING, 10)

    with pytest.raises(ClientDisconnect):
        visit(spool, b"abc", then=ClientDisconnect())

    assert size(folder) == 3


def test_of_bytes_with_a_checksum_all_count_or_none(spool, folder):
    spool.begin(GROWING, 10)
    visit(spool, b"abc")
    wrong = Checksum("sha1", hashlib.sha1(b"other", usedforsecurity=False).digest())

    with pytest.raises(ChecksumMismatch):
        visit(spool, b"def", checksum=wrong)
    with pytest.raises(ClientDisconnect):
        visit(spool, b"de", checksum=wrong, then=ClientDisconnect())

    assert (size(folder), there(folder)) == (3, [GROWING])


def test_bytes_that_a_dead_process_never_proved_are_taken_back(spool, folder):
    spool.begin(GROWING, 10)
    visit(spool, b"abc")
    (folder / "one.unproved").write_text("3")
    with (folder / GROWING).open("ab") as dead:
        dead.write(b"half")

    with spool.visit(GROWING) as growing:
        assert growing.size == 3
    assert there(folder) == [GROWING]


def test_more_than_was_said_leaves_the_size_as_it_was(spool, folder):
    spool.begin(GROWING, 10)
    visit(spool, b"abc")

    with pytest.raises(TooLarge):
        visit(spool, b"x" * 5 * MIB, b"x" * 5 * MIB, limit=7 * MIB)

    assert size(folder) == 3


def test_one_visitor_at_a_time(spool):
    spool.begin(GROWING, 10)

    with spool.visit(GROWING), pytest.raises(Locked), spool.visit(GROWING):
        pass


def test_a_sweep_takes_what_dead_writers_left_and_what_was_forgotten(spool, folder):
    held = keep(spool, b"mine")
    spool.begin(GROWING, 10)
    spool.begin("old.upload", 10)
    (folder / "dead.part").write_bytes(b"x")
    now = datetime.now(UTC)
    os.utime(folder / "old.upload", times=((now - timedelta(hours=25)).timestamp(),) * 2)

    swept = spool.sweep(now)

    assert (swept, there(folder)) == (2, sorted([held.path.name, GROWING]))


def test_a_sweep_leaves_a_file_in_whose_hands_it_is(spool, folder):
    spool.begin("old.upload", 10)
    with (folder / "old.upload").open("rb") as elsewhere:
        fcntl.flock(elsewhere, fcntl.LOCK_EX)
        assert spool.sweep(datetime.now(UTC) + timedelta(days=3)) == 0
    assert spool.sweep(datetime.now(UTC) + timedelta(days=3)) == 1


def test_to_look_at_a_house_makes_no_folder(spool, folder):
    spool.sweep(datetime.now(UTC))

    assert not folder.exists()
