"""Texts that are nearly the same are found, and no others."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from pretamane.documents.about import fingerprints
from pretamane.documents.about.fingerprints import LOOKED_AT, NEAR, fingerprint_of

SYLLABLES = ("an", "be", "co", "de", "er", "fi", "gra", "hol", "in", "ka", "lo", "men", "nor", "pre", "sta", "tion")
TRIES = 60
DATES = ("12 March 2026", "9. April 2026", "2026-05-01", "3.6.2026", "July 4th, 2026", "1 de agosto de 2026")


def words(seed, count):
    """As often as in a language: a few everywhere, most of them seldom."""
    drawn = Random(seed)  # noqa: S311  # words, no secret
    known = ["".join(drawn.choices(SYLLABLES, k=drawn.randint(2, 4))) for _ in range(3000)]
    return drawn.choices(known, [1 / (place + 1) for place in range(len(known))], k=count)


def letter(body, *, dated=DATES[0], to="Mrs Amelia Hart", amount="1,240.50"):
    head = f"Lindqvist & Okafor\nBerlin, {dated}\n\nDear {to},\n"
    return f"{head}{' '.join(body)}\nThe amount of {amount} EUR is due.\nYours sincerely,\nIda Lindqvist"


def apart(one, other):
    mine, others = fingerprint_of([one]).bits, fingerprint_of([other]).bits
    assert mine is not None
    assert others is not None
    bits = mine ^ others
    return (bits & (2**64 - 1)).bit_count()


def share_near(pairs):
    return sum(apart(*pair) <= NEAR for pair in pairs) / TRIES


@pytest.mark.parametrize("dated", DATES)
def test_the_same_letter_with_another_date_is_near(dated):
    bodies = [words(seed, 150) for seed in range(20)]

    assert {apart(letter(body), letter(body, dated=dated)) for body in bodies} == {0}


def test_a_second_scan_in_which_some_letters_are_misread_is_near_mostly():
    def misread(body, seed):
        drawn = Random(seed)  # noqa: S311  # words, no secret
        return [word.replace("i", "l") if drawn.random() < 0.005 else word for word in body]

    pages = [words(seed, 600) for seed in range(TRIES)]

    assert share_near([(letter(page), letter(misread(page, seed))) for seed, page in enumerate(pages)]) > 0.8


def test_other_letters_of_the_same_office_are_not_near():
    pairs = [(letter(words(seed, 200)), letter(words(seed + TRIES, 200))) for seed in range(TRIES)]

    assert share_near(pairs) == 0


def test_a_template_filled_in_for_somebody_else_is_not_near_where_a_quarter_of_it_is_other_words():
    def filled(seed, own):
        template = words(seed, 120)
        return letter([*template, *words(own, 40)], to=f"Mr {words(own, 1)[0]}", amount=f"{own}.00")

    assert share_near([(filled(seed, 1000 + seed), filled(seed, 5000 + seed)) for seed in range(TRIES)]) == 0


@given(st.lists(st.text(max_size=80), max_size=5))
def test_any_text_has_a_fingerprint_that_postgresql_can_keep_and_the_same_one_each_time(pages):
    taken = fingerprint_of(pages)

    assert taken == fingerprint_of(pages)
    assert taken.bits is None or -(2**63) <= taken.bits < 2**63


def test_case_spacing_and_pages_make_no_other_text():
    one, other = (
        fingerprint_of(["Dear  Ada,\nthe papers are HERE."]),
        fingerprint_of(["dear ada", "The papers are here"]),
    )

    assert one.text_sha256 == other.text_sha256 != fingerprint_of(["dear ada, the papers were here"]).text_sha256


def test_of_a_long_text_all_counts_for_whether_it_is_the_same():
    page = " ".join(words(1, LOOKED_AT))

    one, other = fingerprint_of([page, "the end"]), fingerprint_of([page, "another end"])
    assert (one.bits == other.bits, one.text_sha256 == other.text_sha256) == (True, False)


@pytest.fixture
def likenesses(connection):
    asked = """SELECT later.document_id::text, earlier.document_id::text, distance, is_same_text
        FROM document_likenesses JOIN document_versions AS later ON later.id = version_id
        JOIN document_versions AS earlier ON earlier.id = other_id ORDER BY distance"""
    return lambda: [tuple(row) for row in connection.execute(text(asked))]


def test_a_document_that_was_read_knows_which_others_are_like_it(send, likenesses):
    body = words(1, 150)
    first = send(letter(body).encode(), "first.txt")
    send(letter(words(2, 150)).encode(), "other.txt")

    again = send(letter(body, dated=DATES[1]).encode(), "again.txt")

    assert likenesses() == [(again["id"], first["id"], 0, False)]


def test_two_short_documents_are_alike_when_they_say_the_same(send, likenesses):
    first = send(b"Receipt: 12 EUR for stamps", "first.txt")
    send(b"Receipt: 14 EUR for stamps", "other.txt")

    again = send(b"Receipt:  12 EUR for  stamps", "again.txt")

    assert likenesses() == [(again["id"], first["id"], 0, True)]


def test_documents_without_words_are_like_nothing(send, likenesses):
    for name in ("one.txt", "two.txt"):
        send(b"...", name)

    assert likenesses() == []


def test_being_read_again_doubles_nothing(send, likenesses, as_staff, do_jobs):
    body = letter(words(1, 150)).encode()
    document = send(body, "first.txt")
    send(body + b".", "again.txt")
    before = likenesses()

    as_staff.post(f"/api/v1/documents/{document['id']}/process")
    do_jobs()

    assert len(likenesses()) == len(before) == 1


def test_many_copies_name_a_few_of_the_others(send, likenesses):
    body = words(1, 150)
    for number in range(fingerprints.MOST_LIKE + 3):
        send(letter(body, dated=f"{number + 1}.3.2026").encode(), f"{number}.txt")

    of_each = [row[0] for row in likenesses()]
    assert max(of_each.count(each) for each in of_each) == fingerprints.MOST_LIKE


@pytest.mark.parametrize(("band", "shift"), [(0, 48), (1, 32), (2, 16), (3, 0)])
def test_its_neighbours_are_found_by_the_index_of_each_band(connection, band, shift):
    """Which of them PostgreSQL takes among few rows is chance; that it can, is not."""
    index = text("SELECT indexdef FROM pg_indexes WHERE indexname = :name")

    assert f"(((fingerprint >> {shift}) & " in connection.scalar(index, {"name": f"ix_document_versions_band_{band}"})
