"""Accounts, as they leave one house and arrive in another: without passwords, keys and sessions."""

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from pretamane.accounts.models import Account
from pretamane.core import audit
from pretamane.core.actors import Actor, Role
from pretamane.core.addresses import normalised_email
from pretamane.core.moving import Row, Unfit, identity, moment, moment_or_none, sheet, words

SHEET = sheet(
    "accounts",
    select(Account.id, Account.email, Account.name, Account.role, Account.made_at, Account.deactivated_at).order_by(
        Account.made_at, Account.id
    ),
)


def bring(session: Session, row: Row, by: Actor) -> tuple[UUID, bool]:
    """Who stands for them here, and whether they are new: then somebody has to send them a link to come in by."""
    account_id, email = identity(row, "id"), normalised_email(words(row, "email"))
    known = select(Account.id).where(or_(Account.id == account_id, Account.email == email))
    found = session.scalar(known.order_by(Account.id != account_id))
    if found is not None:
        return found, False
    made_at, left_at = moment(row, "made_at"), moment_or_none(row, "deactivated_at")
    account = Account(id=account_id, email=email, name=words(row, "name"), role=_role(row), made_at=made_at)
    account.deactivated_at = left_at
    session.add(account)
    session.flush()
    audit.record(session, by, "account.brought", account_id, role=account.role.word)
    return account_id, True


def _role(row: Row) -> Role:
    word = words(row, "role")
    found = next((role for role in Role if role.word == word), None)
    if found is None:
        raise Unfit("role is none that there is")
    return found
