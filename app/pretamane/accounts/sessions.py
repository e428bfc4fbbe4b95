"""Signing in and out, and the sessions in between."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from pretamane.accounts import passwords, queries
from pretamane.accounts.models import USER_AGENT_LENGTH, Account, Link, SignedInSession
from pretamane.accounts.recognition import LONGEST
from pretamane.core import audit, tokens
from pretamane.core.actors import Actor
from pretamane.core.database import now
from pretamane.core.errors import Invalid, NotFound
from pretamane.core.unit_of_work import UnitOfWork

SIGN_INS = Counter("sign_ins_total", "Attempts to sign in with a password, by what came of them.", ["outcome"])


@dataclass(frozen=True)
class Proof:
    """Who was proved to be there, and by what. A second factor, or another house's word, will be further kinds."""

    account_id: UUID
    by: Literal["password", "link"]
    password_hash: str | None = None
    rehashed: str | None = None


@dataclass(frozen=True)
class SignedIn:
    """The token goes into the browser's cookie and nowhere else."""

    token: str
    proof: Proof


def prove_password(work: UnitOfWork, email: str, password: str) -> Proof:
    """No connection is held while the password is checked, and an unknown address takes as long as a known one."""
    known = work.run_now(queries.credentials, email)
    if not passwords.matches(known.password_hash if known else None, password) or known is None:
        SIGN_INS.labels("refused").inc()
        raise Invalid("The e-mail address or the password is not right.", code="wrong-credentials")
    SIGN_INS.labels("proved").inc()
    kept = known.password_hash
    rehashed = passwords.hashed(password) if kept and passwords.is_outdated(kept) else None
    return Proof(known.account_id, "password", kept, rehashed)


def prove_own_password(work: UnitOfWork, by: Actor, password: str) -> Proof:
    """Asked once more before what a stranger at an open desk must not do."""
    email = work.run_now(queries.own_account, by).email
    try:
        return prove_password(work, email, password)
    except Invalid:
        sentence = "That is not your password."
        raise Invalid("Nothing was changed.", fields={"current_password": sentence}) from None


def sign_in(session: Session, proof: Proof, user_agent: str, *, replacing: str | None = None) -> SignedIn:
    """Always a new session: one that the browser brought along may be known to somebody else, so it ends."""
    account = queries.to_be_changed(session, proof.account_id)
    if not account.is_active or (proof.by == "password" and account.password_hash != proof.password_hash):
        raise Invalid("The e-mail address or the password is not right.", code="wrong-credentials")
    if proof.rehashed is not None:
        account.password_hash = proof.rehashed
    if replacing:
        session.execute(delete(SignedInSession).where(SignedInSession.token_hash == tokens.hash_of(replacing)))
    token = _open(session, account, user_agent)
    audit.record(session, account.as_actor(), "account.signed-in", account.id, proved_by=proof.by)
    return SignedIn(token, proof)


def _open(session: Session, account: Account, user_agent: str) -> str:
    token, at = tokens.new_token(), now(session)
    opened = SignedInSession(account_id=account.id, token_hash=tokens.hash_of(token), made_at=at, seen_at=at)
    opened.ends_at = at + LONGEST
    opened.user_agent = "".join(filter(str.isprintable, user_agent))[:USER_AGENT_LENGTH]
    session.add(opened)
    return token


def sign_out(session: Session, by: Actor) -> None:
    session.execute(delete(SignedInSession).where(SignedInSession.id == by.session_id))
    audit.record(session, by, "account.signed-out", by.account_id)


def end_session(session: Session, session_id: UUID, by: Actor) -> None:
    """One of one's own; that others exist is nobody's business."""
    owned = (SignedInSession.id == session_id, SignedInSession.account_id == by.account_id)
    if session.scalar(select(SignedInSession.id).where(*owned)) is None:
        raise NotFound("You have no such session; it may have ended by itself.")
    session.execute(delete(SignedInSession).where(*owned))
    audit.record(session, by, "session.ended", session_id)


def end_other_sessions(session: Session, by: Actor) -> None:
    """For whoever left a browser open somewhere."""
    others = (SignedInSession.account_id == by.account_id, SignedInSession.id != by.session_id)
    session.execute(delete(SignedInSession).where(*others))
    audit.record(session, by, "session.ended-others", by.account_id)


def forget_ended(session: Session, at: datetime) -> None:
    session.execute(delete(SignedInSession).where(SignedInSession.ends_at <= at))
    session.execute(delete(Link).where(Link.ends_at <= at))


def end_all_of(session: Session, account_id: UUID) -> None:
    session.execute(delete(SignedInSession).where(SignedInSession.account_id == account_id))
