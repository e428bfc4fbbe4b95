"""Whatever arrives, the answer is a sentence or a kept message, never a failure of ours."""

import json
from string import printable

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from starlette.testclient import TestClient

MESSAGE = {"name": "Ada Byron", "email": "ada@example.org", "message": "Could you call me?"}
BOUNDARY = "multipart/form-data; boundary=b"

# The database of a test is rolled back once, after all the examples: each counts what it added itself.
many = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = (
    "name",
    "email",
    "phone",
    "company",
    "subject",
    "message",
    "consent",
    "consent_version",
    "page",
    "seconds_on_form",
    "leave_empty",
    "first_name",
    "last_name",
)


def kept(connection: Connection) -> int:
    return int(connection.execute(text("SELECT count(*) FROM submissions")).scalar_one())


def send(client: TestClient, body: bytes, kind: str | None = "application/json", **headers: str) -> httpx2.Response:
    given_headers = ({"Content-Type": kind} if kind is not None else {}) | headers
    return client.post("/api/v1/contact", content=body, headers=given_headers)


def part(name: str, value: str) -> str:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


WHOLE = "".join(part(name, value) for name, value in MESSAGE.items()) + "--b--\r\n"


@many
@given(fields=st.dictionaries(st.sampled_from(FIELDS), anything), complete=st.booleans())
def test_any_json_object_is_kept_or_refused(
    client: TestClient, connection: Connection, fields: dict[str, object], complete: bool
) -> None:
    before = kept(connection)

    answer = send(client, json.dumps(MESSAGE | fields if complete else fields).encode())

    assert answer.status_code in (201, 422)
    assert kept(connection) - before == (answer.status_code == 201)


@many
@given(body=st.binary() | anything.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")))
def test_any_bytes_called_json_are_kept_or_refused(client: TestClient, connection: Connection, body: bytes) -> None:
    before = kept(connection)

    answer = send(client, body)

    assert answer.status_code in (400, 422)
    assert answer.json()["detail"].endswith(".")
    assert kept(connection) == before


@many
@given(
    body=st.binary() | st.dictionaries(st.sampled_from(FIELDS), st.text()).map(httpx2.QueryParams),
    kind=st.sampled_from(["application/x-www-form-urlencoded", BOUNDARY]),
    page=st.booleans(),
)
def test_any_bytes_called_a_form_are_kept_or_refused(
    client: TestClient, connection: Connection, body: bytes | httpx2.QueryParams, kind: str, page: bool
) -> None:
    before = kept(connection)
    content = body if isinstance(body, bytes) else str(body).encode()

    answer = send(client, content, kind, **({"Accept": "text/html"} if page else {}))

    assert answer.status_code in (201, 400, 422)
    assert kept(connection) - before == (answer.status_code == 201)


@many
@given(end=st.integers(0, len(WHOLE) - 1), noise=st.binary(max_size=20), at=st.integers(0, len(WHOLE)))
def test_a_multipart_form_cut_off_or_damaged_is_no_failure_of_ours(
    client: TestClient, connection: Connection, end: int, noise: bytes, at: int
) -> None:
    before = kept(connection)
    whole = WHOLE.encode()

    answers = [send(client, whole[:end], BOUNDARY), send(client, whole[:at] + noise + whole[at:], BOUNDARY)]

    assert all(answer.status_code in (201, 400, 422) for answer in answers)
    assert kept(connection) - before == sum(answer.status_code == 201 for answer in answers)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"name": "Ada"', "application/json", 400),
        (b"", "application/json", 400),
        (b"\xff\xfe\xff", "application/json", 400),
        (b'{"name": "\xe9"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"a":' * 50_000, "application/json", 400),
        (b'[{"name": "Ada"}]', "application/json", 400),
        (b'"Ada"', "application/json", 400),
        (b"null", "application/json", 400),
        (b'{"seconds_on_form": ' + b"9" * 5_000 + b"}", "application/json", 400),
        (b"name=Ada", None, 415),
        (b"name=Ada", "text/plain", 415),
        (b"<name>Ada</name>", "application/xml", 415),
        (b"&".join(b"a%d=1" % n for n in range(51)), "application/x-www-form-urlencoded", 400),
        ("".join(part(f"a{n}", "1") for n in range(51)).encode() + b"--b--\r\n", BOUNDARY, 400),
        (b"name=Ada", "multipart/form-data", 400),
        (WHOLE.encode()[:-20], BOUNDARY + "; charset=undefined", 415),
        (WHOLE.encode(), BOUNDARY + "; charset=unicode_escape", 415),
        (WHOLE.encode(), BOUNDARY + "; charset=\x01", 415),
        (WHOLE.replace('name="email"', 'name="email"; filename="x"').encode(), BOUNDARY, 400),
    ],
)
def test_a_body_that_cannot_be_read_gets_a_sentence(
    client: TestClient, connection: Connection, body: bytes, kind: str | None, status: int
) -> None:
    answer = send(client, body, kind)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].endswith((".", ")."))
    assert kept(connection) == 0


@pytest.mark.parametrize("seconds", ["1e999", "-1e999", "NaN", "Infinity", "9" * 400, '"\\ud800"', "[]"])
def test_a_time_that_is_no_number_is_refused(client: TestClient, connection: Connection, seconds: str) -> None:
    body = json.dumps(MESSAGE)[:-1] + f', "seconds_on_form": {seconds}}}'

    answer = send(client, body.encode())

    assert answer.json()["errors"].keys() == {"seconds_on_form"}
    assert kept(connection) == 0


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("👩‍💻 grüße\u200d", "👩‍💻 grüße\u200d"),
        ("\u202eright to left\u202c שלום", "\u202eright to left\u202c שלום"),
        ("one\r\ntwo\rthree\n\tfour", "one\ntwo\nthree\n\tfour"),
        ("no\x00 bell\x07 and\x1b no half \ud800 sign", "no bell and no half  sign"),
        ("漢" * 10_000, "漢" * 10_000),
        ("'; DROP TABLE submissions; --", "'; DROP TABLE submissions; --"),
    ],
    ids=["emoji", "right to left", "line breaks", "control characters", "as long as may be", "SQL"],
)
def test_text_of_any_script_is_kept_whole_but_for_what_cannot_be_stored(
    client: TestClient, connection: Connection, typed: str, stored: str
) -> None:
    answer = send(client, json.dumps(MESSAGE | {"message": typed}).encode())

    assert answer.status_code == 201
    assert connection.execute(text("SELECT message FROM submissions")).scalar_one() == stored


@many
@given(accept=st.text(printable.strip()), key=st.text(printable.strip()))
def test_any_headers_are_no_failure_of_ours(client: TestClient, accept: str, key: str) -> None:
    headers = {"Accept": accept, "Idempotency-Key": key}

    answer = client.post("/api/v1/contact", data=MESSAGE, headers=headers)

    assert answer.status_code in (201, 400)
