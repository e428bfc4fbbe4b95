"""What administrators do with accounts, and what everybody does with their own."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pretamane.accounts import keys, links, queries, sessions
from pretamane.accounts.models import Account
from pretamane.accounts.schemas import AccountChanges, InvitationIn, role_of
from pretamane.core import audit, events, jobs, tokens
from pretamane.core.actors import Actor, Role
from pretamane.core.database import now
from pretamane.core.errors import ChangedMeanwhile, Conflict, Invalid
from pretamane.core.ids import new_id

SEND_INVITATION, SEND_RESET = "accounts.send-invitation", "accounts.send-reset"
SEND_NEW_EMAIL, TELL_OLD_EMAIL = "accounts.send-new-email", "accounts.tell-old-email"


def invite(session: Session, invitation: InvitationIn, by: Actor) -> Account:
    """Somebody new, who sets name and password by the link that a job mails."""
    account: Account | None = session.scalar(
        insert(Account)
        .values(
            id=new_id(),
            email=invitation.email,
            name=invitation.email,
            role=role_of(invitation.role),
            made_at=now(session),
            version=1,
        )
        .on_conflict_do_nothing(index_elements=[Account.email])
        .returning(Account)
    )
    if account is None:
        raise taken(invitation.email)
    _queue_invitation(session, account)
    audit.record(session, by, "account.invited", account.id, role=invitation.role)
    return account


def invite_again(session: Session, account_id: UUID, by: Actor) -> None:
    """For a mail that was lost, or a link that ran out; the earlier link ends with it."""
    account = queries.to_be_changed(session, account_id)
    if not account.is_invited or not account.is_active:
        raise Conflict("This invitation is no longer open.", code="not-invited")
    _queue_invitation(session, account)
    audit.record(session, by, "account.invited-again", account.id)


def _queue_invitation(session: Session, account: Account) -> None:
    jobs.enqueue(session, SEND_INVITATION, unique=str(account.id), account=account.id)


def change(session: Session, account_id: UUID, changes: AccountChanges, by: Actor) -> Account:
    """All of it or nothing."""
    account = _locked_as_seen(session, account_id, changes.version)
    if changes.is_active is True and not account.is_active:
        reactivate(session, account_id, by)
    if changes.role is not None:
        change_role(session, account_id, role_of(changes.role), by)
    if changes.is_active is False and account.is_active:
        deactivate(session, account_id, changes.successor_id, by)
    session.flush()
    return account


def _locked_as_seen(session: Session, account_id: UUID, version: int | None) -> Account:
    """The administrators first, always: whoever changes two things at once locks them in one order."""
    queries.administrators_locked(session)
    account = queries.to_be_changed(session, account_id)
    if version is not None and version != account.version:
        raise ChangedMeanwhile("Somebody changed this account meanwhile; nothing of yours was saved.")
    return account


def change_role(session: Session, account_id: UUID, role: Role, by: Actor) -> None:
    """Whoever is signed in signs in again, so that no page stays open with what it no longer may."""
    administrators = queries.administrators_locked(session)
    account = queries.to_be_changed(session, account_id)
    if account.role == role:
        return
    if role != Role.ADMIN:
        _keep_one(account, administrators)
    audit.record(session, by, "account.role-changed", account.id, was=account.role.word, role=role.word)
    account.role = role
    sessions.end_all_of(session, account.id)
    if role == Role.VIEWER:
        events.emit(session, "account.made-viewer", account)


def deactivate(session: Session, account_id: UUID, successor_id: UUID | None, by: Actor) -> None:
    """Nothing opens to it any more, and what was assigned to it goes to the successor, or back to everybody."""
    administrators = queries.administrators_locked(session)
    account = queries.to_be_changed(session, account_id)
    if not account.is_active:
        return
    _keep_one(account, administrators)
    successor = successor_id and _able_successor(session, account, successor_id)
    account.deactivated_at = now(session)
    sessions.end_all_of(session, account.id)
    keys.revoke_all_of(session, account.id)
    links.end_all_of(session, account.id)
    audit.record(session, by, "account.deactivated", account.id, successor=successor)
    events.emit(session, "account.deactivated", account, successor=successor)


def _keep_one(leaving: Account, administrators: Sequence[UUID]) -> None:
    """Nobody could ever let anybody in again."""
    if set(administrators) == {leaving.id}:
        raise Conflict("This is the last administrator. Make somebody else one first.", code="last-administrator")


def _able_successor(session: Session, leaving: Account, successor_id: UUID) -> UUID:
    able = {account.id for account in queries.who_may_be_assigned(session)} - {leaving.id}
    if successor_id not in able:
        sentence = "Please choose a colleague who is here and may write."
        raise Invalid("Nothing was changed.", fields={"successor_id": sentence})
    return successor_id


def reactivate(session: Session, account_id: UUID, by: Actor) -> None:
    """With its old password and role; its sessions and keys stay ended."""
    account = queries.to_be_changed(session, account_id)
    if account.is_active:
        return
    account.deactivated_at = None
    audit.record(session, by, "account.reactivated", account.id)
    events.emit(session, "account.reactivated", account)


def change_own_name(session: Session, name: str, by: Actor) -> None:
    account = queries.to_be_changed(session, queries.own_account(session, by).id)
    account.name = name
    audit.record(session, by, "account.changed", account.id, fields=["name"])


def change_password(session: Session, proof: sessions.Proof, password_hash: str, by: Actor, user_agent: str) -> str:
    """Every session ends, this one too; the token of a new one for this browser is given back. Keys work on."""
    account = queries.to_be_changed(session, proof.account_id)
    if account.password_hash != proof.password_hash:
        raise ChangedMeanwhile("The password was changed meanwhile; please sign in with the new one.")
    set_password(session, account, password_hash)
    audit.record(session, by, "account.changed", account.id, fields=["password"])
    return sessions.sign_in(session, sessions.Proof(account.id, "password", password_hash), user_agent).token


def set_password(session: Session, account: Account, password_hash: str) -> None:
    """Whoever knew the old one keeps nothing that it opened: no session, and no link they may have asked for."""
    account.password_hash = password_hash
    sessions.end_all_of(session, account.id)
    links.end_those_asked_for(session, account.id)


def ask_for_new_email(session: Session, email: str, by: Actor) -> None:
    """Nothing changes until the link that goes to the new address is used."""
    account = queries.own_account(session, by)
    if queries.by_email(session, email) is not None:
        raise taken(email)
    under = mark_of_password(account)
    jobs.enqueue(session, SEND_NEW_EMAIL, unique=str(account.id), account=account.id, email=email, password=under)
    audit.record(session, by, "account.asked-for-new-email", account.id)


def mark_of_password(account: Account) -> str:
    """Another once the password is another: what was asked for under the old one no longer counts."""
    return tokens.hash_of(account.password_hash or "").hex()[:16]


def take_email(session: Session, account: Account, email: str) -> None:
    """The address it had is told, in case somebody else is behind this, and links that went there end."""
    old = account.email
    try:
        with session.begin_nested():
            account.email = email
            session.flush()
    except IntegrityError:
        raise taken(email) from None
    links.end_those_asked_for(session, account.id)
    jobs.enqueue(session, TELL_OLD_EMAIL, account=account.id, email=old)
    audit.record(session, account.as_actor(), "account.changed", account.id, fields=["email"])


def taken(email: str) -> Conflict:
    return Conflict(
        "Nothing was changed.", code="email-taken", fields={"email": f"There is an account with {email} already."}
    )
