"""A folder of what can be made again never outgrows its size, and gives up what nobody asked for longest."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from pretamane.core.cached_files import CachedFiles

OWNER, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
def cache(tmp_path: Path) -> CachedFiles:
    return CachedFiles(tmp_path / "cached", 10_000)


def taken(folder: Path) -> int:
    total = 0
    for place, _folders, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # removed meanwhile
                total += Path(place, name).stat().st_size
    return total


def test_what_was_kept_is_found_by_its_owner_alone(cache: CachedFiles) -> None:
    cache.keep(OWNER, "1.webp", b"one")

    assert cache.find(OWNER, "1.webp") == b"one"
    assert (cache.find(OWNER, "2.webp"), cache.find(OTHER, "1.webp")) == (None, None)


def test_all_of_one_owner_goes_at_once(cache: CachedFiles) -> None:
    for name in ("1", "2"):
        cache.keep(OWNER, name, b"x")
        cache.keep(OTHER, name, b"y")
    cache.forget(OWNER)

    assert [cache.find(OWNER, name) for name in ("1", "2")] == [None, None]
    assert [cache.find(OTHER, name) for name in ("1", "2")] == [b"y", b"y"]


def test_it_never_outgrows_its_size_and_what_was_asked_for_last_stays(cache: CachedFiles, tmp_path: Path) -> None:
    cache.keep(OWNER, "loved", b"x" * 1000)
    most = 0
    for number in range(100):
        cache.keep(uuid4(), "page", b"x" * 1000)
        assert cache.find(OWNER, "loved"), number
        os.utime(next((tmp_path / "cached").rglob("loved")), (2_000_000_000 + number, 2_000_000_000 + number))
        most = max(most, taken(tmp_path / "cached"))

    assert most <= 10_000


def test_several_who_write_at_once_stay_within_it(tmp_path: Path) -> None:
    caches = [CachedFiles(tmp_path / "cached", 160_000) for _ in range(4)]
    sizes: list[int] = []

    def write(cache: CachedFiles) -> None:
        for _ in range(100):
            cache.keep(uuid4(), "page", b"x" * 2000)
            sizes.append(taken(tmp_path / "cached"))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, caches))

    assert max(sizes) <= 160_000


def test_what_cannot_be_kept_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "cached").write_text("a file where the folder should be")
    cache = CachedFiles(tmp_path / "cached", 1000)
    cache.keep(OWNER, "1", b"x")

    assert cache.find(OWNER, "1") is None
