"""What only a service at the end of a line can promise, or lose; tried on a real MinIO."""

import http.client
import json
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from minio.api import Minio
from minio.commonconfig import ENABLED, Filter
from minio.lifecycleconfig import Expiration, LifecycleConfig, Rule
from tests.adapters.test_blobs_filesystem import room_for
from tests.conftest import MovableClock
from tests.lossy_line import LossyLine, beginning, everything, nothing
from tests.mail_server import Certificate
from tests.minio_server import MinioServer

from pretamane.adapters import blobs_s3
from pretamane.adapters.blobs_s3 import PART_BYTES, S3Blobs
from pretamane.adapters.blobs_s3_line import Patience, client, provider
from pretamane.core.errors import Unavailable
from pretamane.settings_blobs import BlobBucket, blob_place

KEY = "ab/cd/letter"
HURRIED = Patience(connect=0.5, read=0.5, tries=2)
READ_BY_ANYONE = ("s3:GetObject", "/*")
LISTED_BY_ANYONE = ("s3:ListBucket", "")


@pytest.fixture
def bucket(minio: MinioServer) -> BlobBucket:
    return named(minio.url(f"test-{uuid4().hex[:12]}"))


@pytest.fixture
def store(bucket: BlobBucket, tmp_path: Path) -> S3Blobs:
    store = S3Blobs(bucket, tmp_path / "looked-at", MovableClock(), HURRIED)
    store.prepare()
    return store


@pytest.fixture
def line(minio: MinioServer) -> Iterator[LossyLine]:
    line = LossyLine(minio.port)
    yield line
    line.close()


@pytest.fixture
def far(store: S3Blobs, minio: MinioServer, line: LossyLine, tmp_path: Path) -> S3Blobs:
    """The same store as `store`, at the other end of a line."""
    bucket = named(minio.url(store.bucket.name, line.port))
    return S3Blobs(bucket, tmp_path / "looked-at", MovableClock(), HURRIED)


@pytest.fixture
def raw(bucket: BlobBucket) -> Minio:
    """Not ours: what the service itself says."""
    return client(bucket, Patience(), provider(bucket, Patience()))


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    file = tmp_path / "letter"
    file.write_bytes(b"letter")
    return file


