"""A backup taken while people work, restored where there is nothing."""

import hashlib
import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from tests.documents_story.samples import pdf
from tests.e2e import backups
from tests.e2e.stack import AGREED, PASSWORD, Stack
from tests.e2e.test_without_data_yet import MOVING, TABLES, eventually, nothing_left

LINES = "SELECT t::text FROM {} t"
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


@dataclass
class Sending:
    """Letters, one behind another, until somebody says that it is enough."""

    client: httpx2.Client
    enough: threading.Event = field(default_factory=threading.Event)
    ended: list[tuple[str, float]] = field(default_factory=list)

    def one(self, number: int) -> str:
        file = (f"{number}.pdf", pdf([f"Letter {number}"]), "application/pdf")
        sent = self.client.post("/api/v1/documents", files={"file": file})
        assert sent.status_code == 201, sent.text
        self.ended.append((sent.json()["id"], time.time()))
        return str(sent.json()["id"])

    def go_on(self) -> None:
        for number in itertools.count(100):
            if self.enough.is_set():
                return
            self.one(number)


@dataclass
class Taken:
    """A backup, what was settled before it, and documents that were answered for before it began."""

    file: Path
    rows: dict[str, set[str]]
    contents: dict[str, bytes]
    going: str


@pytest.fixture(scope="module")
def taken(stack: Stack, administrator: httpx2.Client) -> Taken:
    """While letters come in."""
    sending = Sending(administrator)
    kept = [sending.one(number) for number in range(5)]
    eventually(lambda: nothing_left(administrator))
    settled = rows(stack)
    with ThreadPoolExecutor(1) as aside:
        meanwhile = aside.submit(sending.go_on)
        eventually(lambda: len(sending.ended) > len(kept))
        begun = time.time()
        file = Path(stack.script("backup-data.sh").stdout.strip())
        ended = time.time()
        sending.enough.set()
        meanwhile.result()
    assert any(begun < moment < ended for _, moment in sending.ended)
    answered_for = [document for document, moment in sending.ended if moment < begun]
    contents = {document: content_of(administrator, document) for document in answered_for}
    going = hashlib.sha256(contents.pop(answered_for[-1])).hexdigest()
    return Taken(file, settled, contents, backups.key_of(file, going))


def rows(stack: Stack) -> dict[str, set[str]]:
    names = set(stack.asked(TABLES)) - MOVING
    return {name: set(stack.asked(LINES.format(name))) for name in names}


def empty(stack: Stack) -> None:
    stack.compose("down", "--volumes", "--timeout", "5")
    stack.script("install.sh")


def holds_what_was_kept(stack: Stack, taken: Taken) -> None:
    assert "0 missing, 0 damaged" in stack.pretamane("blobs", "verify")
    with httpx2.Client(base_url=stack.address, headers={"Origin": stack.address}, timeout=30) as client:
        signed_in = client.post("/app/sign-in", data={"email": "ada@practice.example", "password": PASSWORD})
        assert signed_in.status_code == 303
        assert {document: content_of(client, document) for document in taken.contents} == taken.contents


def test_a_backup_is_restored_onto_no_data_of_anybody_and_not_when_it_is_damaged(stack, taken):
    onto_data = stack.script("restore-data.sh", str(taken.file), check=False)
    empty(stack)
    sent = httpx2.post(f"{stack.address}/api/v1/contact", json=MESSAGE)
    onto_a_message = stack.script("restore-data.sh", str(taken.file), check=False)
    answers_again = httpx2.get(f"{stack.address}/health/ready").status_code
    stack.asked("TRUNCATE contacts, submissions CASCADE")
    damaged = stack.script("restore-data.sh", str(backups.with_one_byte_changed(taken.file, taken.going)), check=False)
    newer = stack.script("restore-data.sh", str(backups.of_version(taken.file, "99.0.0")), check=False)
    half = stack.script("restore-data.sh", str(backups.with_half_a_dump(taken.file)), check=False)

    assert sent.status_code < 300, sent.text
    assert [each.returncode for each in (onto_data, onto_a_message, damaged, newer)] == [2, 2, 2, 2]
    assert "data in this stack already" in onto_data.stderr
    assert "data in this stack already" in onto_a_message.stderr
    assert answers_again == 200
    assert "The backup is damaged" in damaged.stderr
    assert "is of version 99.0.0" in newer.stderr
    assert half.returncode not in (0, 2)


def test_after_all_that_a_backup_that_was_made_under_load_restores_with_rows_hashes_and_sign_in_as_they_were(
    stack, taken
):
    stack.script("restore-data.sh", str(taken.file))

    restored = rows(stack)
    assert {name: lines - restored[name] for name, lines in taken.rows.items() if lines - restored[name]} == {}
    assert "audit_entries" in restored
    stack.pretamane("audit", "verify")
    holds_what_was_kept(stack, taken)


def test_what_was_purged_while_a_backup_was_made_is_purged_where_it_is_restored(stack, taken):
    empty(stack)
    stack.script("restore-data.sh", str(backups.purged_meanwhile(taken.file, taken.going)))

    assert taken.going in stack.asked("SELECT key FROM blobs WHERE purged_at IS NOT NULL")
    holds_what_was_kept(stack, taken)


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
