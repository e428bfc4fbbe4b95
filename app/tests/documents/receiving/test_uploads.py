"""Documents that come in parts, by tus: what the public client speaks, and what it does not."""

import base64
import hashlib
import itertools

import pytest
from sqlalchemy import text
from tests.documents.conftest import PDF, PIECE, TUS

from pretamane.core.jobs import enqueue

WHOLE = PDF * 5000
LENGTH = len(WHOLE)


def metadata(**said):
    return {"Upload-Metadata": ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in said.items())}


def checksum(content, algorithm="sha1"):
    value = base64.b64encode(hashlib.new(algorithm, content).digest()).decode()
    return {"Upload-Checksum": f"{algorithm} {value}"}


@pytest.fixture
def begin(as_staff):
    def begun(length=LENGTH, **said):
        named = metadata(**({"filename": "long.pdf"} | said))
        answer = as_staff.post("/api/v1/uploads", headers={**TUS, "Upload-Length": str(length), **named})
        assert answer.status_code == 201, answer.text
        return answer.headers["location"]

    return begun


@pytest.fixture
def send(as_staff):
    def sent(upload, offset, content, client=None, **more):
        headers = {**PIECE, "Upload-Offset": str(offset), **more.pop("headers", {})}
        return (client or as_staff).patch(upload, content=content, headers=headers, **more)

    return sent


def offset(client, upload):
    answer = client.head(upload, headers=TUS)
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])


def test_anybody_may_ask_what_is_spoken(client, settings):
    answer = client.options("/api/v1/uploads")

    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,creation-with-upload,checksum,expiration,termination"
    assert answer.headers["tus-max-size"] == str(settings.upload_limit)
    assert answer.headers["tus-checksum-algorithm"] == "sha1,sha256"


def test_the_parts_become_one_document(begin, send, as_staff, spooled):
    upload = begin(title="In three parts")
    answers = [send(upload, at, WHOLE[at : at + 40_000]) for at in range(0, len(WHOLE), 40_000)]
    made = as_staff.get(answers[-1].headers["upload-document"]).json()

    assert {answer.status_code for answer in answers} == {204}
    assert [answer.headers.get("upload-document") for answer in answers[:-1]] == [None] * (len(answers) - 1)
    assert made["current"]["sha256"] == hashlib.sha256(WHOLE).hexdigest()
    assert (made["title"], made["current"]["filename"], spooled()) == ("In three parts", "long.pdf", [])


def test_bytes_may_come_along_with_the_beginning(as_staff):
    headers = {**PIECE, "Upload-Length": str(len(PDF)), **metadata(filename="short.pdf")}

    answer = as_staff.post("/api/v1/uploads", content=PDF, headers=headers)

    assert (answer.status_code, answer.headers["upload-offset"]) == (201, str(len(PDF)))
    assert as_staff.get(answer.headers["upload-document"]).status_code == 200


def test_bytes_that_came_along_and_were_refused_leave_nothing(as_staff, spooled, connection):
    headers = {**PIECE, "Upload-Length": "9", **metadata(filename="setup.exe")}
    taken = as_staff.post("/api/v1/uploads", content=b"x" * 9, headers=headers)
    proved = as_staff.post("/api/v1/uploads", content=b"x" * 5, headers={**headers, **checksum(b"other")})

    assert (taken.status_code, proved.status_code, spooled()) == (415, 460, [])
    assert connection.scalar(text("SELECT count(*) FROM uploads")) == 0


def test_who_comes_back_goes_on_where_it_stopped(begin, send, as_staff):
    upload = begin()
    send(upload, 0, WHOLE[:50_000])

    assert offset(as_staff, upload) == 50_000
    assert send(upload, 50_000, WHOLE[50_000:]).headers["upload-offset"] == str(len(WHOLE))


def test_another_process_on_the_same_folder_goes_on(begin, send, as_staff, platform, sign_in, staff):
    upload = begin()
    send(upload, 0, WHOLE[:50_000])
    platform.archive.spool._digests.clear()  # which that process never had

    answer = send(upload, 50_000, WHOLE[50_000:], client=sign_in(staff))

    made = as_staff.get(answer.headers["upload-document"]).json()
    assert made["current"]["sha256"] == hashlib.sha256(WHOLE).hexdigest()


