"""What the outside world must offer; adapters say how."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple, Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The time, aware and in UTC."""

    def monotonic(self) -> float:
        """Seconds that only ever grow, for measuring how long something took."""


class Dependency(Protocol):
    """Something outside this process that the platform leans on, and how to ask whether it is there."""

    name: str
    required: bool

    def probe(self) -> None:
        """Return when it answers; raise an OSError or an AppError when it does not. Bounded by its own time-outs."""


class Mailer(Protocol):
    """Takes mail off our hands. Its refusals and its log lines name no address and repeat no text."""

    def send(self, message: EmailMessage) -> None:
        """Return once somebody else answers for the mail; raise Undeliverable when its recipient is refused for good.

        Every other failure is Unavailable: the mail was not taken, or nobody knows, and is to be sent again.
        """


class KeptBlob(NamedTuple):
    key: str
    size: int


class BlobStore(Dependency, Protocol):
    """Bytes under keys, written once and never changed.

    Away, or with an outcome that nobody knows, it raises Unavailable; a key that it does not have, FileNotFoundError;
    one that has other bytes already, FileExistsError.
    """

    def keep(self, key: str, file: Path) -> None:
        """Return once the file's bytes would survive a power cut under this key; nothing is half there before.

        The file itself stays, and nobody writes to it any more: it may share the blob's bytes. To keep the same bytes
        under the same key again is no fault: an outcome may be unknown.
        """

    def read(self, key: str, start: int = 0, length: int | None = None) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes from `start` on, in pieces; one that is missing is found on entering, not on the way."""

    def as_file(self, key: str) -> AbstractContextManager[Path]:
        """For what can only read files: a path that is there until the block ends. Nobody may write to it."""

    def size(self, key: str) -> int:
        """How many bytes there are under the key."""

    def remove(self, key: str) -> None:
        """Every version of it; what is not there is removed already."""

    def kept(self) -> Iterator[KeptBlob]:
        """Everything there is, in no particular order."""


class Scanner(Dependency, Protocol):
    """Knows viruses by name."""

    def scan(self, file: Path) -> str | None:
        """What it calls what it found, or None; Unavailable whenever it has not looked at all of the file."""
