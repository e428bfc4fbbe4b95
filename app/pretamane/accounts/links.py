"""One-time links: to look at one changes nothing, to use one ends it."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from pretamane.accounts.models import Account, Link, Purpose
from pretamane.core import tokens
from pretamane.core.database import now
from pretamane.core.errors import NotFound
from pretamane.core.ids import new_id

# An invitation waits for somebody's return from a holiday; the others are asked for by somebody who waits for them.
LIVES = {
    Purpose.FIRST_ADMIN: timedelta(days=1),
    Purpose.INVITATION: timedelta(days=7),
    Purpose.RESET: timedelta(hours=2),
    Purpose.RESCUE: timedelta(hours=2),
    Purpose.NEW_EMAIL: timedelta(days=1),
}


@dataclass(frozen=True)
class UsableLink:
    """What a link is for, and whom; the first administrator is nobody yet."""

    purpose: Purpose
    account_id: UUID | None
    email: str
    name: str
    new_email: str | None


def make(session: Session, purpose: Purpose, account_id: UUID | None = None, new_email: str | None = None) -> str:
    """The token of a new link, told this once; an older one for the same is replaced."""
    token = tokens.new_token()
    told = {
        "token_hash": tokens.hash_of(token),
        "new_email": new_email,
        "ends_at": now(session) + LIVES[purpose],
    }
    known = {"id": new_id(), "purpose": purpose.value, "account_id": account_id}
    session.execute(
        insert(Link)
        .values(known | told)
        .on_conflict_do_update(index_elements=[Link.purpose, Link.account_id], set_=told)
    )
    return token


def look_at(session: Session, token: str) -> UsableLink:
    """Mail programs open every link they see, so this may happen any number of times."""
    found = session.execute(
        select(Link.purpose, Link.account_id, Link.new_email, Account.email, Account.name, Account.deactivated_at)
        .outerjoin(Account, Account.id == Link.account_id)
        .where(Link.token_hash == tokens.hash_of(token), Link.ends_at > now(session))
    ).one_or_none()
    if found is None or found.deactivated_at is not None:
        raise ended()
    return UsableLink(Purpose(found.purpose), found.account_id, found.email or "", found.name or "", found.new_email)


def use(session: Session, token: str, *purposes: Purpose) -> UsableLink:
    """Of two who use it at once, one finds it ended."""
    link = look_at(session, token)
    used = delete(Link).where(Link.token_hash == tokens.hash_of(token), Link.purpose.in_(purposes))
    if session.execute(used.returning(Link.id)).first() is None:
        raise ended()
    return link


def end_all_of(session: Session, account_id: UUID) -> None:
    session.execute(delete(Link).where(Link.account_id == account_id))


def end_those_asked_for(session: Session, account_id: UUID) -> None:
    """All but the operator's rescue: whoever shut the owner out, by password or mailbox, must not end that too."""
    asked_for = (Link.account_id == account_id, Link.purpose != Purpose.RESCUE)
    session.execute(delete(Link).where(*asked_for))


def ended() -> NotFound:
    return NotFound(
        "This link has been used already, or has run out, or a newer one has taken its place.", code="link-ended"
    )
