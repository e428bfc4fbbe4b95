"""The API's reference, and the settings that are about the house as a whole."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from pretamane.accounts import queries as accounts
from pretamane.core import audit, request_ids
from pretamane.core.actors import Actor, Role
from pretamane.core.errors import AppError, ChangedMeanwhile, Invalid, Malformed
from pretamane.core.http.admission import Admin, Viewer
from pretamane.core.http.fields import Fields
from pretamane.core.http.problem_codes import MEANINGS
from pretamane.core.jobs import dead_letters, kinds, queries
from pretamane.core.paging import Place
from pretamane.core.unit_of_work import Transaction, Work
from pretamane.practice import queries as practice_queries
from pretamane.practice import service as practice_service
from pretamane.practice import zones
from pretamane.practice.schemas import PublicPractice
from pretamane.system import first_run
from pretamane.web import navigation, render

JOBS, AUDIT, FIRST_RUN = "/app/settings/jobs", "/app/settings/audit", "/app/settings/first-run"
FIRST = ("name", "time_zone", "recipient")

router = APIRouter(include_in_schema=False)


@router.get("/api/docs")
def show_reference(request: Request) -> Response:
    return render.page("system/reference.html", description=request.app.openapi(), meanings=MEANINGS)


@router.get("/app/settings")
def show_settings(actor: Viewer, session: Transaction) -> Response:
    groups = {"Your own": Role.VIEWER, "Documents": Role.STAFF, "The house": Role.ADMIN}
    entries = {name: navigation.settings_for(actor, role) for name, role in groups.items()}
    return _page(session, actor, "settings", groups=entries)


@router.get(JOBS)
def show_jobs(actor: Admin, session: Transaction, again: int | None = None) -> Response:
    return _page(
        session,
        actor,
        "jobs",
        again=again,
        queue=queries.how_full(session),
        kinds=kinds.kinds(session),
        alive=queries.alive(session),
        dead=queries.dead(session),
    )


@router.post(f"{JOBS}/retry")
def retry_jobs(actor: Admin, session: Transaction, typed: Fields) -> Response:
    """One that is named, or all that were given up."""
    if typed.get("job") == "all":
        back = dead_letters.bring_all_back(session, actor)
    else:
        back = dead_letters.bring_back(session, [_job_in(typed)], actor)
    return RedirectResponse(f"{JOBS}?again={len(back)}", 303)


def _job_in(typed: Mapping[str, object]) -> UUID:
    try:
        return UUID(str(typed.get("job")))
    except ValueError:
        raise Malformed("Say which job is to be tried again.") from None


@router.get(AUDIT)
def show_audit(
    actor: Admin, session: Transaction, who: str = "", act: str = "", subject: str = "", before: str = ""
) -> Response:
    wanted = audit.Wanted(_identity(who), _plain(act) or None, _identity(subject))
    page = audit.entries(session, wanted, Place.of(before) if before else None)
    return _page(
        session,
        actor,
        "audit",
        wanted=wanted,
        entries=page.items,
        older=page.next,
        is_first=not before,
        accounts=accounts.everybody(session),
        acts=audit.acts(session),
    )


def _identity(typed: str) -> UUID | None:
    """An empty choice is anybody, or anything."""
    try:
        return UUID(typed) if typed else None
    except ValueError:
        raise Malformed("That is no identity that this page has given out.") from None


def _plain(words: str) -> str:
    return " ".join(words.replace("\x00", " ").split())


class FirstRun:
    """The page of a new house; whether mail goes out is for wiring to know."""

    def __init__(self, *, mail_goes_out: bool) -> None:
        self._mail_goes_out = mail_goes_out

    def show(self, actor: Admin, session: Transaction) -> Response:
        practice = practice_queries.current(session)
        values = {name: getattr(practice, name) for name in FIRST}
        return self._form(session, actor, values if practice.is_set_up else {**values, "name": ""})

    def save(self, actor: Admin, work: Work, typed: Fields) -> Response:
        texts = {name: str(typed[name]) for name in FIRST if name in typed}
        try:
            work.run_now(practice_service.change_what_was_seen, str(typed.get("version")), actor, **texts)
        except (Invalid, ChangedMeanwhile) as refusal:
            return work.run_now(self._form, actor, texts, refusal)
        return RedirectResponse(FIRST_RUN, 303)

    def _form(
        self, session: Session, actor: Actor, values: Mapping[str, Any], refusal: AppError | None = None
    ) -> Response:
        practice = practice_queries.current(session)
        return _page(
            session,
            actor,
            "first_run",
            status=refusal.status if refusal else 200,
            values={name: values.get(name) for name in FIRST},
            errors=refusal.fields if refusal else {},
            problem=refusal.sentence if refusal else None,
            version=practice.version,
            is_set_up=practice.is_set_up,
            checklist=first_run.checklist(session, mail_goes_out=self._mail_goes_out),
            zones=zones.by_region(values.get("time_zone")),
        )


def first_run_pages(pages: FirstRun) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    routes.add_api_route(FIRST_RUN, pages.show, methods=["GET"], response_model=None)
    routes.add_api_route(FIRST_RUN, pages.save, methods=["POST"], response_model=None)
    return routes


def _page(session: Session, actor: Actor, name: str, *, status: int = 200, **shown: object) -> Response:
    practice = PublicPractice.of(practice_queries.current(session))
    context = {"actor": actor, "here": "settings", "practice": practice, "request_id": request_ids.current.get()}
    return render.page(f"system/{name}.html", status=status, headers={}, **context, **shown)
