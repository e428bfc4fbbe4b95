"""The bytes of originals: by signed addresses that end, whole or in parts, and sandboxed wherever they are opened."""

import logging
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import text
from starlette.testclient import TestClient
from tests.conftest import make_key
from tests.documents import samples
from tests.documents.bad_samples import TEST_VIRUS
from tests.documents.conftest import PDF, if_match

from pretamane.core.actors import Scope
from pretamane.documents.serving.files import PROTECTION, Stream
from pretamane.wiring import Platform, build_app

CONTENT = samples.pdf(text="Ten words that stand on a page of their own")
FILES = "https://files.practice.example"


def address_of(client: TestClient, path: str, **asked: str) -> str:
    answer = client.get(path, params=asked, follow_redirects=False)
    assert (answer.status_code, answer.headers["cache-control"]) == (303, "no-store"), answer.text
    return answer.headers["location"]


@pytest.fixture
def letter(put) -> str:
    """Its path in the API."""
    return f"/api/v1/documents/{put(CONTENT, 'Brief an Zoë.pdf').json()['id']}"


@pytest.fixture
def address(letter, as_viewer) -> str:
    return address_of(as_viewer, f"{letter}/file")


Fetch = Callable[..., httpx2.Response]


@pytest.fixture
def fetch(client) -> Fetch:
    """Nobody in particular asks."""
    return lambda address, method="GET", **headers: client.request(
        method, address, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def test_what_was_sent_comes_back_byte_by_byte(fetch, address):
    answer = fetch(address)

    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-length"] == str(len(CONTENT))
    disposition = "attachment; filename=\"Brief an Zoe.pdf\"; filename*=UTF-8''Brief%20an%20Zo%C3%AB.pdf"
    assert answer.headers["content-disposition"] == disposition


def test_a_key_that_may_read_documents_is_sent_on_too(client, platform, viewer, letter):
    _, key = make_key(platform, viewer, Scope.DOCUMENTS_READ)

    answer = client.get(f"{letter}/file", headers={"Authorization": f"Bearer {key}"})

    assert answer.content == CONTENT


def test_each_version_has_its_own_file(as_viewer, letter):
    assert as_viewer.get(f"{letter}/versions/1/file").content == CONTENT
    assert as_viewer.get(f"{letter}/versions/2/file").status_code == 404


# ---- addresses that end -------------------------------------------------------------------------------------------


def test_an_address_works_for_five_minutes_and_no_longer(fetch, address, clock):
    clock.move(4 * 60 + 59)
    in_time = fetch(address)
    clock.move(2)
    too_late = fetch(address)

    assert (in_time.status_code, too_late.status_code) == (200, 410)
    assert "has ended" in too_late.json()["detail"]


def changed(address: str, **parts: str) -> str:
    path, _, query = address.partition("?")
    return f"{path}?{urlencode({**{name: value for name, [value] in parse_qs(query).items()}, **parts})}"


@pytest.mark.parametrize(
    "parts",
    [
        {"until": "99999999999"},
        {"as": "inline"},
        {"for": "00000000-0000-7000-8000-000000000001"},
        {"for": ""},
        {"signature": "0" * 64},
        {"signature": ""},
        {"signature": "ü\ud800".encode("utf-8", "surrogatepass").decode("latin-1")},
        {"until": "²"},
        {"until": ""},
    ],
)
def test_an_address_that_somebody_changed_is_none(fetch, address, parts):
    answer = fetch(changed(address, **parts))

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_one_document_s_address_opens_no_other(fetch, put, as_viewer, address):
    other = address_of(as_viewer, f"/api/v1/documents/{put(PDF).json()['id']}/file")

    answer = fetch(f"{urlsplit(other).path}?{urlsplit(address).query}")

    assert answer.status_code == 404


def with_settings(platform: Platform, **changed: object) -> Platform:
    """The same house, told otherwise."""
    settings = platform.settings.model_copy(update=changed)
    return Platform(settings, platform.clock, platform.database, [], platform.archive.store)


def test_what_another_key_signed_is_not_believed(platform, address):
    another = with_settings(platform, signing_key=SecretStr("y" * 48))

    assert TestClient(build_app(another)).get(address).status_code == 404


def test_a_refused_attempt_is_logged_without_its_signature_and_counted(fetch, address, caplog, client):
    before = counted(client, "not-found")
    with caplog.at_level(logging.WARNING, "pretamane.files"):
        fetch(changed(address, until="99999999999"))

    [line] = caplog.records
    assert urlsplit(address).path.endswith(line.__dict__["version"])
    assert parse_qs(address)["signature"][0] not in str(line.__dict__)
    assert counted(client, "not-found") == before + 1


def counted(client: TestClient, code: str) -> float:
    name = f'files_refused_total{{code="{code}"}} '
    lines = client.get("/metrics").text.splitlines()
    return next((float(line.removeprefix(name)) for line in lines if line.startswith(name)), 0)


# ---- what is not served -------------------------------------------------------------------------------------------


def test_what_is_in_quarantine_is_not_served(put, as_admin):
    ill = put(TEST_VIRUS, "ill.txt").json()

    answer = as_admin.get(f"/api/v1/documents/{ill['id']}/file")

    assert (answer.status_code, answer.json()["code"]) == (403, "quarantined")
    assert "every virus scanner must find" in answer.json()["detail"]


def test_what_came_into_quarantine_meanwhile_is_not_served_by_an_older_address(fetch, address, connection):
    connection.execute(text("UPDATE document_versions SET state = 'quarantined', reason = 'It was found later.'"))

    assert fetch(address).status_code == 403


def test_what_is_in_the_trash_is_served_again_once_it_is_out(fetch, address, letter, as_staff):
    as_staff.delete(letter, headers=if_match(1))
    in_the_trash = fetch(address).status_code, as_staff.get(f"{letter}/file").status_code
    as_staff.post(f"{letter}/restore", headers=if_match(2))

    assert in_the_trash == (404, 404)
    assert fetch(address).content == CONTENT


def test_what_is_removed_for_good_is_gone(fetch, address, letter, as_staff, as_admin, do_jobs):
    as_staff.delete(letter, headers=if_match(1))
    as_admin.post(f"{letter}/purge")
    do_jobs()

    assert (fetch(address).status_code, as_admin.get(f"{letter}/file").status_code) == (404, 404)


def test_while_the_store_is_away_it_is_said_before_any_byte(fetch, address, store):
    store.away = True

    answer = fetch(address)

    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")


def test_bytes_that_the_store_lost_are_told(fetch, address, store):
    for blob in list(store.kept()):
        store.remove(blob.key)

    assert fetch(address).json()["code"] == "bytes-missing"


# ---- parts --------------------------------------------------------------------------------------------------------

PLACES = st.one_of(st.none(), st.integers(0, len(CONTENT) + 50))


def as_sliced(first: int | None, last: int | None) -> tuple[int, bytes]:
    """What RFC 9110 says of one range, in Python's own words."""
    size = len(CONTENT)
    if first is None:
        return (206, CONTENT[-min(last, size) :]) if last else (416, b"")
    if last is not None and last < first:
        return 200, CONTENT
    return (416, b"") if first >= size else (206, CONTENT[first : size if last is None else last + 1])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=PLACES, last=PLACES)
