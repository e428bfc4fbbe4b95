"""Reads of accounts, sessions and keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from pretamane.accounts.models import Account, Key, SignedInSession
from pretamane.accounts.recognition import IDLE
from pretamane.core.actors import Actor, Role
from pretamane.core.database import now
from pretamane.core.errors import NotFound

_IS_AN_ADMINISTRATOR = and_(
    Account.role == Role.ADMIN, Account.deactivated_at.is_(None), Account.password_hash.is_not(None)
)

_CAN_WORK = and_(Account.deactivated_at.is_(None), Account.password_hash.is_not(None), Account.role != Role.VIEWER)


@dataclass(frozen=True)
class Credentials:
    account_id: UUID
    password_hash: str | None


def credentials(session: Session, email: str) -> Credentials | None:
    """What signing in is checked against; nobody's, once deactivated."""
    asked = select(Account.id, Account.password_hash).where(Account.email == email, Account.deactivated_at.is_(None))
    found = session.execute(asked).one_or_none()
    return Credentials(found.id, found.password_hash) if found else None


def by_email(session: Session, email: str) -> Account | None:
    return session.scalar(select(Account).where(Account.email == email))


def account(session: Session, account_id: UUID) -> Account:
    found = session.get(Account, account_id)
    if found is None:
        raise _no_such_account()
    return found


def own_account(session: Session, by: Actor) -> Account:
    if by.account_id is None:
        raise _no_such_account()
    return account(session, by.account_id)


def to_be_changed(session: Session, account_id: UUID) -> Account:
    """Locked until the commit, and as it is now; rows that only refer to it are not kept waiting."""
    asked = select(Account).where(Account.id == account_id).with_for_update(key_share=True)
    found = session.scalar(asked.execution_options(populate_existing=True))
    if found is None:
        raise _no_such_account()
    return found


def administrators_locked(session: Session) -> Sequence[UUID]:
    """In one order for all, so that two who dismiss each other wait instead of locking each other out."""
    asked = select(Account.id).where(_IS_AN_ADMINISTRATOR).order_by(Account.id).with_for_update(key_share=True)
    return session.scalars(asked).all()


def administrators(session: Session) -> Sequence[UUID]:
    return session.scalars(select(Account.id).where(_IS_AN_ADMINISTRATOR).order_by(Account.id)).all()


def has_administrator(session: Session) -> bool:
    return session.scalar(select(Account.id).where(_IS_AN_ADMINISTRATOR).limit(1)) is not None


def everybody(session: Session) -> Sequence[Account]:
    """A practice has few accounts; those who left come last."""
    return session.scalars(
        select(Account).order_by(Account.deactivated_at.is_not(None), Account.name, Account.id)
    ).all()


def who_is_here(session: Session) -> Sequence[Account]:
    """Everybody but those who left."""
    return session.scalars(
        select(Account).where(Account.deactivated_at.is_(None)).order_by(Account.name, Account.id)
    ).all()


def who_may_be_assigned(session: Session) -> Sequence[Account]:
    """Whoever can do the work: staff and administrators who are here."""
    return session.scalars(select(Account).where(_CAN_WORK).order_by(Account.name, Account.id)).all()


def may_be_assigned_for_now(session: Session, account_id: UUID) -> bool:
    """And it stays so until the commit: who would change it waits."""
    asked = select(Account.id).where(Account.id == account_id, _CAN_WORK).with_for_update(read=True)
    return session.scalar(asked) is not None


def names_of(session: Session, account_ids: Sequence[UUID]) -> dict[UUID, str]:
    asked = select(Account.id, Account.name).where(Account.id.in_(account_ids))
    return {row.id: row.name for row in session.execute(asked)}


def sessions_of(session: Session, by: Actor) -> Sequence[SignedInSession]:
    """Those that are open, the one seen last first."""
    at = now(session)
    asked = select(SignedInSession).where(
        SignedInSession.account_id == by.account_id, SignedInSession.ends_at > at, SignedInSession.seen_at > at - IDLE
    )
    return session.scalars(asked.order_by(SignedInSession.seen_at.desc(), SignedInSession.id)).all()


def keys_of(session: Session, by: Actor) -> Sequence[Key]:
    """Revoked ones too, for a while it is good to know that they are; the newest first."""
    return session.scalars(select(Key).where(Key.account_id == by.account_id).order_by(Key.id.desc())).all()


def usable_keys_of(session: Session, by: Actor) -> Sequence[Key]:
    at = now(session)
    return [key for key in keys_of(session, by) if is_usable(key, at)]


def is_usable(key: Key, at: datetime) -> bool:
    return key.revoked_at is None and (key.ends_at is None or key.ends_at > at)


def _no_such_account() -> NotFound:
    return NotFound("There is no such account.")
