"""What only a service at the end of a line can promise, or lose; tried on a real MinIO."""

import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from tests.adapters.conftest import HURRIED, named
from tests.adapters.test_blobs_filesystem import room_for
from tests.conftest import MovableClock
from tests.lossy_line import beginning, everything, nothing
from tests.mail_server import Certificate
from tests.minio_server import MinioServer

from pretamane.adapters.blobs_s3 import S3Blobs
from pretamane.adapters.blobs_s3_line import Patience, client, provider
from pretamane.core.errors import Unavailable

KEY = "ab/cd/letter"


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
