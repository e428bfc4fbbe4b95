"""What the outside world must offer; adapters say how."""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from datetime import date, datetime
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

    def forget(self, words: Collection[str]) -> int:
        """Remove the mails kept here that have any of these words; how many. What was handed on is out of reach."""


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

    def sweep(self, now: datetime) -> int:
        """Remove what work that never ended has left behind, once it is a day old; how much it was."""

    def shortfalls(self) -> list[str]:
        """A sentence for each thing that a careful operator would expect of it and that it does not do."""


class Scanner(Dependency, Protocol):
    """Knows viruses by name."""

    def scan(self, file: Path) -> str | None:
        """What it calls what it found, or None; Unavailable whenever it has not looked at all of the file."""


class Unreadable(Exception):
    """A file gives no text, or no picture; the sentence is for whoever looks at the document."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class PasswordNeeded(Unreadable):
    """Locked. `helps` is false where not even the right password would let us read it."""

    def __init__(self, sentence: str, *, helps: bool = True) -> None:
        super().__init__(sentence)
        self.helps = helps


class WrongPassword(PasswordNeeded):
    """There was one, and it does not open the file."""


class Damaged(Unreadable):
    """Not whole, or not what its kind promises."""


class TooMuch(Unreadable):
    """It asks for more than we give to any one file; the sentence names the limit."""


class ReadingStopped(Unreadable):
    """The reader was ended or ended by itself, most likely by what the file made it do."""


class ReadPage(NamedTuple):
    """A page, a slide, a sheet, a picture or a stretch of text. Width and height are in points, nought for text."""

    number: int
    text: str
    width: float
    height: float
    needs_ocr: bool


class Facts(NamedTuple):
    """What a file says of itself, or seems to."""

    pages: int
    title: str | None
    dated: date | None


class Attachment(NamedTuple):
    """The name and the media type are the sender's claims."""

    name: str
    media_type: str


class Word(NamedTuple):
    """Where it stands, as fractions of the page's width and height from the top left corner."""

    text: str
    left: float
    top: float
    width: float
    height: float


class Writer(Protocol):
    def write(self, piece: bytes, /) -> object:
        """Take the next bytes."""


# A place for an attachment's bytes, which is left by an exception when they did not all arrive.
Keep = Callable[[Attachment], AbstractContextManager[Writer]]


class Reading(Protocol):
    """A document as it is being read."""

    def __iter__(self) -> Iterator[list[ReadPage]]:
        """The pages in order, some at a time, so that no document is ever whole in memory."""

    @property
    def facts(self) -> Facts:
        """Known once the last page has come."""


class Reader(Protocol):
    """Makes text and pictures of files that nobody vouches for. What it cannot read, it says by an Unreadable.

    When it has no room or cannot work at all, it raises Unavailable: that is no word on the file.
    """

    def can_read(self, media_type: str) -> bool:
        """Whether this is a kind whose text it knows to find."""

    def can_picture(self, media_type: str) -> bool:
        """Whether this is a kind whose pages it can draw."""

    def read(
        self, file: Path, media_type: str, password: str | None = None, keep: Keep | None = None
    ) -> AbstractContextManager[Reading]:
        """A mail's attachments go where `keep` says, between its last page and the end of the iteration."""

    def picture(self, file: Path, media_type: str, page: int, width: int, password: str | None = None) -> bytes:
        """The page as WebP, at most `width` pixels wide. A thumbnail is a small one."""

    def words(self, file: Path, page: int, password: str | None = None) -> list[Word]:
        """The words of a PDF page's text layer, in reading order."""


class Recognised(NamedTuple):
    text: str
    words: list[Word]


class Ocr(Protocol):
    """Reads the picture of a page."""

    def languages(self) -> frozenset[str]:
        """Which it knows, by their ISO 639-2 codes; none where it is not installed."""

    def recognise(
        self, file: Path, media_type: str, page: int, languages: Collection[str], password: str | None = None
    ) -> Recognised:
        """The page's text, by those of the languages that it knows and by English."""
