"""The practice's public face, for its website."""

from fastapi import APIRouter, Request, Response

from pretamane.core.http.caching import REVALIDATED, REVALIDATION, cacheable
from pretamane.core.unit_of_work import Transaction
from pretamane.practice import queries
from pretamane.practice.schemas import LOGO_PATH, PublicPractice

router = APIRouter(tags=["practice"])

# A minute: an operator who changes the name sees it soon; a busy site asks seldom.
FRESH_SECONDS = 60


@router.get(
    "/api/v1/practice",
    response_model=PublicPractice,
    summary="The practice as its website shows it",
    response_description="Name, language, colours and the addresses of the legal pages; null where unset",
    responses=REVALIDATED,
    openapi_extra=REVALIDATION,
)
def show_practice(request: Request, session: Transaction) -> Response:
    practice = PublicPractice.of(queries.current(session))
    return cacheable(request, practice.model_dump_json().encode(), "application/json", FRESH_SECONDS)


@router.get(
    LOGO_PATH,
    response_class=Response,
    summary="The practice's logo",
    response_description="The picture as it was given",
    responses=REVALIDATED
    | {200: REVALIDATED[200] | {"content": {"image/png": {}, "image/jpeg": {}, "image/webp": {}}}},
    openapi_extra=REVALIDATION,
)
def show_logo(request: Request, session: Transaction) -> Response:
    picture, kind = queries.logo(session)
    return cacheable(request, picture, kind, FRESH_SECONDS)
