"""A real PostgreSQL that lives in the data folder, starts with the app and ends with it."""

import atexit
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from pretamane.adapters import postgres_child
from pretamane.adapters.postgres_binaries import find_binaries
from pretamane.adapters.postgres_folder import (
    CLUSTER,
    PORT,
    SOCKET_NAME,
    FolderLock,
    close_socket_folder,
    open_socket_folder,
    refuse_foreign_cluster,
)
from pretamane.adapters.postgres_leftovers import NEW_CLUSTER, clear_leftovers, end_orphans, mark
from pretamane.core.errors import CannotStart

NAME = "pretamane"  # of the database and of its owner, so that a dump reads the same wherever it came from
APP_ROLE = "pretamane_app"

_PATIENCE = 30.0
_PAUSE = 0.01
_FAST, _IMMEDIATE = 10.0, 5.0
_LOG_LIMIT = 10 * 1024 * 1024
# glibc's and newer macOS's name, older macOS's, and last the one that folds the case of ASCII letters only.
_LETTER_CASES = ("C.UTF-8", "UTF-8", "C")
# What a recovery says that met the file of an unlogged table whose making was broken off, when its way back was not
# written down any more. It leaves what the next one needs to clear that away.
_HALF_RECOVERED = re.compile(r'FATAL:  could not create file ".*": File exists')
_STATE_LINE = 7  # of postmaster.pid: the server's own word on its state
# No PG* variable of the caller's may steer the server.
_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}

# Small, for a laptop or the smallest instance; nothing here weakens durability (fsync, full_page_writes and
# synchronous_commit keep their safe defaults), and nothing listens on a network.
_OPTIONS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "maintenance_work_mem": "32MB",
    "max_wal_size": "256MB",
    "jit": "off",
    "max_worker_processes": "2",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "max_wal_senders": "0",
    "autovacuum_max_workers": "1",
    "authentication_timeout": "10s",
    "idle_in_transaction_session_timeout": "5min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
    # A failed statement reaches the app as an exception; in this log it would show what a visitor typed.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "logging_collector": "off",
}


def what_linux_alone_can_do() -> list[tuple[str, str]]:
    """What `check` tells about this system, each with its stand-in where this is not Linux."""
    if platform.system() == "Linux":
        return [
            ("dies with its parent", "The embedded PostgreSQL ends at once when Pretamane is killed."),
            ("runs as root", "Started by root, the embedded PostgreSQL runs as nobody in a user namespace."),
        ]
    return [
        ("dies with its parent", "If Pretamane is killed, PostgreSQL runs on, and the next start stops it."),
        ("runs as root", "The embedded PostgreSQL does not start for root here: use an ordinary user."),
    ]