@pytest.mark.parametrize("at", [0, 49_999, 50_001])
def test_another_place_than_it_has_come_to_is_refused(begin, send, as_staff, at):
    upload = begin()
    send(upload, 0, WHOLE[:50_000])

    answer = send(upload, at, b"x" * 10)

    assert (answer.status_code, answer.json()["code"], answer.headers["upload-offset"]) == (
        409,
        "other-offset",
        "50000",
    )
    assert offset(as_staff, upload) == 50_000


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_part_with_a_right_checksum_is_kept_and_one_with_a_wrong_is_not(begin, send, as_staff, algorithm):
    upload = begin()
    right = send(upload, 0, WHOLE[:1000], headers=checksum(WHOLE[:1000], algorithm))
    wrong = send(upload, 1000, WHOLE[1000:3000], headers=checksum(b"other", algorithm))
    after = offset(as_staff, upload)
    rest = send(upload, 1000, WHOLE[1000:])

    assert (right.status_code, wrong.status_code, wrong.json()["code"]) == (204, 460, "checksum-mismatch")
    assert (wrong.json()["title"], after, rest.status_code) == ("Checksum Mismatch", 1000, 204)
    made = as_staff.get(rest.headers["upload-document"]).json()
    assert made["current"]["sha256"] == hashlib.sha256(WHOLE).hexdigest()


@pytest.mark.parametrize("header", ["md5 AAAA", "sha1", "sha1 ä", "sha1 %%%"])
def test_a_checksum_that_nobody_can_reckon_is_refused(begin, send, header):
    answer = send(begin(), 0, b"x", headers={"Upload-Checksum": header.encode()})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-digest")


def test_more_than_was_said_is_refused_and_leaves_the_offset(begin, send, as_staff):
    upload = begin(length=100)
    send(upload, 0, b"x" * 40)

    answer = send(upload, 40, b"x" * 61)

    assert (answer.status_code, offset(as_staff, upload)) == (413, 40)


def test_more_than_the_limit_is_refused_before_anything_comes(as_staff, settings, spooled):
    headers = {**TUS, "Upload-Length": str(settings.upload_limit + 1), **metadata(filename="a.pdf")}

    answer = as_staff.post("/api/v1/uploads", headers=headers)

    assert (answer.status_code, answer.json()["detail"], spooled()) == (
        413,
        "That is more than the 512 MiB that this address takes.",
        [],
    )


def test_another_version_of_tus_is_told_which_is_spoken(as_staff, begin):
    answer = as_staff.patch(begin(), content=b"x", headers={**PIECE, "Tus-Resumable": "0.2.2", "Upload-Offset": "0"})

    assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0")
    assert answer.headers["tus-resumable"] == "1.0.0"


def test_bytes_of_another_content_type_are_refused(as_staff, begin):
    headers = {**TUS, "Content-Type": "application/pdf", "Upload-Offset": "0"}

    assert as_staff.patch(begin(), content=b"x", headers=headers).status_code == 415


@pytest.mark.parametrize("header", ["Upload-Concat", "Upload-Defer-Length"])
def test_what_is_not_offered_is_refused(as_staff, header):
    answer = as_staff.post("/api/v1/uploads", headers={**TUS, "Upload-Length": "5", header: "1"})

    assert answer.status_code == 400


def test_anothers_upload_is_not_even_told_to_be_there(begin, send, as_admin):
    upload = begin()

    assert as_admin.head(upload, headers=TUS).status_code == 404
    assert send(upload, 0, b"x", client=as_admin).status_code == 404
    assert as_admin.delete(upload, headers=TUS).status_code == 404


def test_an_upload_that_is_ended_leaves_nothing(begin, send, as_staff, spooled):
    upload = begin()
    send(upload, 0, WHOLE[:1000])

    ended = as_staff.delete(upload, headers=TUS)

    assert (ended.status_code, spooled()) == (204, [])
    assert as_staff.head(upload, headers=TUS).status_code == 404


