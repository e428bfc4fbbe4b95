"""What people do with documents, found as a person finds it: by labels, headings and links."""

import re
from itertools import count
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page, expect

_numbers = count(1)


def file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def text_of_its_own(size: int = 200) -> bytes:
    """That no other test has sent."""
    line = f"A text of its own, number {next(_numbers)}.\n".encode()
    return (line * (size // len(line) + 1))[:size]


def choose(page: Page, *files: FilePayload | Path) -> None:
    """Large ones by their path: what is told to the browser itself has a limit."""
    page.get_by_label(re.compile("^Add (a )?document")).set_input_files(list(files))  # type: ignore[arg-type]  # of one kind each time


def upload(page: Page, *files: FilePayload | Path) -> None:
    choose(page, *files)
    page.get_by_role("button", name="Upload", exact=True).click()


def row_of(page: Page, name: str) -> Locator:
    return page.get_by_role("list", name="Uploads").get_by_role("listitem").filter(has_text=name)


def document_of(page: Page, name: str) -> str:
    """Its page's address, once it is kept."""
    link = row_of(page, name).get_by_role("link", name="open the document")
    expect(link).to_be_visible()
    return str(link.get_attribute("href"))


def download(page: Page) -> bytes:
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download", exact=True).click()
    return Path(begun.value.path()).read_bytes()
