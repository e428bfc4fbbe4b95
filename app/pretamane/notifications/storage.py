"""Measuring how full the house is, and telling its administrators when it nears what was meant to be used."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from pretamane.accounts import queries as accounts
from pretamane.core import jobs
from pretamane.core.jobs import Run
from pretamane.documents.overview import usage
from pretamane.practice import queries as practice
from pretamane.practice import service as practice_service
from pretamane.web.mail import Post

MEASURE = practice_service.MEASURE_STORAGE
TELL = "notifications.storage"


def measure(run: Run) -> None:
    run.finish(_measure)


def _measure(session: Session) -> None:
    """One mail to each administrator for each mark that is passed."""
    passed = practice_service.note_storage(session, usage.total(session))
    if passed:
        for account in accounts.administrators(session):
            jobs.enqueue(session, TELL, unique=str(account), account=account, passed=passed)


def tell_administrator(post: Post, run: Run) -> None:
    """Nothing any more of what has passed by since: somebody made room, or raised the quota."""
    notice = run.read(_notice, UUID(run.args["account"]), run.args["passed"])
    if notice is not None:
        to, context = notice
        post.send(run, "notifications/storage", to, _SUBJECTS[run.args["passed"]], **context)


_SUBJECTS = {80: "The storage for documents is nearly full", 100: "The storage for documents is full"}


def _notice(session: Session, account_id: UUID, passed: int) -> tuple[str, dict[str, Any]] | None:
    account, ours = accounts.account(session, account_id), practice.current(session)
    if account.deactivated_at is not None or (ours.fullness or 0) < passed:
        return None
    context: dict[str, Any] = {"used": ours.storage_used, "quota": ours.storage_quota, "fullness": ours.fullness}
    return account.email, context
