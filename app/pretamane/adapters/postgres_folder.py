"""The data folder that an embedded PostgreSQL lives in: whose it is, who holds it, where the socket is."""

import fcntl
import os
import re
import secrets
import shutil
import stat
import tempfile
import time
import weakref
from contextlib import suppress
from pathlib import Path

from pretamane.adapters.postgres_binaries import MAJOR
from pretamane.core.errors import CannotStart

PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"
CLUSTER = f"postgres{MAJOR}"

_LONGEST_SOCKET_PATH = 99  # sun_path has 104 bytes on macOS and 108 on Linux, and PostgreSQL appends ".lock"
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9._/-]+")  # libpq splits a host at commas, SQLAlchemy at colons
_RECORD = "socket-folder"
_TEMPORARY = "pretamane-"

# A holder that was killed a moment ago may still be on its way out; one that took the lock writes its number.
_TRIES, _PAUSE = 20, 0.01

_held: "weakref.WeakSet[FolderLock]" = weakref.WeakSet()


class FolderLock:
    """Held by the process that started PostgreSQL and by no fork of it; it ends with that process."""

    def __init__(self, folder: Path) -> None:
        descriptor = os.open(folder / "pretamane.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(descriptor, "r+", encoding="ascii")
        if not self._taken():
            holder = self._holder()
            self._file.close()
            raise CannotStart(
                f"The data folder {folder} is in use by {holder}: stop that one first, "
                "or name another folder with PRETAMANE_DATA_DIR."
            )
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()
        _held.add(self)

    def _taken(self) -> bool:
        for _ in range(_TRIES):
            with suppress(BlockingIOError):
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            time.sleep(_PAUSE)
        return False

    def _holder(self) -> str:
        number = self._file.read().strip()
        return f"process {number}" if number else "another process"

    def release(self) -> None:
        self._file.close()


def _let_go() -> None:
    """A forked worker that outlives its killed parent must not keep the next start out."""
    for lock in list(_held):
        lock.release()


os.register_at_fork(after_in_child=_let_go)


def has_cluster(folder: Path) -> bool:
    """Of whichever major or state: somebody's records, even if they cannot be used."""
    return any(re.fullmatch(r"postgres\d+", found.name) for found in folder.glob("postgres*"))


def refuse_foreign_cluster(folder: Path) -> None:
    """A cluster of another major or owner holds somebody's records: name it, touch nothing."""
    for found in sorted(folder.iterdir()):
        major = re.fullmatch(r"postgres(\d+)", found.name)
        if major and int(major[1]) != MAJOR:
            raise CannotStart(
                f"{found} holds data of PostgreSQL {major[1]}, and this Pretamane runs {MAJOR}: "
                "start the Pretamane that made it, or name another folder with PRETAMANE_DATA_DIR."
            )
    cluster = folder / CLUSTER
    if not cluster.exists():
        return
    if cluster.stat().st_uid != os.geteuid():
        raise CannotStart(f"{cluster} belongs to another user: start Pretamane as the user who made it.")
    version = cluster / "PG_VERSION"
    if not version.is_file() or version.read_text(encoding="ascii", errors="replace").strip() != str(MAJOR):
        raise CannotStart(f"{cluster} is not a whole PostgreSQL {MAJOR} folder: restore it from a backup.")


def open_socket_folder(folder: Path) -> Path:
    """A folder that only we may enter, as its socket asks nobody for a password."""
    close_socket_folder(folder)
    own = folder / "run"
    if _suits(own) and not folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        own.mkdir(mode=0o700, exist_ok=True)
        _make_private(own)
        return own
    places = [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - only ever a fresh 0700 folder in it
    for place in places:
        private = place / f"{_TEMPORARY}{secrets.token_hex(8)}"
        if _suits(private):
            # Written down first, so that a kill between the two leaves nothing that no later start finds.
            (folder / _RECORD).write_text(str(private), encoding="utf-8")
            private.mkdir(mode=0o700)
            return private
    raise CannotStart("No folder for temporary files has a path short enough for PostgreSQL's socket.")


def close_socket_folder(folder: Path) -> None:
    """Take away what a start left, the socket's lock file too: it names a process id that may be anyone's."""
    own = folder / "run"
    if own.is_dir() and not own.is_symlink():
        for leftover in own.glob(f"{SOCKET_NAME}*"):
            leftover.unlink(missing_ok=True)
    record = folder / _RECORD
    if not record.is_file():
        return
    private = Path(record.read_text(encoding="utf-8"))
    if private.name.startswith(_TEMPORARY) and _is_ours(private):
        shutil.rmtree(private, ignore_errors=True)
    record.unlink(missing_ok=True)


def socket_folders(folder: Path) -> list[Path]:
    """Where a running PostgreSQL of this folder may have its socket."""
    record = folder / _RECORD
    recorded = [Path(record.read_text(encoding="utf-8"))] if record.is_file() else []
    return [folder / "run", *recorded]


def _suits(socket_folder: Path) -> bool:
    path = str(socket_folder / SOCKET_NAME)
    return len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH and _PLAIN_PATH.fullmatch(path) is not None


def _is_ours(path: Path) -> bool:
    with suppress(OSError):
        found = path.lstat()
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    return False


def _make_private(path: Path) -> None:
    if not _is_ours(path):
        raise CannotStart(f"{path} must be a folder of this user's own: move away what stands there.")
    path.chmod(0o700)
