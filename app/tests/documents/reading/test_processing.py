"""What becomes of a document once it is received: every step by its name, every outcome with its sentence."""

import pytest
from sqlalchemy import text
from tests.documents.conftest import if_match, put_with
from tests.documents.processed import shown, steps_of, version_of

from pretamane.core.actors import OPERATOR
from pretamane.core.errors import Unavailable
from pretamane.core.jobs.dead_letters import bring_all_back
from pretamane.documents.reading.jobs import GIVEN_UP
from pretamane.ports import ReadingStopped
from tests import samples

KINDS = samples.every_kind()


@pytest.mark.parametrize("sample", [each for each in KINDS if each.words], ids=str)
def test_every_kind_with_words_becomes_ready_with_its_text(send, page_texts, events_of, sample):
    document = send(sample.content, sample.name)

    assert (document["current"]["state"], document["current"]["reason"]) == ("ready", None)
    assert sample.words.split()[-1] in "\n".join(page_texts(document))
    assert document["current"]["page_count"] == len(page_texts(document))
    assert steps_of(document)["text"] == ("done", None)
    assert events_of(document) == ["document.received", "document.ready"]


@pytest.mark.parametrize("sample", samples.pictures(), ids=str)
def test_every_picture_becomes_ready_with_a_thumbnail(send, platform, sample):
    document = send(sample.content, sample.name)
    thumbnail = platform.archive.pictures.picture(version_of(document), 1, 320)

    assert document["current"]["state"] == "ready"
    assert steps_of(document)["thumbnail"] == ("done", None)
    assert (thumbnail[:4], thumbnail[8:12]) == (b"RIFF", b"WEBP")


def test_a_document_of_words_alone_says_that_it_has_no_pictures(send):
    document = send(samples.docx(), "letter.docx")

    assert steps_of(document)["thumbnail"] == (
        "skipped",
        "Of this kind of document there are no pictures, only its text.",
    )


def test_the_title_day_and_language_are_learnt_where_nobody_gave_them(send):
    letter = (
        "Sehr geehrte Frau Ada,\nwir danken Ihnen für den Auftrag und die Zeit, die Sie mit uns\nhatten. Das ist es."
    )
    guessed = send(samples.pdf([letter], title="Auftrag im März"), "scan0001.pdf")
    given = send(samples.pdf([letter], title="Auftrag im März"), "scan0002.pdf", title="What I call it")

    assert (guessed["title"], guessed["language"]) == ("Auftrag im März", "de")
    assert guessed["document_date"] == "2026-03-02"
    assert guessed["version"] == 2
    assert given["title"] == "What I call it"


def test_a_day_near_the_top_counts_where_the_file_tells_none(send):
    letter = "Rechnung\n\nBerlin, den 14. Februar 2026\n\nDies ist der Text, und er ist für Sie und nicht für mich.\n"
    document = send(letter.encode(), "rechnung.txt")

    assert (document["document_date"], document["language"]) == ("2026-02-14", "de")


def test_what_nobody_can_open_is_marked_and_failed_and_its_original_stays(send, platform, events_of):
    content = samples.pdf(["Hello"])[:200]
    document = send(content, "half.pdf")

    assert (document["current"]["state"], document["current"]["marks"]) == ("failed", ["damaged"])
    assert document["current"]["reason"] == "The PDF is damaged: it cannot be opened."
    assert steps_of(document)["text"] == ("failed", "The PDF is damaged: it cannot be opened.")
    assert events_of(document) == ["document.received", "document.failed"]
    assert [blob.size for blob in platform.archive.store.kept()] == [len(content)]


def test_a_locked_document_asks_for_its_password(send):
    document = send(samples.locked_pdf("sesame"), "locked.pdf")

    assert (document["current"]["state"], document["current"]["marks"]) == ("failed", ["password-protected"])
    assert document["current"]["reason"] == "This file is password-protected: give the password to read it."


def test_with_its_password_a_locked_document_is_read_and_its_pictures_stay(
    send, as_staff, do_jobs, page_texts, platform
):
    document = send(samples.locked_pdf("sesame"), "locked.pdf")
    address = f"/api/v1/documents/{document['id']}/password"
    wrong = as_staff.post(address, json={"password": "simsalabim"})
    between = shown(as_staff, document["id"])["current"]
    right = as_staff.post(address, json={"password": "sesame"})
    platform.clock.move(3600)
    do_jobs()

    assert (wrong.status_code, "This password does not open the document." in wrong.text) == (422, True)
    assert (between["state"], between["reason"][:12]) == ("failed", "This file is")
    assert (right.status_code, right.json()["current"]["state"]) == (200, "ready")
    assert (right.json()["current"]["marks"], page_texts(document)) == (["password-protected"], [samples.WORDS])
    assert shown(as_staff, document["id"])["current"]["state"] == "ready"
    for width in (320, 1200, 1800):
        assert platform.archive.pictures.picture(version_of(document), 1, width)[8:12] == b"WEBP"


def test_a_password_is_kept_nowhere(send, as_staff, do_jobs, connection, settings, caplog):
    secret = "sesame-x7q"  # pragma: allowlist secret  # invented
    document = send(samples.locked_pdf(secret), "locked.pdf")
    with caplog.at_level("DEBUG"):
        answer = as_staff.post(f"/api/v1/documents/{document['id']}/password", json={"password": secret})
        do_jobs()

    assert answer.status_code == 200
    tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
    rows = [
        row
        for table in tables
        for row in connection.execute(text(f"SELECT t::text FROM {table} AS t")).scalars()  # noqa: S608
    ]
    assert rows
    assert [row for row in rows if secret in row] == []
    assert secret not in caplog.text
    files = [path for path in (settings.data_dir / "pictures").rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if secret in str(path) or secret.encode() in path.read_bytes()]


