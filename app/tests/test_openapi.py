"""The API is what its frozen description says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
FROZEN = HOUSE / "docs" / "openapi.json"


@pytest.fixture
def description():
    return json.loads(FROZEN.read_text(encoding="utf-8"))


def operations(description):
    return [operation for path in description["paths"].values() for operation in path.values()]


def check(*asked):
    script = [sys.executable, str(HOUSE / "scripts" / "freeze-openapi"), "--check", *map(str, asked)]
    return subprocess.run(script, capture_output=True, text=True, check=False)


def test_the_routes_are_what_the_frozen_file_says():
    ended = check()

    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_file_that_differs_from_the_routes_is_told(tmp_path, description):
    del description["paths"]["/api/v1/stats"]
    other = tmp_path / "other.json"
    other.write_text(json.dumps(description, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")

    ended = check(other)

    assert ended.returncode == 1
    assert "run scripts/freeze-openapi" in ended.stderr


def test_what_is_served_is_what_is_frozen(client, description):
    assert client.get("/api/openapi.json").json() == description


def test_every_operation_has_a_name_of_its_own_and_a_sentence_of_ours(description):
    names = [operation["operationId"] for operation in operations(description)]

    assert len(set(names)) == len(names)
    for operation in operations(description):
        written_by_fastapi = operation["operationId"].replace("_", " ").startswith(operation["summary"].lower())
        assert not written_by_fastapi, operation["summary"]


def test_every_operation_promises_problems_and_every_answer_a_request_id(description):
    for operation in operations(description):
        answers = operation["responses"]
        assert "application/problem+json" in answers["4XX"]["content"]
        assert "application/problem+json" in answers["5XX"]["content"]
        assert all("X-Request-ID" in answer["headers"] for answer in answers.values())
