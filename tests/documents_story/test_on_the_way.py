"""An upload shows how far it is, and goes on after whatever broke it off."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.documents_story.desk import choose, document_of, download, row_of, upload
from tests.documents_story.house import House

# Three pieces of the upload, and a bit.
SIZE = 100 * 1024 * 1024
PIECE = 32 * 1024 * 1024
BYTES_A_SECOND = 24 * 1024 * 1024


@pytest.fixture
def large(tmp_path: Path, house: House) -> Iterator[Path]:
    """Nobody reads it afterwards: it had only to arrive."""
    place = tmp_path / "large.csv"
    line = b"name;rent;%s\n" % str(tmp_path).encode()
    place.write_bytes((line * (SIZE // len(line) + 1))[: SIZE - 1] + b"\n")
    yield place
    house.change("DELETE FROM jobs")


Line = Callable[[bool], None]


@pytest.fixture
def line(tab: Page) -> Line:
    """Takes some seconds for it, or nothing at all."""
    network = tab.context.new_cdp_session(tab)
    network.send("Network.enable")

    def be(there: bool) -> None:
        how = {"offline": not there, "latency": 5, "downloadThroughput": -1, "uploadThroughput": BYTES_A_SECOND}
        network.send("Network.emulateNetworkConditions", how)

    return be


@pytest.fixture
def slow_tab(tab: Page, line: Line) -> Page:
    line(True)
    tab.goto("/app/documents")
    return tab


@pytest.fixture
def offsets(slow_tab: Page) -> list[int]:
    """From where on each piece was sent."""
    sent: list[int] = []
    slow_tab.on(
        "request",
        lambda request: sent.append(int(request.headers["upload-offset"])) if request.method == "PATCH" else None,
    )
    return sent


def wait_until_some_is_there(page: Page, offsets: list[int]) -> None:
    for _ in range(600):
        if offsets and offsets[-1] >= PIECE:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"No second piece was begun: {offsets}")


def test_how_far_it_is_is_shown_and_told(slow_tab: Page, large: Path) -> None:
    upload(slow_tab, large)
    bar = slow_tab.get_by_role("progressbar", name="Upload of large.csv")
    expect(bar).to_be_visible()
    told = [float(bar.get_attribute("value") or 0)]
    while told[-1] < SIZE / 2:
        slow_tab.wait_for_timeout(100)
        told.append(bar.evaluate("bar => bar.value"))

    assert told == sorted(told)
    assert len(set(told)) > 4
    expect(row_of(slow_tab, "large.csv").get_by_role("status")).to_contain_text(" %")
    document_of(slow_tab, "large.csv")


def kill_the_server(page: Page, house: House, _line: Line, large: Path) -> None:
    house.kill()
    expect(row_of(page, large.name)).to_contain_text("The line was lost.")
    house.start()


def lose_the_line(page: Page, _house: House, line: Line, large: Path) -> None:
    line(False)
    expect(row_of(page, large.name)).to_contain_text("The line was lost.")
    line(True)


def reload(page: Page, _house: House, _line: Line, large: Path) -> None:
    page.reload()
    upload(page, large)


@pytest.mark.parametrize("breaking", [kill_the_server, lose_the_line, reload])
def test_what_was_broken_off_goes_on_from_there(
    slow_tab: Page,
    house: House,
    line: Line,
    large: Path,
    offsets: list[int],
    breaking: Callable[[Page, House, Line, Path], None],
) -> None:
    upload(slow_tab, large)
    wait_until_some_is_there(slow_tab, offsets)
    before = len(offsets)

    breaking(slow_tab, house, line, large)
    slow_tab.goto(document_of(slow_tab, large.name))

    assert offsets[before] >= PIECE
    assert download(slow_tab) == large.read_bytes()


def test_what_is_cancelled_is_kept_nowhere(slow_tab: Page, house: House, large: Path, offsets: list[int]) -> None:
    upload(slow_tab, large)
    wait_until_some_is_there(slow_tab, offsets)

    slow_tab.get_by_role("button", name="Cancel: large.csv").click()

    expect(row_of(slow_tab, "large.csv")).to_contain_text("Nothing was kept.")
    for _ in range(400):
        if not house.rows("SELECT id FROM uploads WHERE document_id IS NULL"):
            break
        slow_tab.wait_for_timeout(50)
    assert house.rows("SELECT id FROM uploads WHERE document_id IS NULL") == []
    assert list((house.folder / "var" / "spool").glob("*.upload")) == []


def test_while_one_is_sent_the_others_wait_for_their_turn(slow_tab: Page, large: Path, tmp_path: Path) -> None:
    small = tmp_path / "small.txt"
    small.write_text(f"A few words, sent from {tmp_path}.")
    choose(slow_tab, large, small)
    slow_tab.get_by_role("button", name="Upload", exact=True).click()

    expect(row_of(slow_tab, "large.csv").get_by_role("status")).to_contain_text("%")
    expect(row_of(slow_tab, "small.txt")).to_contain_text("Waiting for its turn")
    document_of(slow_tab, "small.txt")
