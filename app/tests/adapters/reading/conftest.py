from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from pretamane.adapters.reading.room import ReadingRoom
from pretamane.ports import Facts, Keep, ReadPage
from tests import samples


class Document(NamedTuple):
    """All of a document, which only tests may ask for."""

    pages: list[ReadPage]
    facts: Facts

    @property
    def text(self) -> str:
        return "\n".join(page.text for page in self.pages)


Read = Callable[..., Document]


@pytest.fixture(scope="package")
def room() -> Iterator[ReadingRoom]:
    with ReadingRoom() as room:
        yield room


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], Path]:
    def kept(content: bytes) -> Path:
        path = tmp_path / "document"
        path.write_bytes(content)
        return path

    return kept


@pytest.fixture
def read(room: ReadingRoom, file: Callable[[bytes], Path]) -> Read:
    def whole(content: bytes, media_type: str, password: str | None = None, keep: Keep | None = None) -> Document:
        with room.read(file(content), media_type, password, keep) as reading:
            pages = [page for batch in reading for page in batch]
            return Document(pages, reading.facts)

    return whole


@pytest.fixture(scope="session")
def locked_pdf() -> bytes:
    """Opens by "sesame"."""
    return samples.locked_pdf("sesame")
