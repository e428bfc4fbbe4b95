"""The pages about sessions of one's own, and about everybody's accounts."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from pretamane.accounts import queries, service, sessions
from pretamane.accounts.forms import FIRST_PAGE, page, see, text_of
from pretamane.accounts.schemas import AccountChanges, InvitationIn, understand
from pretamane.core.actors import Actor, Role
from pretamane.core.errors import AppError
from pretamane.core.http.admission import Admin, Viewer
from pretamane.core.http.fields import Fields
from pretamane.core.unit_of_work import UnitOfWork, Work

SESSIONS, ACCOUNTS = "/app/settings/sessions", "/app/settings/accounts"
ROLES = {
    "viewer": "Viewer: reads",
    "staff": "Staff: reads and writes",
    "admin": "Administrator: also accounts and practice",
}
_DONE = {
    "ended": "Ended.",
    "invited": "The invitation is on its way by mail.",
    "changed": "The account is changed.",
}

router = APIRouter(include_in_schema=False)


@router.get("/app")
def start(_by: Viewer) -> Response:
    return see(FIRST_PAGE)


@router.get(SESSIONS)
def show_sessions(by: Viewer, work: Work, done: str = "") -> Response:
    opened = work.run_now(queries.sessions_of, by)
    return page(work, "accounts/sessions.html", actor=by, here="settings", sessions=opened, done=_DONE.get(done))


@router.post(f"{SESSIONS}/{{session_id}}/end")
def end_session(session_id: UUID, by: Viewer, work: Work) -> Response:
    work.run_now(sessions.end_session, session_id, by)
    return see(f"{SESSIONS}?done=ended")


@router.post(f"{SESSIONS}/end-others")
def end_other_sessions(by: Viewer, work: Work) -> Response:
    work.run_now(sessions.end_other_sessions, by)
    return see(f"{SESSIONS}?done=ended")


@router.get(ACCOUNTS)
def show_accounts(by: Admin, work: Work, done: str = "") -> Response:
    return _accounts(work, by, done=_DONE.get(done))


@router.post(ACCOUNTS)
def invite(by: Admin, work: Work, fields: Fields) -> Response:
    try:
        work.run_now(service.invite, understand(InvitationIn, fields), by)
    except AppError as refusal:
        return _accounts(work, by, refusal, fields)
    return see(f"{ACCOUNTS}?done=invited")


@router.post(f"{ACCOUNTS}/{{account_id}}/invite-again")
def invite_again(account_id: UUID, by: Admin, work: Work) -> Response:
    try:
        work.run_now(service.invite_again, account_id, by)
    except AppError as refusal:
        return _accounts(work, by, refusal)
    return see(f"{ACCOUNTS}?done=invited")


@router.post(f"{ACCOUNTS}/{{account_id}}")
def change_account(account_id: UUID, by: Admin, work: Work, fields: Fields) -> Response:
    """Role, deactivation with a successor, reactivation: each form on the page sends what it is about."""
    asked = {name: text_of(fields, name) or None for name in AccountChanges.model_fields}
    try:
        work.run_now(service.change, account_id, understand(AccountChanges, asked), by)
    except AppError as refusal:
        return _accounts(work, by, refusal)
    return see(f"{ACCOUNTS}?done=changed")


def _accounts(
    work: UnitOfWork,
    by: Actor,
    refusal: AppError | None = None,
    typed: Mapping[str, Any] | None = None,
    done: str | None = None,
) -> Response:
    context = {
        "accounts": work.run_now(queries.everybody),
        "successors": work.run_now(queries.who_may_be_assigned),
        "roles": ROLES,
        "values": {"email": text_of(typed or {}, "email"), "role": text_of(typed or {}, "role") or Role.STAFF.word},
    }
    return page(work, "accounts/accounts.html", refusal, actor=by, here="settings", done=done, **context)
