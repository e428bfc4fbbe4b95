"""A backup taken while people work, restored where there is nothing."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from tests.documents_story.samples import pdf
from tests.e2e import backups
from tests.e2e.stack import PASSWORD, Stack
from tests.e2e.test_without_data_yet import ROWS

SETTLED = ("accounts", "contacts", "submissions")
AGREED = {"consent": True, "consent_version": "2026-11", "seconds_on_form": 30}
MESSAGE = {"name": "Zoë", "email": "zoe@client.example", "message": "May I come on Monday?"} | AGREED


# In the app's image, as the store's own administrator: the store of the stack stands in for one elsewhere.
ELSEWHERE = """
import hashlib, sys
from minio import Minio
store, (act, name) = Minio("minio:9000", *sys.argv[1:3], secure=False), sys.argv[3:]
if act == "make":
    store.make_bucket(name)
else:
    print(hashlib.sha256(store.get_object("elsewhere", name).read()).hexdigest())
"""


def asked(stack: Stack, statement: str) -> str:
    ask = ["exec", "-T", "postgresql", "psql", "--username", "postgres", "-At", "pretamane", "--command"]
    return stack.compose(*ask, statement).strip()


def rows(stack: Stack) -> dict[str, str]:
    return {name: asked(stack, ROWS.format(name)) for name in SETTLED}


def test_a_backup_restores_into_an_empty_stack(stack, administrator):
    def send(number: int) -> str:
        file = (f"{number}.pdf", pdf([f"Letter {number}"]), "application/pdf")
        sent = administrator.post("/api/v1/documents", files={"file": file})
        assert sent.status_code == 201, sent.text
        return str(sent.json()["id"])

    kept = [send(number) for number in range(5)]
    going = send(99)
    bytes_of_it = hashlib.sha256(content_of(administrator, going)).hexdigest()
    before = rows(stack)
    with ThreadPoolExecutor(1) as aside:
        meanwhile = aside.submit(lambda: [send(number) for number in range(100, 120)])
        backup = Path(stack.script("backup-data.sh").stdout.strip())
        meanwhile.result()
    contents = {document: content_of(administrator, document) for document in kept}
    key = backups.key_of(backup, bytes_of_it)

    onto_data = stack.script("restore-data.sh", str(backup), check=False)
    stack.compose("down", "--volumes", "--timeout", "5")
    stack.script("install.sh")
    sent = httpx2.post(f"{stack.address}/api/v1/contact", json=MESSAGE)
    onto_a_message = stack.script("restore-data.sh", str(backup), check=False)
    answers_again = httpx2.get(f"{stack.address}/health/ready").status_code
    asked(stack, "TRUNCATE contacts, submissions CASCADE")
    damaged = stack.script("restore-data.sh", str(backups.with_one_byte_changed(backup, key)), check=False)
    half = stack.script("restore-data.sh", str(backups.with_half_a_dump(backup)), check=False)
    newer = stack.script("restore-data.sh", str(backups.of_version(backup, "99.0.0")), check=False)
    stack.script("restore-data.sh", str(backups.purged_meanwhile(backup, key)))

    assert sent.status_code < 300, sent.text
    assert [each.returncode for each in (onto_data, onto_a_message, damaged, newer)] == [2, 2, 2, 2]
    assert "data in this stack already" in onto_data.stderr
    assert "data in this stack already" in onto_a_message.stderr
    assert answers_again == 200
    assert "The backup is damaged" in damaged.stderr
    assert "is of version 99.0.0" in newer.stderr
    assert half.returncode != 0
    assert rows(stack) == before
    assert key in asked(stack, "SELECT key FROM blobs WHERE purged_at IS NOT NULL").splitlines()
    with httpx2.Client(base_url=stack.address, headers={"Origin": stack.address}, timeout=30) as client:
        taken = client.post("/app/sign-in", data={"email": "ada@practice.example", "password": PASSWORD})
        assert taken.status_code == 303
        assert {document: content_of(client, document) for document in kept} == contents


def content_of(client: httpx2.Client, document: str) -> bytes:
    answer = client.get(f"/api/v1/documents/{document}/file", follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.fixture
def elsewhere(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    user, password = stack.secret("minio_root_user"), stack.secret("minio_root_password")
    said = f"[default]\naws_access_key_id = {user}\naws_secret_access_key = {password}\n"
    (stack.secrets / "backup_credentials").write_text(said)
    at_the_store(stack, "make", "elsewhere")
    monkeypatch.setenv("BACKUP_S3", "elsewhere/of/ours")
    monkeypatch.setenv("BACKUP_S3_ENDPOINT", "http://minio:9000")


def at_the_store(stack: Stack, act: str, name: str) -> str:
    who = (stack.secret("minio_root_user"), stack.secret("minio_root_password"))
    runs = ["run", "--rm", "--no-deps", "-T", "--entrypoint", "python3", "backup", "-c", ELSEWHERE]
    return stack.compose(*runs, *who, act, name).strip()


@pytest.mark.at_length
@pytest.mark.usefixtures("elsewhere")
def test_a_backup_goes_to_a_bucket_too_and_what_cannot_be_sent_is_told_and_stays_here(stack, monkeypatch):
    backup = Path(stack.script("backup-data.sh").stdout.strip())
    there = at_the_store(stack, "hash", f"of/ours/{backup.name}")
    monkeypatch.setenv("BACKUP_S3", "nowhere/at-all")
    refused = stack.script("backup-data.sh", check=False)

    assert there == hashlib.sha256(backup.read_bytes()).hexdigest()
    assert refused.returncode == 1
    assert "did not take the backup: it answered NoSuchBucket" in refused.stderr
    assert Path(refused.stdout.strip()).stat().st_size > 0
    assert not [word for word in (stack.secret("minio_root_password"),) if word in refused.stdout + refused.stderr]


@pytest.fixture(autouse=True)
def _signed_in(administrator: httpx2.Client) -> None:
    """Each test here needs an account to be there."""
