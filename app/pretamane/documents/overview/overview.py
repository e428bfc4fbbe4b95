"""How full the house is, and what somebody should look at: for people and for programs."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from pretamane.core.actors import Actor
from pretamane.core.http.admission import DocumentsReader, Viewer
from pretamane.core.http.listing import MOST
from pretamane.core.unit_of_work import Work
from pretamane.documents.overview import attention, usage
from pretamane.documents.overview.attention import Attention
from pretamane.documents.overview.schemas import AttentionOut, StorageOut
from pretamane.documents.overview.usage import Usage
from pretamane.practice import queries as practice_queries
from pretamane.practice.models import Practice
from pretamane.practice.schemas import NEARLY_FULL, PublicPractice
from pretamane.web import render

router = APIRouter()

Shown = Annotated[int, Query(ge=1, le=MOST, description="How many of each list.")]


@router.get(
    "/api/v1/storage",
    tags=["documents"],
    summary="How much room documents take",
    response_description="The total of everything; by name only what you may see",
)
def tell_storage(by: DocumentsReader, work: Work, limit: Shown = usage.SHOWN) -> StorageOut:
    used, practice = work.run_now(_used, by, limit)
    quota = practice.storage_quota
    is_nearly_full = quota is not None and used.bytes * 100 >= quota * NEARLY_FULL
    return StorageOut.model_validate({**vars(used), "quota": quota, "is_nearly_full": is_nearly_full})


@router.get("/app/storage", include_in_schema=False)
def show_storage(actor: Viewer, work: Work) -> Response:
    used, practice = work.run_now(_used, actor, usage.SHOWN)
    quota = practice.storage_quota
    return render.page(
        "documents/storage.html",
        actor=actor,
        here="storage",
        practice=PublicPractice.of(practice),
        used=used,
        quota=quota,
        fullness=used.bytes * 100 // quota if quota else None,
    )


def _used(session: Session, by: Actor, shown: int) -> tuple[Usage, Practice]:
    return usage.usage(session, by, shown), practice_queries.current(session)


@router.get(
    "/api/v1/attention",
    tags=["documents"],
    summary="What somebody should look at",
    response_description="Documents that say the same, contacts that lack one, documents of nobody",
)
def tell_attention(by: DocumentsReader, work: Work, limit: Shown = attention.SHOWN) -> AttentionOut:
    return AttentionOut.model_validate(work.run_now(attention.attention, by, limit))


@router.get("/app/attention", include_in_schema=False)
def show_attention(actor: Viewer, work: Work) -> Response:
    found, practice = work.run_now(_found, actor)
    face = PublicPractice.of(practice)
    return render.page("documents/attention.html", actor=actor, here="documents", practice=face, found=found)


def _found(session: Session, by: Actor) -> tuple[Attention, Practice]:
    return attention.attention(session, by), practice_queries.current(session)
