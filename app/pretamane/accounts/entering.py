"""How people get in without a session: the first administrator, the invited, and those who lost their way in."""

from sqlalchemy.orm import Session

from pretamane.accounts import keys, links, queries, service
from pretamane.accounts.links import UsableLink
from pretamane.accounts.models import Account, Purpose
from pretamane.accounts.schemas import FirstAdministratorIn, ProfileIn, as_kept
from pretamane.accounts.sessions import Proof
from pretamane.core import audit, jobs
from pretamane.core.actors import OPERATOR, Role
from pretamane.core.database import now
from pretamane.core.errors import Conflict, NotFound


def make_first_administrators_link(session: Session) -> str:
    """For whoever has the command line, and only while nobody can let others in."""
    if queries.has_administrator(session):
        raise Conflict(
            "There is an administrator already. If they are locked out, use: pretamane admin rescue E-MAIL.",
            code="administrator-exists",
        )
    token = links.make(session, Purpose.FIRST_ADMIN)
    audit.record(session, OPERATOR, "account.first-administrator-link-made")
    return token


def become_first_administrator(session: Session, token: str, wanted: FirstAdministratorIn, password_hash: str) -> Proof:
    links.use(session, token, Purpose.FIRST_ADMIN)
    if queries.has_administrator(session):
        raise links.ended()
    if queries.by_email(session, wanted.email) is not None:
        raise service.taken(wanted.email)
    account = Account(email=wanted.email, name=wanted.name, role=Role.ADMIN, password_hash=password_hash)
    account.made_at = now(session)
    session.add(account)
    session.flush()
    audit.record(session, account.as_actor(), "account.made", account.id, role=Role.ADMIN.word)
    return Proof(account.id, "link")


def accept_invitation(session: Session, token: str, wanted: ProfileIn, password_hash: str) -> Proof:
    """Once: a link that was made while another was being used must not set a password anew."""
    account = _owner_of(session, links.use(session, token, Purpose.INVITATION))
    if not account.is_invited:
        raise links.ended()
    account.name, account.password_hash = wanted.name, password_hash
    audit.record(session, account.as_actor(), "account.accepted-invitation", account.id)
    return Proof(account.id, "link")


def ask_for_reset(session: Session, email: str) -> None:
    """The same work for any address; whether it is somebody's is found out by the job, where nobody is watching."""
    jobs.enqueue(session, service.SEND_RESET, unique=email, email=email)


def rescue(session: Session, email: str) -> str:
    """For whoever has the command line: a link with which a locked-out administrator sets a new password."""
    account = queries.by_email(session, as_kept(email))
    if account is None or account.role != Role.ADMIN or not account.is_active:
        raise NotFound("No administrator who is active has this e-mail address.")
    token = links.make(session, Purpose.RESCUE, account.id)
    audit.record(session, OPERATOR, "account.rescue-link-made", account.id)
    return token


def reset_password(session: Session, token: str, password_hash: str) -> None:
    """Keys end too: who lost the password cannot tell which of them a thief has made."""
    account = _owner_of(session, links.use(session, token, Purpose.RESET, Purpose.RESCUE))
    service.set_password(session, account, password_hash)
    revoked = keys.revoke_all_of(session, account.id)
    audit.record(session, account.as_actor(), "account.changed", account.id, fields=["password"], keys_revoked=revoked)


def confirm_new_email(session: Session, token: str) -> None:
    link = links.use(session, token, Purpose.NEW_EMAIL)
    if link.new_email is None:
        raise links.ended()
    service.take_email(session, _owner_of(session, link), link.new_email)


def _owner_of(session: Session, link: UsableLink) -> Account:
    if link.account_id is None:
        raise links.ended()
    account = queries.to_be_changed(session, link.account_id)
    if not account.is_active:
        raise links.ended()
    return account