def test_a_part_is_what_a_slice_of_the_whole_is(fetch, address, first, last):
    if first is last is None:
        return
    shown = ["" if place is None else str(place) for place in (first, last)]

    answer = fetch(address, range=f"bytes={'-'.join(shown)}")

    status, content = as_sliced(first, last)
    assert answer.status_code == status
    if status != 416:
        assert (answer.content, answer.headers["content-length"]) == (content, str(len(content)))
    if status == 206:
        start = len(CONTENT) - len(content) if first is None else first
        assert answer.headers["content-range"] == f"bytes {start}-{start + len(content) - 1}/{len(CONTENT)}"
    if status == 416:
        assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-9", "bytes=-", "lines=1-2", "bytes=a-b", "bytes=1-2-3", "bytes=" + "9" * 5000 + "-"]
)
def test_what_is_no_single_range_is_answered_whole(fetch, address, asked):
    answer = fetch(address, range=asked)

    assert (answer.status_code, answer.content) == (200, CONTENT)


def test_a_part_of_what_was_seen_before_is_a_part_only_of_the_same_bytes(fetch, address):
    etag = fetch(address).headers["etag"]

    same = fetch(address, range="bytes=0-3", if_range=etag)
    others = [fetch(address, range="bytes=0-3", if_range=seen) for seen in ('"other"', f"W/{etag}", "Mon, 02 Mar 2026")]

    assert (same.status_code, same.content) == (206, CONTENT[:4])
    assert [(answer.status_code, answer.content) for answer in others] == [(200, CONTENT)] * 3