@pytest.fixture
def tome(tmp_path: Path) -> Path:
    """Large enough to go in parts."""
    file = tmp_path / "tome"
    file.write_bytes(b"tome" * (PART_BYTES // 4 + 1))
    return file


def named(url: str) -> BlobBucket:
    bucket = blob_place(url)
    assert isinstance(bucket, BlobBucket)
    return bucket


def content(store: S3Blobs, key: str = KEY) -> bytes:
    with store.read(key) as pieces:
        return b"".join(pieces)


def everything_asked(store: S3Blobs, file: Path) -> list[Callable[[], object]]:
    return [
        lambda: store.keep(KEY, file),
        lambda: store.size(KEY),
        lambda: store.remove(KEY),
        lambda: content(store),
        lambda: list(store.kept()),
        store.probe,
        store.prepare,
        store.shortfalls,
    ]


def test_an_upload_whose_answer_is_lost_counts_when_the_bytes_are_there(store, far, line, letter):
    line.loses_answer = beginning(b"PUT ")

    far.keep(KEY, letter)

    assert line.lost == HURRIED.tries
    assert content(store) == b"letter"


def test_so_does_one_in_parts_whose_last_answer_is_lost(store, far, line, tome):
    line.loses_answer = beginning(b"POST ", b"uploadId=")

    far.keep(KEY, tome)

    assert line.lost == 1
    assert content(store) == tome.read_bytes()


def test_an_upload_that_never_arrives_is_told_and_can_be_tried_again(store, far, line, letter):
    line.loses_request = beginning(b"PUT ")

    with pytest.raises(Unavailable) as refused:
        far.keep(KEY, letter)

    assert refused.value.sentence == "The blob store did not keep a document's bytes: it did not answer in time."
    assert list(store.kept()) == []
    line.loses_request = nothing
    far.keep(KEY, letter)
    assert content(store) == b"letter"


def test_an_outcome_that_nobody_can_know_is_no_success_and_does_no_harm(store, far, line, letter):
    line.loses_answer = lambda request: request.startswith(b"PUT ") or line.lost > 0

    with pytest.raises(Unavailable):
        far.keep(KEY, letter)

    assert content(store) == b"letter"
    line.loses_answer = nothing
    far.keep(KEY, letter)
    assert content(store) == b"letter"


def test_a_service_that_says_nothing_is_given_up_soon(far, line, letter):
    line.loses_request = everything

    for ask in everything_asked(far, letter):
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            ask()
        assert time.monotonic() - begun < 2.0


def test_a_service_that_is_away_is_told_at_once_and_used_again_when_it_is_back(tmp_path, letter):
    with MinioServer(tmp_path) as server:
        store = S3Blobs(named(server.url("letters")), tmp_path / "looked-at", MovableClock())
        store.prepare()
        store.keep(KEY, letter)

        server.stop()
        for ask in everything_asked(store, letter):
            begun = time.monotonic()
            with pytest.raises(Unavailable) as refused:
                ask()
            assert refused.value.sentence.endswith("it cannot be reached.")
            assert time.monotonic() - begun < 2.0

        server.start()
        assert content(store) == b"letter"
        store.probe()


def test_a_connection_that_breaks_in_the_middle_is_no_end_of_the_bytes(store, far, line, tome):
    store.keep(KEY, tome)

    with far.read(KEY) as pieces:
        next(pieces)
        line.close()
        with pytest.raises(Unavailable):
            list(pieces)


def test_a_slow_line_is_no_broken_one(store, bucket, minio, line, tome, tmp_path):
    """A part takes longer than any single time-out."""
    url, patience = minio.url(bucket.name, line.port), Patience(connect=0.5, read=1.5, tries=1)
    line.pause = 0.005

    begun = time.monotonic()
    S3Blobs(named(url), tmp_path / "looked-at", MovableClock(), patience).keep(KEY, tome)

    assert time.monotonic() - begun > patience.read
    assert store.size(KEY) == tome.stat().st_size


def test_removal_takes_every_version_and_mark(store, raw, bucket, letter):
    store.keep(KEY, letter)
    raw.put_object(bucket.name, KEY, BytesIO(b"written over"), 12)
    raw.remove_object(bucket.name, KEY)
    raw.put_object(bucket.name, KEY, BytesIO(b"written again"), 13)
    assert len(list(raw.list_objects(bucket.name, recursive=True, include_version=True))) == 4

    store.remove(KEY)

    assert list(raw.list_objects(bucket.name, recursive=True, include_version=True)) == []


def test_what_others_marked_as_removed_counts_as_missing_and_its_versions_can_be_removed(store, raw, bucket, letter):
    store.keep(KEY, letter)
    raw.remove_object(bucket.name, KEY)

    with pytest.raises(FileNotFoundError):
        store.size(KEY)
    assert list(store.kept()) == []
    store.remove(KEY)
    assert list(raw.list_objects(bucket.name, recursive=True, include_version=True)) == []


def test_a_bucket_without_versions_can_be_emptied_too(tmp_path, bucket, raw, letter):
    raw.make_bucket(bucket.name)
    store = S3Blobs(bucket, tmp_path / "looked-at", MovableClock())
    store.keep(KEY, letter)

    store.remove(KEY)

    assert list(raw.list_objects(bucket.name, recursive=True, include_version=True)) == []


def test_two_prefixes_of_one_bucket_are_two_stores(minio, bucket, tmp_path, letter):
    stores = [
        S3Blobs(named(minio.url(f"{bucket.name}/{prefix}")), tmp_path / "looked-at", MovableClock())
        for prefix in ("ours", "ours-too/deep")
    ]
    for store in stores:
        store.prepare()
    stores[0].keep(KEY, letter)

    assert [[each.key for each in store.kept()] for store in stores] == [[KEY], []]
    stores[1].remove(KEY)
    assert content(stores[0]) == b"letter"


def test_without_its_bucket_nothing_seems_missing(minio, tmp_path, letter):
    store = S3Blobs(named(minio.url("never-made")), tmp_path / "looked-at", MovableClock())

    for ask in everything_asked(store, letter)[:6]:
        with pytest.raises(Unavailable):
            ask()


def test_a_wrong_secret_is_told_without_repeating_it(minio, tmp_path, letter):
    secret = uuid4().hex
    bucket = named(f"s3://somebody:{secret}@127.0.0.1:{minio.port}/letters?tls=none")
    store = S3Blobs(bucket, tmp_path / "looked-at", MovableClock())

    for ask in everything_asked(store, letter):
        with pytest.raises(Unavailable) as refused:
            ask()
        assert "it answered" in refused.value.sentence
        assert secret not in refused.value.sentence
        assert "somebody" not in refused.value.sentence


def test_over_tls_the_service_must_prove_its_name(tmp_path, letter):
    certificate, another = Certificate.made_for("localhost", tmp_path), tmp_path / "another"
    another.mkdir()
    stranger = Certificate.made_for("localhost", another)
    with MinioServer(tmp_path, certificate) as server:
        url = server.url("letters")
        store = S3Blobs(named(url), tmp_path / "looked-at", MovableClock())
        store.prepare()
        store.keep(KEY, letter)
        assert content(store) == b"letter"
        store.probe()

        misled = named(url.replace(str(certificate.file), str(stranger.file)))
        with pytest.raises(Unavailable) as refused:
            S3Blobs(misled, tmp_path / "looked-at", MovableClock()).probe()
        assert "its certificate is not trusted" in refused.value.sentence


def test_a_stranger_is_answered_403(minio, store, bucket, letter):
    store.keep(KEY, letter)

    for path in ("", f"/{KEY}", "/ab/cd/missing"):
        connection = http.client.HTTPConnection("127.0.0.1", minio.port, timeout=5)
        connection.request("GET", f"/{bucket.name}{path}")
        assert connection.getresponse().status == 403
        connection.close()
    store.probe()


@pytest.mark.parametrize("opened", [READ_BY_ANYONE, LISTED_BY_ANYONE])
def test_a_bucket_that_was_opened_to_strangers_is_told(store, raw, bucket, letter, opened):
    action, on = opened
    if opened == READ_BY_ANYONE:
        store.keep(KEY, letter)
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::{bucket.name}{on}"}
    raw.set_bucket_policy(bucket.name, json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    with pytest.raises(Unavailable) as down:
        store.probe()

    assert down.value.sentence == f"The bucket {bucket.name} is open to anyone: make it private."


def test_whether_strangers_come_in_is_asked_again_after_some_minutes(bucket, raw, tmp_path):
    clock = MovableClock()
    watched = S3Blobs(bucket, tmp_path / "looked-at", clock, HURRIED)
    watched.prepare()
    watched.probe()
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket"}
    statement["Resource"] = f"arn:aws:s3:::{bucket.name}"
    raw.set_bucket_policy(bucket.name, json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    watched.probe()
    clock.move(blobs_s3.REMEMBERED_SECONDS)

    with pytest.raises(Unavailable):
        watched.probe()


def test_the_bucket_promises_what_it_can_and_says_what_it_cannot(store, raw, bucket):
    assert raw.get_bucket_versioning(bucket.name).status == ENABLED
    encryption = raw.get_bucket_encryption(bucket.name)
    assert encryption is not None
    assert encryption.rule.sse_algorithm == "AES256"
    lifecycle = raw.get_bucket_lifecycle(bucket.name)
    assert lifecycle is not None
    assert [rule.noncurrent_version_expiration.noncurrent_days for rule in lifecycle.rules] == [30]
    assert [rule.expiration for rule in lifecycle.rules] == [None]
    # MinIO itself ends unfinished uploads after a day, and knows no block of public access.
    assert [sentence.split(":")[0].split(";")[0] for sentence in store.shortfalls()] == [
        "No block stands before a policy that would open the bucket to the public",
        "The bucket has no rule that ends unfinished uploads after a day",
    ]


def test_before_it_is_prepared_every_promise_is_told_as_lacking(tmp_path, bucket, raw):
    raw.make_bucket(bucket.name)

    told = S3Blobs(bucket, tmp_path / "looked-at", MovableClock()).shortfalls()

    assert len(told) == 5
    assert "The bucket keeps no versions: bytes that are removed by mistake are gone at once." in told
    assert raw.get_bucket_versioning(bucket.name).status != ENABLED


def test_the_rules_of_others_stay_and_one_that_would_end_documents_is_told(store, raw, bucket):
    theirs = Rule(ENABLED, rule_filter=Filter(prefix="ab/"), rule_id="theirs", expiration=Expiration(days=365))
    raw.set_bucket_lifecycle(bucket.name, LifecycleConfig([theirs]))

    told = store.prepare()

    lifecycle = raw.get_bucket_lifecycle(bucket.name)
    assert lifecycle is not None
    assert sorted(str(rule.rule_id) for rule in lifecycle.rules) == ["pretamane-old-versions", "theirs"]
    assert "A rule of the bucket's will end documents by their age: remove it." in told


def test_a_service_that_encrypts_nothing_is_told(tmp_path):
    with MinioServer(tmp_path) as server:
        told = S3Blobs(named(server.url("letters")), tmp_path / "looked-at", MovableClock()).prepare()

    assert any(sentence.startswith("The bucket does not encrypt at rest") for sentence in told)


def test_without_room_to_look_at_a_blob_nothing_is_left(store, tmp_path, tome):
    store.keep(KEY, tome)

    with pytest.raises(Unavailable), room_for(1_000_000), store.as_file(KEY):
        raise AssertionError("entered")

    assert list((tmp_path / "looked-at").iterdir()) == []


def test_on_aws_a_machine_without_a_key_says_by_its_environment_who_it_is(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-environment")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", uuid4().hex)
    bucket = named("s3://s3.eu-west-1.amazonaws.com/letters")

    assert provider(bucket, HURRIED).retrieve().access_key == "of-the-environment"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("s3://a:b@s3.example:9000/letters", "https://s3.example:9000/letters/ab"),
        ("s3://a:b@s3.example/letters?style=host", "https://letters.s3.example/ab"),
        ("s3://a:b@s3.example/letters?tls=none", "http://s3.example/letters/ab"),
        ("s3://a:b@s3.eu-west-1.amazonaws.com/letters", "https://letters.s3.eu-west-1.amazonaws.com/ab"),
        (
            "s3://a:b@s3.amazonaws.com/letters?region=eu-west-1&style=path",
            "https://s3.eu-west-1.amazonaws.com/letters/ab",
        ),
    ],
)
def test_a_bucket_is_addressed_as_its_service_wants(url, found):
    bucket = named(url)

    address = client(bucket, HURRIED, provider(bucket, HURRIED)).presigned_get_object(bucket.name, "ab")

    assert address.partition("?")[0] == found
