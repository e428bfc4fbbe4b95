"""The words of tus 1.0: what of it is spoken here, and how its headers are read."""

import base64
import binascii
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request

from pretamane.core.errors import AppError, Malformed, VersionNeeded
from pretamane.core.http import exchange as exchanges
from pretamane.core.spool import Checksum
from pretamane.core.texts import understand
from pretamane.documents.receiving.intake import refuse_what_is_the_documents
from pretamane.documents.receiving.uploads import Announced
from pretamane.documents.schemas import PartsParticulars
from pretamane.documents.service import IfKnown

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
# sha1 because every server must have it; and one that is still worth something.
ALGORITHMS = ("sha1", "sha256")
PIECE = "application/offset+octet-stream"


class OtherTus(AppError):
    status, code = 412, "other-tus-version"


def _speaking_tus(
    request: Request, tus_resumable: Annotated[str | None, Header(description=f"Must be {VERSION}.")] = None
) -> None:
    exchanges.of(request.scope).add_header("Tus-Resumable", VERSION)
    if tus_resumable != VERSION:
        raise OtherTus(f"Uploads speak tus {VERSION}: send Tus-Resumable: {VERSION}.", headers={"Tus-Version": VERSION})


SpeakingTus = Depends(_speaking_tus)
Length = Annotated[int, Header(alias="Upload-Length", ge=0, le=2**62, description="Bytes that the document has.")]
Offset = Annotated[int, Header(alias="Upload-Offset", ge=0, le=2**62, description="Where these bytes begin.")]
Metadata = Annotated[
    str,
    Header(
        alias="Upload-Metadata",
        max_length=8000,
        description="Words and base64: filename, and perhaps title, contact_id, if_known (keep or ask), restricted. "
        "For another version of a document: document (its id), and version (its ETag's, that was seen).",
    ),
]
ChecksumSent = Annotated[
    str | None,
    Header(alias="Upload-Checksum", description=f"Of these bytes: one of {', '.join(ALGORITHMS)}, a space, base64."),
]
Decided = Annotated[
    IfKnown | None, Query(alias="if_known", description="What somebody decided after 409 `known-already`.")
]


def refuse_parallel_parts(request: Request) -> None:
    if "upload-concat" in request.headers or "upload-defer-length" in request.headers:
        raise Malformed("Neither parallel parts nor a length that is told later are spoken here; OPTIONS says what is.")


def announced(length: int, header: str) -> Announced:
    words = _metadata(header)
    said = understand(PartsParticulars, {name: text for name, text in words.items() if text})
    if said.document is not None and said.version is None:
        raise VersionNeeded("Say which version of the document you saw: its ETag's number, as the word version.")
    if said.document is not None:
        refuse_what_is_the_documents(said)
    details: dict[str, Any] = {**said.model_dump(mode="json"), "sent": header}
    return Announced(words.get("filename") or words.get("name") or "", length, details)


def _metadata(header: str) -> dict[str, str]:
    words: dict[str, str] = {}
    for pair in filter(None, (each.strip() for each in header.split(","))):
        name, _, value = pair.partition(" ")
        try:
            words[name] = base64.b64decode(value.strip(), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            raise Malformed(f"Upload-Metadata has no base64 after the word {name[:40]}.") from None
    return words


def checksum(header: str | None) -> Checksum | None:
    if header is None:
        return None
    algorithm, _, value = header.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        raise Malformed(f"Upload-Checksum knows {' and '.join(ALGORITHMS)}.", code="bad-digest")
    try:
        wanted = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        wanted = b""
    said = Checksum(algorithm, wanted)
    if len(wanted) != said.begun().digest_size:
        raise Malformed("Upload-Checksum has no digest in base64 after its algorithm.", code="bad-digest")
    return said