def test_whoever_asks_only_for_the_headers_gets_those_of_the_whole(fetch, address):
    answer = fetch(address, "HEAD", range="bytes=0-3")

    assert (answer.status_code, answer.content) == (200, b"")
    assert (answer.headers["content-length"], answer.headers["accept-ranges"]) == (str(len(CONTENT)), "bytes")


def test_no_connection_is_held_while_bytes_travel(fetch, address, platform, monkeypatch):
    """Whoever sends looks whether a transaction is open at that moment."""
    open_at_the_time = []
    sent = Stream.__call__

    async def noticing(self, *args):
        open_at_the_time.append(platform.database.bind.get_nested_transaction() is not None)
        await sent(self, *args)

    monkeypatch.setattr(Stream, "__call__", noticing)

    assert fetch(address).content == CONTENT
    assert open_at_the_time == [False]


# ---- protection ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [{}, {"range": "bytes=0-3"}, {"range": "bytes=99999-"}])
@pytest.mark.parametrize("way", ["inline", "attachment"])
def test_every_answer_is_sandboxed_and_kept_by_nobody(fetch, letter, as_viewer, clock, way, asked):
    address = address_of(as_viewer, f"{letter}/file", **{"as": way})
    answers = [fetch(address, **asked), fetch(changed(address, signature="x"), **asked), fetch("/files/none")]
    clock.move(600)
    answers.append(fetch(address, **asked))

    for answer in answers:
        assert {name: answer.headers[name] for name in PROTECTION} == PROTECTION
    assert PROTECTION["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_only_pictures_are_shown_in_place_and_only_when_asked(put, as_viewer):
    shown = {}
    for name, content in (("a.pdf", CONTENT), ("a.png", samples.picture("PNG")), ("a.txt", b"Hello, this is text.")):
        document = f"/api/v1/documents/{put(content, name).json()['id']}/file"
        answers = [as_viewer.get(document, params=asked) for asked in ({"as": "inline"}, {})]
        shown[name] = [answer.headers["content-disposition"].partition(";")[0] for answer in answers]

    assert shown == {
        "a.pdf": ["attachment", "attachment"],
        "a.png": ["inline", "attachment"],
        "a.txt": ["attachment", "attachment"],
    }


def test_a_row_that_calls_itself_html_is_served_as_bytes(fetch, letter, as_viewer, connection):
    connection.execute(text("UPDATE document_versions SET kind = 'html', media_type = 'text/html'"))

    answer = fetch(address_of(as_viewer, f"{letter}/file", **{"as": "inline"}))

    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


# ---- an origin of its own -----------------------------------------------------------------------------------------


@pytest.fixture
def two_hosts(platform, address) -> TestClient:  # noqa: ARG001  # the document is there first
    return TestClient(build_app(with_settings(platform, files_url=FILES)))


@pytest.mark.parametrize("host", ["files.practice.example", "FILES.practice.example:443"])
def test_files_answer_at_their_own_host_and_at_no_other(two_hosts, address, host):
    theirs = two_hosts.get(address, headers={"Host": host})
    elsewhere = two_hosts.get(address, headers={"Host": "localhost:8000"})

    assert (theirs.content, elsewhere.status_code) == (CONTENT, 404)


@pytest.mark.parametrize("path", ["/", "/app/documents", "/api/v1/practice", "/health/live", "/filesystem"])
def test_nothing_else_answers_at_the_files_host(two_hosts, path):
    answer = two_hosts.get(path, headers={"Host": "files.practice.example"}, follow_redirects=False)

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_addresses_lead_to_the_files_host(platform, letter, viewer):
    _, key = make_key(platform, viewer, Scope.DOCUMENTS_READ)
    browser = TestClient(build_app(with_settings(platform, files_url=FILES)))
    browser.headers["Authorization"] = f"Bearer {key}"

    assert address_of(browser, f"{letter}/file").startswith(f"{FILES}/files/")
