"""What every blob store promises, each over the real thing: a folder, linked into or copied into, or a real MinIO."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from tests.conftest import MovableClock
from tests.minio_server import MinioServer
from tests.running import ENVIRONMENT

from pretamane.adapters.blobs_filesystem import FileBlobs
from pretamane.adapters.blobs_s3 import PART_BYTES, S3Blobs
from pretamane.core.errors import Unavailable
from pretamane.ports import BlobStore, KeptBlob
from pretamane.settings_blobs import BlobBucket, blob_place

# Another file system than that of temporary files, wherever there is Linux.
MEMORY = Path("/dev/shm")
MIB = 1024 * 1024
PIECE = random.Random(5).randbytes(MIB)  # noqa: S311  # the same in every run

# As on FAT and some network file systems, none of which a test can count on finding.
WITHOUT_LINKS = """
import errno, os, pathlib
def hardlink_to(self, target):
    raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), target)
pathlib.Path.hardlink_to = hardlink_to
"""

KEEPING = """
import sys
from pathlib import Path
from pretamane.adapters.blobs_filesystem import FileBlobs
from pretamane.core.clock import SystemClock
from pretamane.settings_blobs import BlobFolder, blob_place

address, file, round = sys.argv[1:]
place = blob_place(address)
if isinstance(place, BlobFolder):
    store = FileBlobs(place.path)
else:
    from pretamane.adapters.blobs_s3 import S3Blobs
    store = S3Blobs(place, Path(file).parent, SystemClock())
for n in range(5):
    print("begun", flush=True)
    store.keep(f"{round}/{n}", Path(file))
    print("kept", f"{round}/{n}", flush=True)
