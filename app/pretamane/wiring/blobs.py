"""What keeps documents' bytes, as BLOB_URL names it."""

from typing import TYPE_CHECKING

from pretamane.adapters.blobs_filesystem import FileBlobs
from pretamane.core.clock import SystemClock
from pretamane.core.errors import Unavailable
from pretamane.ports import Clock
from pretamane.settings import Settings
from pretamane.settings_blobs import BlobFolder, blob_place

if TYPE_CHECKING:
    from pretamane.adapters.blobs_s3 import S3Blobs


def blob_store(settings: Settings, clock: Clock) -> "FileBlobs | S3Blobs":
    place = blob_place(settings.blob_url.get_secret_value())
    if isinstance(place, BlobFolder):
        return FileBlobs(place.path or settings.data_dir / "blobs")
    from pretamane.adapters.blobs_s3 import S3Blobs  # its client takes memory that only those need who have a bucket

    return S3Blobs(place, settings.data_dir / "looked-at", clock)


def prepare_blob_store(settings: Settings) -> list[str]:
    """One sentence for each thing it lacks. None of them keeps anybody from starting: it may be away for now."""
    try:
        return blob_store(settings, SystemClock()).prepare()
    except Unavailable as refusal:
        return [refusal.sentence]