class EmbeddedPostgres:
    """Start it from the main thread: Linux ends a child with the thread that made it. Started from any other
    thread PostgreSQL is not tied to us, and after a kill only the next start clears it away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._cluster = self._folder / CLUSTER
        self._log = self._folder / f"{CLUSTER}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: FolderLock | None = None
        self._starter = 0
        self._sockets = self._folder

    @property
    def process_id(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> str:
        """The owner's address; `as_app` makes the app's of it."""
        binaries = find_binaries()
        if os.geteuid() == 0 and platform.system() != "Linux":
            raise CannotStart("The embedded PostgreSQL does not start for root here: use an ordinary user.")
        try:
            with ExitStack() as undo:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._lock = FolderLock(self._folder)
                self._starter = os.getpid()
                undo.callback(self.stop)
                address = self._start(binaries)
                atexit.register(self.stop)
                undo.pop_all()
                return address
        except OSError as fault:
            reason = fault.strerror or str(fault)
            raise CannotStart(f"PostgreSQL cannot be started in {self._folder}: {reason}.") from fault

    def _start(self, binaries: Path) -> str:
        refuse_foreign_cluster(self._folder)
        clear_leftovers(self._folder)
        if not self._cluster.exists():
            self._make_cluster(binaries)
        self._sockets = open_socket_folder(self._folder)
        return self._run(binaries, self._sockets)

    @property
    def is_lost(self) -> bool:
        """Started and not stopped, and yet it has ended."""
        return self._process is not None and self._process.poll() is not None

    def start_again(self) -> None:
        """The lock is kept and so is the address, which other processes hold: the socket returns to its place."""
        clear_leftovers(self._folder)
        for leftover in self._sockets.glob(f"{SOCKET_NAME}*"):
            leftover.unlink()
        self._run(find_binaries(), self._sockets)

    def _run(self, binaries: Path, sockets: Path) -> str:
        if self._log.exists() and self._log.stat().st_size > _LOG_LIMIT:
            os.truncate(self._log, 0)
        self._log.touch(0o600)
        story = self._try(binaries, sockets)
        if story and _HALF_RECOVERED.search(story):
            story = self._try(binaries, sockets)
        if story is not None:
            raise CannotStart(_sentence(story, f"PostgreSQL did not start (its log is {self._log})"))
        _make_database_and_role(address_of(sockets, "postgres"))
        return address_of(sockets, NAME)

    def _make_cluster(self, binaries: Path) -> None:
        """Made beside its place and renamed into it, so that a cluster in its place is always a whole one."""
        fresh = Path(tempfile.mkdtemp(prefix=NEW_CLUSTER, dir=self._folder))
        for letter_case in _LETTER_CASES:
            # Sorting stays C: an index must not depend on the C library that happens to be installed.
            command = [
                *(str(binaries / "initdb"), f"--pgdata={fresh}", f"--username={NAME}", "--auth=trust"),
                *("--encoding=UTF8", "--locale=C", f"--lc-ctype={letter_case}"),
                *("--data-checksums", "--no-instructions"),
            ]
            made = subprocess.run(
                self._child(command),
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                start_new_session=True,
                check=False,
            )
            story = made.stderr.decode("utf-8", "replace")
            if made.returncode == 0:
                break
            if "invalid locale" not in story:
                raise CannotStart(_sentence(story, f"PostgreSQL could not make its files in {self._folder}"))
        fresh.rename(self._cluster)
        _make_durable(self._folder)

    def _child(self, command: list[str]) -> list[str]:
        tied = threading.current_thread() is threading.main_thread()
        parent = os.getpid() if tied else 0
        return [sys.executable, "-I", "-S", postgres_child.__file__, str(parent), str(self._folder), *command]

    def _launch(self, binaries: Path, sockets: Path, log: int) -> subprocess.Popen[bytes]:
        options = _OPTIONS | {"unix_socket_directories": str(sockets), "cluster_name": mark(self._cluster)}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        # A session of its own: Ctrl-C in a terminal is for us, who stop PostgreSQL after the last answer.
        return subprocess.Popen(
            self._child([str(binaries / "postgres"), "-D", str(self._cluster), *settings]),
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def _try(self, binaries: Path, sockets: Path) -> str | None:
        """What it said, if it did not become ready."""
        with self._log.open("ab+") as log:
            before = log.tell()
            self._process = self._launch(binaries, sockets, log.fileno())
            for _ in range(int(_PATIENCE / _PAUSE)):
                if self._says_ready(self._process.pid):
                    return None
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(_PAUSE)
                    break
            log.seek(before)
            return log.read().decode("utf-8", "replace")

    def _says_ready(self, process: int) -> bool:
        """Read, not tried: each connection refused while the server starts is a FATAL line in its log."""
        with suppress(FileNotFoundError):
            lines = (self._cluster / "postmaster.pid").read_bytes().split(b"\n")
            return lines[0] == b"%d" % process and b"".join(lines[_STATE_LINE:]).strip() == b"ready"
        return False

    def stop(self) -> None:
        """In a fork of the process that started it this does nothing: PostgreSQL is not the fork's."""
        if self._starter != os.getpid():
            return
        atexit.unregister(self.stop)
        if self._process:
            _end(self._process)
            if self._process.returncode != 0:  # then its children had nobody to end them
                with suppress(CannotStart):  # what resists even a kill is for the next start to report
                    end_orphans(self._cluster)
            self._process = None
        if self._lock:
            close_socket_folder(self._folder)
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _end(process: subprocess.Popen[bytes]) -> None:
    for number, patience in ((signal.SIGINT, _FAST), (signal.SIGQUIT, _IMMEDIATE)):
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return
    process.kill()
    process.wait()


def _sentence(story: str, beginning: str) -> str:
    lines = [line.strip() for line in story.splitlines() if line.strip()]
    for line in lines:
        if line.startswith(postgres_child.REFUSAL):
            return line.removeprefix(postgres_child.REFUSAL)
    telling = [line for line in lines if "FATAL:" in line or "PANIC:" in line or "error:" in line]
    why = (telling or lines or ["it gave no reason within its time"])[-1]
    return f"{beginning}: {why.rstrip('.')}."


def address_of(sockets: Path, database: str) -> str:
    host = quote(str(sockets), safe="")
    return f"postgresql+psycopg2://{NAME}@/{database}?host={host}&port={PORT}&gssencmode=disable"


def as_app(owner_address: str) -> str:
    """The same database for everyday work: the role cannot change tables, nor what the audit says."""
    return make_url(owner_address).set(username=APP_ROLE).render_as_string(hide_password=False)


def _make_database_and_role(address: str) -> None:
    engine = create_engine(address, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            known = connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": NAME})
            if known.first() is None:
                connection.execute(text(f"CREATE DATABASE {NAME} TEMPLATE template0"))
            if connection.scalar(text("SELECT to_regrole(:role)"), {"role": APP_ROLE}) is None:
                connection.execute(text(f"CREATE ROLE {APP_ROLE} LOGIN"))
    except SQLAlchemyError as fault:
        raise CannotStart(_sentence(str(fault), "PostgreSQL started but gave no database")) from fault


def _make_durable(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