def test_after_a_day_an_upload_is_over(begin, send, sign_in, staff, clock):
    upload = begin()
    expires = send(upload, 0, WHOLE[:1000]).headers["upload-expires"]
    clock.move(24 * 3600)

    answer = sign_in(staff).head(upload, headers=TUS)

    assert (answer.status_code, expires) == (410, "Tue, 03 Mar 2026 09:00:00 GMT")


def test_what_is_not_taken_ends_the_upload(begin, send, as_staff, spooled):
    upload = begin(filename="setup.exe", length=10)

    answer = send(upload, 0, b"x" * 10)

    assert (answer.status_code, spooled()) == (415, [])
    assert as_staff.head(upload, headers=TUS).status_code == 404


def test_while_the_store_is_away_the_bytes_stay_and_the_next_question_files_them(begin, send, as_staff, store):
    upload = begin()
    store.away = True
    refused = send(upload, 0, WHOLE)
    asked = as_staff.head(upload, headers=TUS)
    store.away = False
    filed = as_staff.head(upload, headers=TUS)

    assert (refused.status_code, asked.status_code, filed.status_code) == (503, 503, 200)
    assert filed.headers["upload-offset"] == str(len(WHOLE))
    assert as_staff.get(filed.headers["upload-document"]).json()["current"]["size"] == len(WHOLE)
    assert len(as_staff.get("/api/v1/documents").json()["items"]) == 1


def test_a_filed_upload_says_which_document_it_became(begin, send, as_staff):
    upload = begin()
    made = send(upload, 0, WHOLE).headers["upload-document"]

    again = send(upload, len(WHOLE), b"")

    assert as_staff.head(upload, headers=TUS).headers["upload-document"] == made
    assert (again.status_code, again.headers["upload-document"]) == (204, made)


def test_who_wants_to_be_asked_decides_without_sending_again(begin, send, put, as_staff):
    put(WHOLE, title="The first")
    upload = begin(if_known="ask")
    asked = send(upload, 0, WHOLE)
    decided = as_staff.patch(
        f"{upload}?if_known=keep", content=b"", headers={**PIECE, "Upload-Offset": str(len(WHOLE))}
    )

    assert (asked.status_code, asked.json()["code"]) == (409, "known-already")
    assert decided.status_code == 204
    assert len(as_staff.get("/api/v1/documents").json()["items"]) == 2


def test_while_somebody_sends_nobody_else_does(begin, send, as_staff, platform):
    upload = begin()
    name = next(platform.archive.spool.folder.iterdir()).name

    with platform.archive.spool.visit(name):
        answers = [send(upload, 0, b"x"), as_staff.head(upload, headers=TUS), as_staff.delete(upload, headers=TUS)]

    assert [answer.status_code for answer in answers] == [423, 423, 423]
    assert send(upload, 0, b"x").status_code == 204


def test_an_unknown_contact_is_told_before_anything_comes(as_staff, spooled):
    said = metadata(filename="a.pdf", contact_id="0199f3a2-7c51-7d4e-9d0c-5a6b1c2d3e4f")

    answer = as_staff.post("/api/v1/uploads", headers={**TUS, "Upload-Length": "5", **said})

    assert (answer.status_code, spooled()) == (422, [])


def test_ended_uploads_are_forgotten_after_another_day(begin, clock, do_jobs, platform, connection):
    begin()
    clock.move(49 * 3600)
    platform.work.run_now(enqueue, "sweep")
    do_jobs()

    assert connection.scalar(text("SELECT count(*) FROM uploads")) == 0


def test_a_stranger_learns_nothing_of_an_upload(client, begin):
    assert client.head(begin(), headers=TUS).status_code == 401


def test_every_piece_size_comes_to_the_same(begin, send, as_staff):
    content = bytes(itertools.islice(itertools.cycle(range(32, 127)), 3000))
    upload = begin(length=len(content), filename="long.txt")
    places = list(itertools.accumulate((1, 999, 1, 1000, 999), initial=0))
    answers = [send(upload, at, content[at:end]) for at, end in itertools.pairwise(places)]

    made = as_staff.get(answers[-1].headers["upload-document"]).json()
    assert made["current"]["sha256"] == hashlib.sha256(content).hexdigest()
