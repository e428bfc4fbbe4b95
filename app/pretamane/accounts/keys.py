"""API keys: made by a person for a program, shown once."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from pretamane.accounts import queries
from pretamane.accounts.models import Account, Key
from pretamane.accounts.schemas import KeyIn
from pretamane.core import audit
from pretamane.core.actors import Actor, Role, Scope
from pretamane.core.database import now
from pretamane.core.errors import Conflict, Invalid, NotFound
from pretamane.core.ids import new_id
from pretamane.core.tokens import ApiKey

# A role that may not do it itself gets no key that may.
LEAST_ROLE = {
    Scope.CONTACTS_READ: Role.VIEWER,
    Scope.CONTACTS_WRITE: Role.STAFF,
    Scope.DOCUMENTS_READ: Role.VIEWER,
    Scope.DOCUMENTS_WRITE: Role.STAFF,
    Scope.ADMIN: Role.ADMIN,
}
# Far more than a practice has programs, and few enough to read through.
MOST = 50


def make_key(session: Session, wanted: KeyIn, by: Actor) -> tuple[Key, str]:
    """The key as it is kept, and its text, which is told this once."""
    account = _who_may_have_one_more(session, by)
    beyond = [scope for scope in wanted.scopes if by.role < LEAST_ROLE[scope]]
    if beyond:
        sentence = f"Your role does not allow {', '.join(sorted(beyond))}, so your key cannot either."
        raise Invalid("The key was not made.", fields={"scopes": sentence})
    key, text = _keep_under_a_free_prefix(session, account, wanted)
    audit.record(session, by, "key.made", key.id, scopes=sorted(wanted.scopes), days=wanted.days)
    return key, text


def _who_may_have_one_more(session: Session, by: Actor) -> Account:
    account = queries.to_be_changed(session, queries.own_account(session, by).id)
    if len(queries.usable_keys_of(session, by)) >= MOST:
        raise Conflict(f"You have {MOST} keys already. Please revoke one that is not used.", code="too-many-keys")
    return account


def _keep_under_a_free_prefix(session: Session, account: Account, wanted: KeyIn) -> tuple[Key, str]:
    """Prefixes are drawn blindly; one that is taken is drawn again."""
    at, kept, text = now(session), None, ""
    while kept is None:
        drawn = ApiKey.draw()
        text = str(drawn)
        row = {"prefix": drawn.prefix, "secret_hash": drawn.hash, "ends_at": _end(at, wanted.days), "made_at": at}
        about = {"id": new_id(), "account_id": account.id, "name": wanted.name, "scopes": sorted(wanted.scopes)}
        kept = session.scalar(
            insert(Key).values(row | about).on_conflict_do_nothing(index_elements=[Key.prefix]).returning(Key)
        )
    return kept, text


def _end(at: datetime, days: int | None) -> datetime | None:
    return None if days is None else at + timedelta(days=days)


def revoke_key(session: Session, key_id: UUID, by: Actor) -> None:
    """At once and for good. Of somebody else's key it is not told that there is one."""
    key = session.scalar(
        select(Key).where(Key.id == key_id, Key.account_id == by.account_id).with_for_update(key_share=True)
    )
    if key is None:
        raise NotFound("You have no such key.")
    if key.revoked_at is None:
        key.revoked_at = now(session)
        audit.record(session, by, "key.revoked", key.id)


def revoke_all_of(session: Session, account_id: UUID) -> int:
    """How many there were."""
    held = update(Key).where(Key.account_id == account_id, Key.revoked_at.is_(None))
    return len(session.execute(held.values(revoked_at=now(session)).returning(Key.id)).all())
