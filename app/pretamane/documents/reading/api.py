"""What people decide about the reading of a document, for programs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, SecretStr

from pretamane.core.actors import Actor
from pretamane.core.http.admission import AdminOrKey, DocumentsWriter
from pretamane.core.unit_of_work import Work
from pretamane.documents import queries
from pretamane.documents.reading import quarantine, reprocessing
from pretamane.documents.reading.unlocking import Unlocking
from pretamane.documents.schemas import DocumentWithVersions

LONGEST_PASSWORD = 1_000


class PasswordIn(BaseModel):
    password: Annotated[SecretStr, Field(min_length=1, max_length=LONGEST_PASSWORD)] = Field(
        description="The document's own. It is used once and kept nowhere."
    )


Released = Annotated[
    int | None, Query(ge=1, le=2_147_483_647, description="That version; left out, the newest that is in quarantine.")
]


def router(unlocking: Unlocking) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/documents", tags=["documents"])

    @routes.post(
        "/{document_id}/process",
        status_code=202,
        summary="Read a document again",
        response_description="It will be read; its steps say how far that has come",
    )
    def process_again(by: DocumentsWriter, work: Work, document_id: UUID) -> DocumentWithVersions:
        work.run_now(reprocessing.process_again, document_id, by)
        return _shown(work, document_id, by)

    @routes.post(
        "/{document_id}/release",
        status_code=202,
        summary="Let a document out of quarantine",
        response_description="It is served and read like any other from now on",
    )
    def release(by: AdminOrKey, work: Work, document_id: UUID, version: Released = None) -> DocumentWithVersions:
        work.run_now(quarantine.release, document_id, by, version)
        return _shown(work, document_id, by)

    @routes.post(
        "/{document_id}/password",
        summary="Read a locked document with its password",
        response_description="It was read; its text and pictures are kept, the password is not",
    )
    def read_with_password(
        by: DocumentsWriter, work: Work, document_id: UUID, given: PasswordIn
    ) -> DocumentWithVersions:
        version_id = work.run_now(queries.document, document_id, by).document.current_version_id
        unlocking.read_with_password(version_id, given.password, by)
        return _shown(work, document_id, by)

    return routes


def _shown(work: Work, document_id: UUID, by: Actor) -> DocumentWithVersions:
    return DocumentWithVersions.about(work.run_now(queries.document, document_id, by))
