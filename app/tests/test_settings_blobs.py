"""BLOB_URL: which folder or which bucket keeps documents' bytes."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pretamane.settings import SettingsRefused, load
from pretamane.settings_blobs import BlobBucket, BlobFolder, blob_place

SENTINEL = "sentinel-of-a-secret-that-nobody-may-ever-read"
NEITHER = "must be file:, file:/folder, or like s3://s3.example:9000/bucket/prefix, with key:secret@ before the host"


def refusal_of(url: str) -> str:
    with pytest.raises(SettingsRefused) as refused:
        load({"PRETAMANE_BLOB_URL": url}, keeping_key=False)
    (fault,) = refused.value.faults
    return fault


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("file:", BlobFolder()),
        ("file:/srv/blobs", BlobFolder(Path("/srv/blobs"))),
        ("file:///srv/our%20blobs", BlobFolder(Path("/srv/our blobs"))),
        (
            f"s3://me:{SENTINEL}@s3.example/letters",
            BlobBucket("s3.example", None, "letters", key="me", secret=SENTINEL),
        ),
        (
            f"s3://me:{SENTINEL}@MinIO:9000/letters/of/ours/?tls=none&region=attic&style=host",
            BlobBucket("minio", 9000, "letters", "of/ours", "attic", "host", False, None, "me", SENTINEL),
        ),
        (
            "s3://m%40e:p%40s%2Fs%25+x@[::1]:9000/letters?ca=/etc/ca.pem",  # pragma: allowlist secret  # invented
            BlobBucket("::1", 9000, "letters", "", "us-east-1", "path", True, "/etc/ca.pem", "m@e", "p@s/s%+x"),
        ),
        (
            "s3://s3.eu-west-1.amazonaws.com/letters",
            BlobBucket("s3.eu-west-1.amazonaws.com", None, "letters", region="eu-west-1", style="host"),
        ),
        (
            "s3://s3.dualstack.us-gov-west-1.amazonaws.com/letters?style=path",
            BlobBucket("s3.dualstack.us-gov-west-1.amazonaws.com", None, "letters", region="us-gov-west-1"),
        ),
        (
            "s3://s3.amazonaws.com/letters?region=eu-central-1",
            BlobBucket("s3.amazonaws.com", None, "letters", region="eu-central-1", style="host"),
        ),
    ],
)
def test_an_address_says_what_keeps_the_bytes(url, place):
    loaded = load({"PRETAMANE_BLOB_URL": url}, keeping_key=False)

    assert blob_place(loaded.settings.blob_url.get_secret_value()) == place


@pytest.mark.parametrize(
    ("host", "port", "endpoint"),
    [("s3.example", None, "s3.example"), ("s3.example", 9000, "s3.example:9000"), ("::1", 9000, "[::1]:9000")],
)
def test_an_endpoint_is_written_as_addresses_are(host, port, endpoint):
    assert BlobBucket(host, port, "letters").endpoint == endpoint


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", NEITHER),
        ("blobs", NEITHER),
        ("file", NEITHER),
        ("file:blobs", NEITHER),
        ("file:/a?b", NEITHER),
        ("file:/a#b", NEITHER),
        ("file://host/blobs", NEITHER),
        ("file:/a%00b", "must name a folder that can be"),
        ("https://s3.example/letters", NEITHER),
        ("s3:letters", NEITHER),
        ("s3://letters", NEITHER),
        ("s3://s3.example/", NEITHER),
        ("s3://s3..example/letters", NEITHER),
        ("s3://s3.example:0/letters", NEITHER),
        ("s3://s3.example:70000/letters", NEITHER),
        ("s3://s3.example/Letters", NEITHER),
        ("s3://s3.example/letters/../others", NEITHER),
        ("s3://s3.example/letters//ours", NEITHER),
        (f"s3://me:{SENTINEL}/x@s3.example/letters", NEITHER),
        (f"s3://me:{SENTINEL} x@s3.example/letters", NEITHER),
        (f"s3://me:{SENTINEL}ä@s3.example/letters", NEITHER),  # pragma: allowlist secret  # invented
        (
            f"s3://me:{SENTINEL}%0a@s3.example/letters",  # pragma: allowlist secret  # invented
            "gives a key or a secret with signs that no service takes",
        ),
        (f"s3://:{SENTINEL}@s3.example/letters", "must give both a key and a secret, or neither"),
        ("s3://me@s3.example/letters", "must give both a key and a secret, or neither"),
        ("s3://s3.example/letters", "must give key:secret@ before the host: only on AWS"),
        ("s3://s3.amazonaws.com.evil.example/letters", "must give key:secret@ before the host: only on AWS"),
        ("s3://s3.amazonaws.com/letters", "must name its region on AWS"),
        (f"s3://me:{SENTINEL}@s3.example/letters?tls=off", "may end with ?region="),
        (f"s3://me:{SENTINEL}@s3.example/letters?style=virtual", "may end with ?region="),
        (f"s3://me:{SENTINEL}@s3.example/letters?region=", "may end with ?region="),
        (f"s3://me:{SENTINEL}@s3.example/letters?region=a&region=b", "may end with ?region="),
        (f"s3://s3.example/letters?secret={SENTINEL}", "may end with ?region="),
        (f"s3://me:{SENTINEL}@s3.example/letters?tls=none&ca=/a", "has no use for ?ca=FILE beside ?tls=none"),
        (f"s3://me:{SENTINEL}@127.0.0.1/letters?style=host", "can have ?style=host only with a host that has a name"),
    ],
)
def test_another_address_is_refused_with_a_sentence_that_repeats_no_secret(url, reason):
    with pytest.raises(ValueError, match=re.escape(reason)) as refused:
        blob_place(url)

    assert SENTINEL not in str(refused.value)
    if url:  # an empty setting counts as none
        assert refusal_of(url) == f"PRETAMANE_BLOB_URL {refused.value}."


@given(
    st.sampled_from(["", "file:", "s3://", "s3://a:b@", "s3://a:b@h/bucket", "s3://a:b@h/bucket?"]),
    st.text(max_size=40),
)
def test_no_text_at_all_breaks_the_parser(beginning, text):
    try:
        place = blob_place(beginning + text)
    except ValueError:
        return
    assert isinstance(place, BlobFolder) or (place.host and place.name)


def test_the_secret_is_shown_nowhere():
    url = f"s3://me:{SENTINEL}@s3.example/letters"

    loaded = load({"PRETAMANE_BLOB_URL": url}, keeping_key=False)

    assert SENTINEL not in repr(loaded)
    assert SENTINEL not in repr(blob_place(url))
