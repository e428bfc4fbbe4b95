"""The API's reference, rendered from its own description: no script, nothing from elsewhere."""

from fastapi import APIRouter, Request, Response

from pretamane.core.http.problem_codes import MEANINGS
from pretamane.web import render

router = APIRouter(include_in_schema=False)


@router.get("/api/docs")
def show_reference(request: Request) -> Response:
    return render.page("system/reference.html", description=request.app.openapi(), meanings=MEANINGS)
