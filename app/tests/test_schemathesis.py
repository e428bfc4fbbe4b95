"""Cases drawn from the frozen description, against the app on a database of its own."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from pydantic import SecretStr
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine
from starlette.testclient import TestClient
from tests.conftest import hire, make_settings, open_session
from tests.stand_ins import FolderBlobs

from pretamane.accounts.recognition import SessionCookie
from pretamane.core.actors import Role
from pretamane.wiring import Platform, build_app

FROZEN = Path(__file__).parents[2] / "docs" / "openapi.json"
AT_LEAST = 2_000
# Most cases go where there is most to say; an operation without a body soon repeats itself.
CASES = {"POST": 100, "PATCH": 60, "PUT": 60, "GET": 25, "DELETE": 15, "HEAD": 15, "OPTIONS": 5}
# Any version that the cases could have brought a row to.
SEEN = ",".join(f'"{version}"' for version in range(1, 200))
# Left out: negative_data_rejection, because a form's fields are read generously on purpose (what is unknown is ignored,
# "on" is a tick, first_name and last_name make a name); positive_data_acceptance, because what is an e-mail address and
# that consent names its text is more than a schema says. Unsupported methods have a test of their own below.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

# A part of an upload is bytes as they are.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")


@pytest.fixture
def own_client(database_address, tmp_path):
    often = {"contact_limit": "1000000/minute", "visit_limit": "1000000/minute"}
    asked = make_settings(tmp_path, database_url=SecretStr(database_address), **often)
    platform = Platform.build(asked, FolderBlobs(tmp_path / "blobs"))
    with TestClient(build_app(platform), raise_server_exceptions=False) as client:
        client.headers["Sec-Fetch-Site"] = "same-origin"
        token = open_session(platform, hire(platform, "Ada", Role.ADMIN))
        client.cookies.set(SessionCookie.at(platform.settings.public_url).name, token, domain="testserver.local")
        yield client
    if isinstance(platform.database.bind, Engine):
        platform.database.bind.dispose()


@pytest.fixture
def description():
    return json.loads(FROZEN.read_text(encoding="utf-8"))


@pytest.fixture
def there(own_client):
    """Path parameters that lead to rows, for every second case: made-up ones alone would meet nothing but 404."""
    own_client.post("/api/v1/contact", json={"name": "Ada", "email": "ada@example.org", "message": "Hello"})
    first = {name: own_client.get(f"/api/v1/{name}").json()["items"][0]["id"] for name in ("contacts", "submissions")}
    document = own_client.put("/api/v1/documents?filename=a.pdf", content=b"%PDF-1.7").json()
    return {"contact_id": first["contacts"], "submission_id": first["submissions"], "document_id": document["id"]}


def lead(case, there):
    known = {name: there[name] for name in case.path_parameters if name in there}
    if known:
        case.path_parameters |= known
        case.headers["If-Match"] = SEEN


def try_out(operation, mode, client, counted, there):
    @settings(
        max_examples=CASES[operation.method.upper()],
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def each(case):
        counted[operation.label] += 1
        if counted[operation.label] % 2:
            lead(case, there)
        case.call_and_validate(session=client, checks=CHECKS)

    each()


def test_two_thousand_cases_meet_no_server_error_and_nothing_undocumented(own_client, description, there):
    schema = schemathesis.openapi.from_dict(description)
    schema.app = own_client.app
    counted: Counter[str] = Counter()

    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        try_out(operation, GenerationMode.POSITIVE, own_client, counted, there)
        if operation.body:  # any text is a fair If-None-Match: nothing else could be wrong
            try_out(operation, GenerationMode.NEGATIVE, own_client, counted, there)

    assert len(counted) == sum(map(len, description["paths"].values()))
    assert counted.total() >= AT_LEAST, counted


def methods_at(path, description):
    """Also those of an address whose parameter this one could be taken for."""
    templates = ((re.compile(re.sub(r"{[^}]+}", "[^/]+", known)), known) for known in description["paths"])
    return {
        method.upper()
        for template, known in templates
        if known == path or template.fullmatch(path)
        for method in description["paths"][known]
    }


def test_a_method_that_is_not_documented_is_refused_with_those_that_are(client, description):
    for path, operations in description["paths"].items():
        for method in {"POST", "PUT", "PATCH", "DELETE"} - methods_at(path, description):
            answer = client.request(method, path)

            assert answer.status_code == 405, (method, path)
            assert answer.headers["content-type"] == "application/problem+json"
            assert {known.upper() for known in operations} <= set(answer.headers["allow"].split(", "))
