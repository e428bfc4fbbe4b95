"""The public tus client, against a server of its own."""

import hashlib
import json
from random import Random

import pytest
from tests.documents.server import Serving
from tusclient.client import TusClient


@pytest.fixture
def serving(tmp_path, database_address):
    served = Serving(tmp_path, database_address)
    yield served
    served.end()


@pytest.mark.parametrize("with_checksum", [False, True])
def test_the_public_client_sends_a_file_in_chunks_and_goes_on_after_a_restart(serving, tmp_path, with_checksum):
    file = tmp_path / "größe.txt"
    file.write_bytes(Random(7).randbytes(500_000).hex().encode())  # noqa: S311  # a text, no secret
    client = TusClient(f"http://127.0.0.1:{serving.port}/api/v1/uploads", {"Authorization": f"Bearer {serving.key}"})
    named = {"filename": file.name, "title": "By the public client"}
    how = {"chunk_size": 150_000, "upload_checksum": with_checksum}
    with file.open("rb") as stream:
        begun = client.uploader(file_stream=stream, metadata=named, **how)
        begun.upload(stop_at=450_000)
        serving.kill()
        serving.start()
        resumed = client.uploader(file_stream=stream, url=begun.url, **how)
        offset = resumed.offset
        resumed.upload()

    assert offset == 450_000
    [document] = json.loads(serving.ask("GET", "/api/v1/documents")[2])["items"]
    assert document["title"] == "By the public client"
    assert document["current"]["filename"] == file.name
    assert document["current"]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
