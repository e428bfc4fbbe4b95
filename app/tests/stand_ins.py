"""A blob store on a folder, and recognition by the name alone: enough of each for tests of what leans on them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pretamane.core.errors import Unavailable, UnsupportedMedia
from pretamane.documents.recognised import Recognised
from pretamane.ports import KeptBlob

_PIECE = 256 * 1024
_TYPES = {".pdf": "application/pdf", ".txt": "text/plain"}
VIRUS = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"


class FolderBlobs:
    """`away` makes it one that cannot be reached."""

    name = "blobs"
    required = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.away = False

    def probe(self) -> None:
        self._refuse_when_away()

    def keep(self, key: str, file: Path) -> None:
        self._refuse_when_away()
        final = self.folder / key
        final.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            final.hardlink_to(file)

    @contextmanager
    def read(self, key: str, start: int = 0, length: int | None = None) -> Iterator[Iterator[bytes]]:
        self._refuse_when_away()
        with (self.folder / key).open("rb") as blob:
            blob.seek(start)
            whole = blob.read() if length is None else blob.read(length)
            yield (whole[place : place + _PIECE] for place in range(0, len(whole), _PIECE))

    @contextmanager
    def as_file(self, key: str) -> Iterator[Path]:
        self.size(key)
        yield self.folder / key

    def size(self, key: str) -> int:
        self._refuse_when_away()
        return (self.folder / key).stat().st_size

    def remove(self, key: str) -> None:
        self._refuse_when_away()
        (self.folder / key).unlink(missing_ok=True)

    def kept(self) -> Iterator[KeptBlob]:
        self._refuse_when_away()
        for path in self.folder.rglob("*-*"):
            if path.is_file():
                yield KeptBlob(path.relative_to(self.folder).as_posix(), path.stat().st_size)

    def _refuse_when_away(self) -> None:
        if self.away:
            raise Unavailable("The documents' store cannot be reached just now.")


def recognise_by_name(file: Path, name: str) -> Recognised:
    ending = Path(name).suffix.lower()
    if ending not in _TYPES:
        raise UnsupportedMedia("Files of this kind are not taken.")
    with file.open("rb") as read:
        is_ill = VIRUS in read.read(4096)
    return Recognised(ending[1:], _TYPES[ending], quarantine="It looks like a virus." if is_ill else None)