def test_only_what_is_locked_takes_a_password(send, as_staff):
    document = send(samples.pdf(["Hello"]), "letter.pdf")
    answer = as_staff.post(f"/api/v1/documents/{document['id']}/password", json={"password": "sesame"})

    assert (answer.status_code, answer.json()["code"]) == (409, "not-locked")


def test_a_mark_that_was_wrong_goes_when_the_document_could_be_read(send, connection, as_staff, do_jobs):
    document = send(samples.pdf(["Hello"]), "letter.pdf")
    connection.execute(
        text("UPDATE document_versions SET marks = '{password-protected}', state = 'failed', reason = 'x'")
    )
    answer = as_staff.post(f"/api/v1/documents/{document['id']}/process")
    do_jobs()

    assert answer.status_code == 202
    assert shown(as_staff, document["id"])["current"]["marks"] == []


def test_processed_again_there_are_the_same_pages_once(send, as_staff, do_jobs, page_texts, events_of):
    document = send(samples.pdf(["One", "Two", "Three"]), "letter.pdf")
    answer = as_staff.post(f"/api/v1/documents/{document['id']}/process")
    do_jobs()

    assert (answer.status_code, answer.json()["current"]["state"]) == (202, "received")
    assert page_texts(document) == ["One", "Two", "Three"]
    assert shown(as_staff, document["id"])["current"]["state"] == "ready"
    assert events_of(document) == ["document.received", "document.ready", "document.ready"]


def test_a_text_with_nul_and_halves_of_signs_is_kept_without_them(send, page_texts):
    half = samples.pdf(["be\\000fore and after"])
    document = send(half, "letter.pdf")

    assert document["current"]["state"] == "ready"
    assert "fore and after" in page_texts(document)[0]


def test_ten_thousand_pages_come_in_parts_and_all_of_them(send, page_texts):
    document = send(samples.pdf([f"Page {number}" for number in range(1, 10_001)]), "long.pdf")

    assert document["current"]["page_count"] == 10_000
    assert page_texts(document) == [f"Page {number}" for number in range(1, 10_001)]


def test_while_the_store_is_away_a_document_waits_and_is_read_when_it_is_back(put, as_staff, do_jobs, store, platform):
    document = put(samples.pdf(["Hello"]), "letter.pdf").json()
    store.away = True
    do_jobs()
    waiting = shown(as_staff, document["id"])["current"]
    store.away = False
    platform.clock.move(10)
    do_jobs()

    assert (waiting["state"], waiting["reason"]) == ("processing", None)
    assert shown(as_staff, document["id"])["current"]["state"] == "ready"


def test_what_failed_for_a_day_is_given_up_in_a_sentence_and_can_be_brought_back(
    put, do_jobs, store, platform, connection
):
    put(samples.pdf(["Hello"]), "letter.pdf")
    state = text("SELECT state, reason FROM document_versions")
    store.away = True
    do_jobs()
    platform.clock.move(25 * 3600)
    do_jobs()
    given_up = connection.execute(state).one()
    store.away = False
    platform.work.run_now(bring_all_back, OPERATOR)
    do_jobs()

    assert given_up == ("failed", GIVEN_UP)
    assert connection.execute(state).one() == ("ready", None)


def test_bytes_that_are_missing_are_said_to_be(put, as_staff, do_jobs, store):
    document = put(samples.pdf(["Hello"]), "letter.pdf").json()
    for blob in store.kept():
        store.remove(blob.key)
    do_jobs()

    version = shown(as_staff, document["id"])["current"]
    assert version["state"] == "failed"
    assert "missing" in version["reason"]


def test_what_is_purged_before_it_is_read_is_not_read(put, as_staff, as_admin, do_jobs, connection):
    document = put(samples.pdf(["Hello"]), "letter.pdf").json()
    as_staff.delete(f"/api/v1/documents/{document['id']}", headers=if_match(1))
    assert as_admin.post(f"/api/v1/documents/{document['id']}/purge").status_code == 204
    do_jobs()

    assert connection.execute(text("SELECT count(*) FROM jobs")).scalar() == 0
    assert connection.execute(text("SELECT count(*) FROM document_pages")).scalar() == 0


def test_a_purge_takes_the_pictures_along(send, as_staff, as_admin, do_jobs, settings):
    document = send(samples.pdf(["Hello"]), "letter.pdf")
    there = list((settings.data_dir / "pictures").rglob("*.webp"))
    as_staff.delete(f"/api/v1/documents/{document['id']}", headers=if_match(document["version"]))
    as_admin.post(f"/api/v1/documents/{document['id']}/purge")
    do_jobs()

    assert len(there) == 1
    assert list((settings.data_dir / "pictures").rglob("*.webp")) == []


@pytest.mark.parametrize("refused", [Unavailable("Other files are being read."), ReadingStopped("It took too long.")])
def test_a_reader_without_room_is_tried_again_and_a_file_that_ends_it_is_not(
    put, as_staff, do_jobs, platform, monkeypatch, refused
):
    document = put(samples.pdf(["Hello"]), "letter.pdf").json()
    with monkeypatch.context() as patched:
        patched.setattr(platform.archive.reader, "read", lambda *_, **__: (_ for _ in ()).throw(refused))
        do_jobs()
    platform.clock.move(60)
    do_jobs()

    wanted = "ready" if isinstance(refused, Unavailable) else "failed"
    assert shown(as_staff, document["id"])["current"]["state"] == wanted


def test_only_staff_have_a_document_read_again(send, as_viewer):
    document = send(samples.pdf(["Hello"]), "letter.pdf")

    assert as_viewer.post(f"/api/v1/documents/{document['id']}/process").status_code == 403
    assert put_with(as_viewer).status_code == 403
