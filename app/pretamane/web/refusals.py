"""A refusal as a page: what happened, that nothing was changed, and the way on."""

from http import HTTPStatus
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pretamane.core import request_ids
from pretamane.core.errors import AppError, SignInNeeded
from pretamane.web import render
from pretamane.web.palette import Coloured

SIGN_IN = "/app/sign-in"
START = "/app/inbox"

_TITLES = {
    400: "That could not be understood",
    401: "Your session has ended",
    403: "That is not yours to do",
    404: "There is nothing here",
    405: "That cannot be done here",
    409: "That is not possible just now",
    412: "Somebody else was quicker",
    413: "That is too large",
    422: "Some of it cannot be taken",
    429: "Too many tries",
    500: "Something went wrong",
    503: "Not just now",
}


def page(request: Request, refusal: AppError, practice: Coloured | None) -> Response:
    wants_only_to_look = request.method in ("GET", "HEAD")
    if isinstance(refusal, SignInNeeded) and wants_only_to_look and request.url.path != SIGN_IN:
        return RedirectResponse(sign_in_address(_asked(request)), 303, {"Cache-Control": "no-store"})
    return render.page(
        "problem.html",
        status=refusal.status,
        headers=refusal.headers,
        practice=practice,
        title=_TITLES.get(refusal.status, HTTPStatus(refusal.status).phrase),
        sentence=refusal.sentence,
        faults=refusal.fields,
        request_id=request_ids.current.get(),
        sign_in=sign_in_address(_came_from(request)) if isinstance(refusal, SignInNeeded) else None,
        start=START,
    )


def sign_in_address(afterwards: str) -> str:
    return f"{SIGN_IN}?next={quote(afterwards, safe='/')}"


def _asked(request: Request) -> str:
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


def _came_from(request: Request) -> str:
    """What was asked for cannot be asked again by a link; the page that asked can."""
    page = urlsplit(request.headers.get("referer", ""))
    is_ours = page.netloc == request.headers.get("host") and page.path.startswith("/app/")
    return page.path if is_ours else START
