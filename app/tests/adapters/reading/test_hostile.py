"""Files made to do harm: each is read or refused in plain words, soon, and the next one is read."""

import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.hostile import Hostile

from pretamane.adapters.reading.cage import Limits
from pretamane.adapters.reading.room import ReadingRoom
from pretamane.ports import Unreadable
from tests import hostile, samples

MEBIBYTE = 1024 * 1024
# A file that keeps a reader busy for longer is refused, which is as good an answer.
LONGEST_SECONDS = 20.0


def read_or_refusal(room: ReadingRoom, document: Path, media_type: str) -> str | None:
    try:
        with room.read(document, media_type) as reading:
            for batch in reading:
                assert all("\0" not in page.text for page in batch)
    except Unreadable as refusal:
        return refusal.sentence
    return None


def drawn_or_refusal(room: ReadingRoom, document: Path, media_type: str) -> str | None:
    try:
        room.picture(document, media_type, 1, 200)
    except Unreadable as refusal:
        return refusal.sentence
    return None


def test_whatever_a_file_does_it_is_read_or_refused_in_a_plain_sentence(
    file: Callable[[bytes], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    slow, refused, wrongly_taken = list[str](), list[str](), list[Hostile]()
    letter = samples.pdf(["Still here"])
    with ReadingRoom(1, limits=Limits(silence=LONGEST_SECONDS, whole=LONGEST_SECONDS, cpu=15)) as room:
        for each in hostile.everything():
            began = time.monotonic()
            document = file(each.content)
            sentences = [read_or_refusal(room, document, each.media_type)]
            if room.can_picture(each.media_type):
                sentences.append(drawn_or_refusal(room, document, each.media_type))
            refused += [sentence for sentence in sentences if sentence]
            if sentences[0] is None and not each.may_be_read:
                wrongly_taken.append(each)
            if time.monotonic() - began > LONGEST_SECONDS:
                slow.append(each.name)
        after = read_or_refusal(room, file(letter), "application/pdf")

    assert after is None
    assert not slow
    assert not wrongly_taken
    assert all(sentence.endswith(".") and len(sentence) < 250 for sentence in refused)
    assert capfd.readouterr() == ("", "")


def test_a_document_of_ten_thousand_pages_leaves_no_trace_in_the_memory_outside(
    room: ReadingRoom, file: Callable[[bytes], Path]
) -> None:
    document = file(samples.pdf([f"Page {number}\n" + "word " * 100 for number in range(10_000)]))

    tracemalloc.start()
    with room.read(document, "application/pdf") as reading:
        count = sum(len(batch) for batch in reading)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == reading.facts.pages == 10_000
    assert most < 4 * MEBIBYTE
