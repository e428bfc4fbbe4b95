"""Accounts, keys and sessions for programs and scripts."""

from uuid import UUID

from fastapi import APIRouter, Response

from pretamane.accounts import keys, queries, service, sessions
from pretamane.accounts.schemas import (
    AccountChanges,
    AccountOut,
    AccountsOut,
    InvitationIn,
    KeyOut,
    KeysOut,
    Me,
    SessionOut,
    SessionsOut,
)
from pretamane.core.http.admission import AdminOrKey, Anybody, Viewer
from pretamane.core.unit_of_work import Transaction

router = APIRouter(tags=["accounts"])
ACCOUNT = "/api/v1/accounts/{account_id}"


@router.get("/api/v1/me", summary="Whom the house takes you for", response_description="Name, role and a key's scopes")
def show_me(by: Anybody) -> Me:
    return Me.of(by)


@router.get(
    "/api/v1/accounts", summary="Everybody's accounts", response_description="Those who may come first, by name"
)
def list_accounts(_by: AdminOrKey, session: Transaction) -> AccountsOut:
    return AccountsOut(items=[AccountOut.of(account) for account in queries.everybody(session)])


@router.post(
    "/api/v1/accounts",
    status_code=201,
    summary="Invite a colleague",
    response_description="The account; a mail with a link is on its way",
)
def invite(invitation: InvitationIn, by: AdminOrKey, session: Transaction) -> AccountOut:
    return AccountOut.of(service.invite(session, invitation, by))


@router.get(ACCOUNT, summary="One account", response_description="The account")
def show_account(account_id: UUID, _by: AdminOrKey, session: Transaction) -> AccountOut:
    return AccountOut.of(queries.account(session, account_id))


@router.patch(
    ACCOUNT, summary="Change a role, deactivate or reactivate", response_description="The account as it is now"
)
def change_account(account_id: UUID, changes: AccountChanges, by: AdminOrKey, session: Transaction) -> AccountOut:
    return AccountOut.of(service.change(session, account_id, changes, by))


@router.get(
    "/api/v1/keys",
    summary="Your keys, made at /app/settings/keys",
    response_description="The newest first, revoked ones too",
)
def list_keys(by: Viewer, session: Transaction) -> KeysOut:
    return KeysOut(items=[KeyOut.of(key) for key in queries.keys_of(session, by)])


@router.delete("/api/v1/keys/{key_id}", status_code=204, summary="Revoke a key", response_description="It is revoked")
def revoke_key(key_id: UUID, by: Viewer, session: Transaction) -> Response:
    keys.revoke_key(session, key_id, by)
    return Response(status_code=204)


@router.get("/api/v1/sessions", summary="Where you are signed in", response_description="The one seen last first")
def list_sessions(by: Viewer, session: Transaction) -> SessionsOut:
    return SessionsOut(items=[SessionOut.of(opened, by) for opened in queries.sessions_of(session, by)])


@router.delete(
    "/api/v1/sessions/{session_id}", status_code=204, summary="End a session", response_description="It is ended"
)
def end_session(session_id: UUID, by: Viewer, session: Transaction) -> Response:
    sessions.end_session(session, session_id, by)
    return Response(status_code=204)
