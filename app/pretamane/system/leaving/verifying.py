"""Whether an export is what its manifest says, without the house that it came from."""

from collections.abc import Callable, Iterator
from pathlib import Path

from pretamane.core.errors import CannotStart
from pretamane.system.leaving import manifest
from pretamane.system.leaving.folder import Folder
from pretamane.system.leaving.ledger import NAME as LEDGER
from pretamane.system.leaving.ledger import File


def faults(place: Path, seen: Callable[[], None] = lambda: None) -> Iterator[str]:
    """A line for each file that is missing, damaged or extra, by name; then for what the house itself lacked."""
    if (place / LEDGER).exists():
        raise CannotStart(f"The export in {place} was not finished: run pretamane export {place} again.")
    if not manifest.is_one(place):
        raise CannotStart(f"There is no export in {place}, or none that was finished.")
    listed, found = _Ahead(_listed(place)), _Ahead(_found(place))
    while listed.next is not None or found.next is not None:
        if found.next is None or (listed.next is not None and _before(listed.next, found.next)):
            yield f"missing {listed.take().path}"
            seen()
        elif listed.next is None or _before(found.next, listed.next):
            yield f"extra {found.take().path}"
        else:
            found.take()
            file = listed.take()
            if not Folder(place).has(file.path, file.sha256, file.size):
                yield f"damaged {file.path}"
            seen()
    for lost in manifest.missing(place):
        yield f"{lost.fate} {lost.path} (already when it was exported)"


class _Ahead:
    """One that is looked at before it is taken."""

    def __init__(self, files: Iterator[File]) -> None:
        self._files = files
        self.next = next(files, None)

    def take(self) -> File:
        taken, self.next = self.next, next(self._files, None)
        assert taken is not None, "only what was seen is taken"  # noqa: S101  # what mypy cannot know
        return taken


def _before(one: File, other: File) -> bool:
    return _order(one.path) < _order(other.path)


def _order(path: str) -> list[str]:
    return path.split("/")


def _listed(place: Path) -> Iterator[File]:
    """Never whole in memory, so it has to be in the order in which folders are walked."""
    before: list[str] = []
    for file in manifest.read(place):
        if _order(file.path) <= before:
            raise CannotStart(f"{place / manifest.NAME} is not in the order in which it was written.")
        before = _order(file.path)
        yield file


def _found(place: Path) -> Iterator[File]:
    for path in Folder(place).paths(without=(manifest.NAME,)):
        yield File(path, "", "", 0)
