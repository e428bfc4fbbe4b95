"""Answers that a browser may keep and ask about cheaply."""

import pytest

PRACTICE = "/api/v1/practice"


def test_a_kept_answer_is_confirmed_without_its_body(client):
    first = client.get(PRACTICE)
    again = client.get(PRACTICE, headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == first.headers["cache-control"] == "public, max-age=60"


@pytest.mark.parametrize("sent", ["W/{tag}", '"other", {tag}', "*", '"other" , W/{tag}'])
def test_every_way_to_name_the_kept_answer_is_understood(client, sent):
    tag = client.get(PRACTICE).headers["etag"]

    assert client.get(PRACTICE, headers={"If-None-Match": sent.format(tag=tag)}).status_code == 304


@pytest.mark.parametrize("sent", ['"other"', "", "nonsense"])
def test_another_tag_gets_the_whole_answer(client, sent):
    answer = client.get(PRACTICE, headers={"If-None-Match": sent})

    assert answer.status_code == 200
    assert answer.json()["name"]


def test_a_changed_answer_gets_another_tag(client, connection):
    before = client.get(PRACTICE).headers["etag"]
    connection.exec_driver_sql("UPDATE practice SET name = 'Byron and Partners'")
    after = client.get(PRACTICE, headers={"If-None-Match": before})

    assert (after.status_code, after.json()["name"]) == (200, "Byron and Partners")
    assert after.headers["etag"] != before
