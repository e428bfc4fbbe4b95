"""The pages about sessions and keys of one's own, and about everybody's accounts."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.responses import Response

from pretamane.accounts import keys, queries, service, sessions
from pretamane.accounts.forms import FIRST_PAGE, page, see, text_of
from pretamane.accounts.models import Key
from pretamane.accounts.schemas import AccountChanges, InvitationIn, KeyIn, understand
from pretamane.core.actors import Actor, Role, Scope
from pretamane.core.database import now
from pretamane.core.errors import AppError
from pretamane.core.http.admission import Admin, Viewer
from pretamane.core.http.fields import Fields
from pretamane.core.unit_of_work import UnitOfWork, Work

SESSIONS, KEYS, ACCOUNTS = "/app/settings/sessions", "/app/settings/keys", "/app/settings/accounts"
SCOPES = {
    Scope.CONTACTS_READ: "Read messages and contacts",
    Scope.CONTACTS_WRITE: "Change messages and contacts",
    Scope.ADMIN: "Look after accounts, jobs and the system",
}
ROLES = {
    "viewer": "Viewer: reads",
    "staff": "Staff: reads and writes",
    "admin": "Administrator: also accounts and practice",
}
_DONE = {
    "ended": "Ended.",
    "revoked": "The key is revoked.",
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


@router.get(KEYS)
def show_keys(by: Viewer, work: Work, done: str = "") -> Response:
    return _keys(work, by, done=_DONE.get(done))


@router.post(KEYS)
def make_key(by: Viewer, work: Work, fields: Fields) -> Response:
    """The one answer that shows the key; no other page could show it after a redirect."""
    asked = {
        "name": text_of(fields, "name"),
        "scopes": [scope for scope in Scope if text_of(fields, f"scope-{scope}")],
        "days": text_of(fields, "days") or None,
    }
    try:
        wanted = understand(KeyIn, asked)
        _, text = work.run_now(keys.make_key, wanted, by)
    except AppError as refusal:
        return _keys(work, by, refusal, asked)
    return _keys(work, by, new_key=text)


def _keys(
    work: UnitOfWork,
    by: Actor,
    refusal: AppError | None = None,
    typed: Mapping[str, Any] | None = None,
    **told: str | None,
) -> Response:
    context = {
        "keys": work.run_now(_usable_keys, by),
        "scopes": {scope: SCOPES[scope] for scope in Scope if by.role >= keys.LEAST_ROLE[scope]},
        "values": typed or {"name": "", "scopes": [], "days": "365"},
    }
    shown = {"done": None, "new_key": None, **told}
    return page(work, "accounts/keys.html", refusal, actor=by, here="settings", **context, **shown)


def _usable_keys(session: Session, by: Actor) -> list[Key]:
    at = now(session)
    return [key for key in queries.keys_of(session, by) if queries.is_usable(key, at)]


@router.post(f"{KEYS}/{{key_id}}/revoke")
def revoke_key(key_id: UUID, by: Viewer, work: Work) -> Response:
    work.run_now(keys.revoke_key, key_id, by)
    return see(f"{KEYS}?done=revoked")


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
