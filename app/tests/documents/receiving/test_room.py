"""A disk that is nearly full: nothing more is taken, and everything else goes on."""

import pytest
from starlette.testclient import TestClient
from tests.documents.conftest import PDF, PIECE, TUS, put_with

from pretamane.core.spool import Spool
from pretamane.wiring import build_app


@pytest.fixture
def nearly_full(platform, settings, as_staff):
    """A house whose disk has a mebibyte that nobody may use."""
    spool = Spool(settings.data_dir / "spool", cap=2**33, reserve=2**20, free=lambda _: 2**20)
    platform.archive.spool = spool
    with TestClient(build_app(platform), raise_server_exceptions=False) as client:
        client.headers["Sec-Fetch-Site"] = "same-origin"
        client.cookies = as_staff.cookies
        yield client


def test_on_a_disk_that_is_nearly_full_nothing_is_taken_and_reading_goes_on(put, nearly_full, spooled, blobs):
    made = put(title="Before").json()
    refused = put_with(nearly_full, PDF + b"!")
    form = nearly_full.post("/api/v1/documents", files={"file": ("a.pdf", PDF + b"!")})
    begun = nearly_full.post("/api/v1/uploads", headers={**TUS, "Upload-Length": "10"})

    assert [answer.status_code for answer in (refused, form, begun)] == [507, 507, 507]
    assert (refused.json()["code"], refused.json()["title"]) == ("no-room", "Insufficient Storage")
    assert "disk is nearly full" in refused.json()["detail"]
    assert (spooled(), len(blobs())) == ([], 1)
    assert nearly_full.get(f"/api/v1/documents/{made['id']}").status_code == 200
    assert nearly_full.get("/health").status_code == 200


def test_a_part_that_does_not_fit_is_not_kept_and_the_upload_goes_on_later(as_staff, nearly_full):
    long = b"x" * 9_000_000
    headers = {**TUS, "Upload-Length": str(len(long)), "Upload-Metadata": "filename YS50eHQ="}
    upload = as_staff.post("/api/v1/uploads", headers=headers).headers["location"]
    refused = nearly_full.patch(upload, content=long, headers={**PIECE, "Upload-Offset": "0"})
    offset = as_staff.head(upload, headers=TUS).headers["upload-offset"]
    sent = as_staff.patch(upload, content=long, headers={**PIECE, "Upload-Offset": "0"})

    assert (refused.status_code, offset, sent.status_code) == (507, "0", 204)
