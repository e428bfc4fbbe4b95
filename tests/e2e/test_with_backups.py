"""A backup taken while people work, restored where there is nothing."""

from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from tests.documents_story.samples import pdf
from tests.e2e.stack import PASSWORD, Stack

TABLES = ("accounts", "blobs", "documents", "document_versions", "submissions", "audit_entries")


def counts(stack: Stack) -> dict[str, int]:
    ask = ["exec", "-T", "postgresql", "psql", "--username", "postgres", "-At", "pretamane", "--command"]
    return {table: int(stack.compose(*ask, f"TABLE {table}").count("\n")) for table in TABLES}


def test_a_backup_restores_into_an_empty_stack(stack, administrator):
    def send(number: int) -> str:
        file = (f"{number}.pdf", pdf([f"Letter {number}"]), "application/pdf")
        sent = administrator.post("/api/v1/documents", files={"file": file})
        assert sent.status_code == 201, sent.text
        return str(sent.json()["id"])

    kept = [send(number) for number in range(5)]
    before = counts(stack)
    with ThreadPoolExecutor(1) as aside:
        meanwhile = aside.submit(lambda: [send(number) for number in range(100, 120)])
        backup = stack.script("backup-data.sh").stdout.strip()
        meanwhile.result()
    contents = {document: content_of(administrator, document) for document in kept}

    refused = stack.script("restore-data.sh", backup, check=False)
    stack.compose("down", "--volumes", "--timeout", "5")
    stack.script("install.sh")
    stack.script("restore-data.sh", backup)

    assert refused.returncode == 2
    assert "data in this stack already" in refused.stderr
    after = counts(stack)
    assert all(before[table] <= after[table] for table in TABLES)
    with httpx2.Client(base_url=stack.address, headers={"Origin": stack.address}, timeout=30) as client:
        taken = client.post("/app/sign-in", data={"email": "ada@practice.example", "password": PASSWORD})
        assert taken.status_code == 303
        assert {document: content_of(client, document) for document in kept} == contents


def content_of(client: httpx2.Client, document: str) -> bytes:
    answer = client.get(f"/api/v1/documents/{document}/file", follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.content


def test_a_damaged_backup_changes_nothing(stack, tmp_path):
    spoilt = tmp_path / "pretamane-spoilt.tar.gz"
    spoilt.write_bytes(b"no backup at all")

    told = stack.script("restore-data.sh", str(spoilt), check=False)

    assert told.returncode != 0
    assert counts(stack)["accounts"] == 1


@pytest.fixture(autouse=True)
def _signed_in(administrator: httpx2.Client) -> None:
    """Each test here needs an account to be there."""