"""


@dataclass
class Place:
    """A store, how another process finds it and in what world, and a folder for what is to be kept."""

    store: FileBlobs | S3Blobs
    url: str
    spool: Path
    world: str = ""

    def file(self, content: bytes) -> Path:
        file = self.spool / str(uuid4())
        file.write_bytes(content)
        return file

    def keep(self, content: bytes) -> str:
        key = key_of(content)
        self.store.keep(key, self.file(content))
        return key

    def content(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        with self.store.read(key, start, length) as pieces:
            return b"".join(pieces)


def key_of(content: bytes) -> str:
    digest = sha256(content).hexdigest()
    return f"{digest[:2]}/{digest[2:4]}/{digest}-{uuid4().hex[:12]}"


def many(size: int) -> bytes:
    return (PIECE * (size // MIB + 1))[:size]


@pytest.fixture(params=["files by link", "files by copy", "files without links", "S3"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    spool = tmp_path / "spool"
    spool.mkdir()
    in_files = Place(FileBlobs(tmp_path / "blobs"), f"file:{tmp_path / 'blobs'}", spool)
    match request.param:
        case "S3":
            server: MinioServer = request.getfixturevalue("minio")
            yield in_bucket(server, spool)
        case "files by copy":
            if not MEMORY.is_dir() or MEMORY.stat().st_dev == tmp_path.stat().st_dev:
                pytest.skip("no second file system: /dev/shm is not there, or is the same")
            with TemporaryDirectory(dir=MEMORY) as elsewhere:
                yield Place(in_files.store, in_files.url, Path(elsewhere))
        case "files without links":
            monkeypatch.setattr(Path, "hardlink_to", Path.hardlink_to)  # so that it comes back
            exec(WITHOUT_LINKS, {})  # noqa: S102  # for the child process it has to be a text
            in_files.world = WITHOUT_LINKS
            yield in_files
        case _:
            yield in_files


def in_bucket(server: MinioServer, spool: Path) -> Place:
    url = server.url(f"test-{uuid4().hex[:12]}")
    bucket = blob_place(url)
    assert isinstance(bucket, BlobBucket)
    store = S3Blobs(bucket, spool / "looked-at", MovableClock())
    store.prepare()
    return Place(store, url, spool)


@pytest.mark.parametrize("size", [0, 1, 5 * MIB, 2 * PART_BYTES + 1], ids=["empty", "a byte", "5 MiB", "three parts"])
def test_what_was_kept_is_read_as_it_was(place, size):
    key = place.keep(many(size))

    assert place.content(key) == many(size)
    assert place.store.size(key) == size
    with place.store.as_file(key) as path:
        assert path.read_bytes() == many(size)


@pytest.mark.parametrize(
    ("start", "length"),
    [
        (0, 1),
        (1, 10),
        (MIB - 5, 10),
        (MIB, None),
        (2 * MIB - 1, None),
        (2 * MIB, None),
        (3 * MIB, 7),
        (5, 0),
        (9, 3 * MIB),
    ],
)
def test_a_range_is_cut_exactly(place, start, length):
    key = place.keep(many(2 * MIB))

    expected = many(2 * MIB)[start : None if length is None else start + length]
    assert place.content(key, start, length) == expected


def test_an_empty_blob_has_empty_ranges(place):
    key = place.keep(b"")

    assert place.content(key, 0, 10) == b""


def test_bytes_come_in_pieces_that_take_little_memory(place):
    key = place.keep(many(3 * MIB))

    with place.store.read(key) as pieces:
        sizes = [len(piece) for piece in pieces]

    assert max(sizes) <= 256 * 1024


def test_a_reader_may_leave_early_again_and_again(place):
    key = place.keep(many(5 * MIB))
    opened = open_files()

    left = [leave_early(place, key) for _ in range(30)]

    assert len(left) == 30
    assert open_files() <= opened
    assert place.content(key) == many(5 * MIB)


def leave_early(place: Place, key: str) -> Iterator[bytes]:
    with place.store.read(key) as pieces:
        next(pieces)
        return pieces  # still held, as by a traceback: nothing is closed by being forgotten


def open_files() -> int:
    """Connections among them."""
    return len(list(Path("/dev/fd").iterdir()))


def test_the_kept_file_stays_until_its_owner_removes_it(place):
    file = place.file(b"letter")
    place.store.keep("a/letter", file)

    assert file.read_bytes() == b"letter"
    file.unlink()
    assert place.content("a/letter") == b"letter"


def test_to_keep_the_same_again_is_no_fault(place):
    first = place.keep(b"once")

    place.store.keep(first, place.file(b"once"))

    assert [each.key for each in place.store.kept()] == [first]
    assert place.content(first) == b"once"


def test_other_bytes_never_take_the_place_of_kept_ones(place):
    key = place.keep(b"the first")

    with pytest.raises(FileExistsError):
        place.store.keep(key, place.file(b"another"))

    assert place.content(key) == b"the first"


@pytest.mark.parametrize("asking", ["read", "as_file", "size"])
def test_a_missing_key_is_found_missing_at_once(place, asking):
    place.keep(b"another one")

    with pytest.raises(FileNotFoundError):
        ask(place.store, asking, "ab/cd/missing")


def ask(store: BlobStore, asking: str, key: str) -> None:
    match asking:
        case "size":
            store.size(key)
        case "read":
            with store.read(key):
                raise AssertionError("entered")
        case _:
            with store.as_file(key):
                raise AssertionError("entered")


def test_what_is_removed_is_gone_and_stays_so_and_nothing_else_is(place):
    beside = place.keep(b"beside")
    place.store.keep("a/letter", place.file(b"letter"))
    place.store.keep("a/letter-2", place.file(b"its name begins alike"))

    place.store.remove("a/letter")
    place.store.remove("a/letter")

    with pytest.raises(FileNotFoundError):
        place.store.size("a/letter")
    assert {each.key for each in place.store.kept()} == {beside, "a/letter-2"}


def test_the_list_has_all_and_their_sizes(place):
    assert list(place.store.kept()) == []

    keys = {place.keep(f"letter {n}".encode() * n) for n in range(25)}

    assert {each.key for each in place.store.kept()} == keys
    assert sum(each.size for each in place.store.kept()) == sum(len(f"letter {n}") * n for n in range(25))


def test_many_hands_keep_one_key_at_once_and_all_succeed(place):
    content, files = many(3 * MIB), [place.file(many(3 * MIB)) for _ in range(8)]
    key = key_of(content)

    with ThreadPoolExecutor(8) as hands:
        list(hands.map(lambda file: place.store.keep(key, file), files))

    assert list(place.store.kept()) == [KeptBlob(key, len(content))]
    assert place.content(key) == content


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../up", "a/../b", "a//b", "a/", "A/b", "a.b", "a\\b", "a\x00", "a\n", "ä", ".copies/a"]
)
def test_a_key_can_be_no_trick(place, key):
    with pytest.raises(ValueError, match="small letters"):
        place.store.keep(key, place.file(b"x"))
    for asking in ("read", "as_file", "size"):
        with pytest.raises(ValueError, match="small letters"):
            ask(place.store, asking, key)
    with pytest.raises(ValueError, match="small letters"):
        place.store.remove(key)


def test_of_keeps_that_are_killed_there_is_all_or_nothing(place):
    """And whatever was said to be kept is."""
    chance = random.Random(11)  # noqa: S311  # the same in every run
    whole, kept = many(20 * MIB), set()
    file = place.file(whole)

    for n in range(10):
        kept |= kept_before_a_kill(place, file, n, after=2 * chance.randrange(3) + 1, delay=chance.random() * 0.1)

    listed = list(place.store.kept())
    assert {each.size for each in listed} == {len(whole)}
    assert kept <= {each.key for each in listed}
    assert all(place.content(each.key) == whole for each in listed)


def kept_before_a_kill(place: Place, file: Path, round: int, after: int, delay: float) -> set[str]:
    """Killed so many lines and seconds after its start, in the middle of a keep unless that is done sooner."""
    command = [sys.executable, "-c", place.world + KEEPING, place.url, str(file), str(round)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
        assert process.stdout is not None
        said = list(islice(process.stdout, after))
        time.sleep(delay)
        process.kill()
        said += process.stdout.readlines()
    assert said, "it never began"
    return {line.split()[1] for line in said if line.startswith("kept")}


def test_a_store_that_can_be_used_says_so_and_leaves_nothing_by_it(place):
    place.store.probe()

    assert list(place.store.kept()) == []


def test_to_prepare_again_changes_nothing(place):
    key = place.keep(b"kept")

    assert place.store.prepare() == place.store.prepare()
    assert place.content(key) == b"kept"


def test_no_file_that_was_looked_at_stays_behind(place):
    key = place.keep(b"letter")
    before = set(place.spool.rglob("*"))

    with pytest.raises(Unavailable), place.store.as_file(key):
        raise Unavailable("The reader gives up.")

    assert {path for path in place.spool.rglob("*") if path.is_file()} <= before
