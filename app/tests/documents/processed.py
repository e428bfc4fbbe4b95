"""What is told of a document that was processed."""

from uuid import UUID


def shown(client, document):
    answer = client.get(f"/api/v1/documents/{document}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def version_of(document):
    return UUID(document["current"]["id"])


def steps_of(document):
    return {step["step"]: (step["state"], step["reason"]) for step in document["steps"]}
