"""Mails about accounts. The job that sends a link makes it, so no token waits in a queue; a retry makes a new one."""

from datetime import timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from pretamane.accounts import links, queries, service
from pretamane.accounts.models import Account, Purpose
from pretamane.core.errors import NotFound
from pretamane.core.jobs import Run, Task, Tries
from pretamane.practice import queries as practice_queries

# A mail server may be away for a day; after that whoever waits has asked again.
TRIES = Tries(attempts=None, within=timedelta(hours=24))


class Post(Protocol):
    """Whatever sends a mail made of a template's text and HTML."""

    def send(self, run: Run, template: str, to: str, subject: str, **context: object) -> object: ...


class Letters:
    def __init__(self, post: Post, public_url: str) -> None:
        self.post, self.public_url = post, public_url

    def tasks(self) -> list[Task]:
        return [
            Task(service.SEND_INVITATION, self.send_invitation, TRIES),
            Task(service.SEND_RESET, self.send_reset, TRIES),
            Task(service.SEND_NEW_EMAIL, self.send_new_email, TRIES),
            Task(service.TELL_OLD_EMAIL, self.tell_old_email, TRIES),
        ]

    def send_invitation(self, run: Run) -> None:
        account = run.read(_active, UUID(run.args["account"]))
        if account is None or not account.is_invited:
            return
        practice = run.read(_practice_name)
        token = run.read(links.make, Purpose.INVITATION, account.id)
        subject = f"You are invited to work with {practice}"
        self.post.send(run, "accounts/invitation", account.email, subject, link=self._address(token))

    def send_reset(self, run: Run) -> None:
        account = run.read(queries.by_email, run.args["email"])
        if account is None or not account.is_active or account.is_invited:
            return
        token = run.read(links.make, Purpose.RESET, account.id)
        told = {"link": self._address(token), "name": account.name}
        self.post.send(run, "accounts/reset", account.email, "Set a new password", **told)

    def send_new_email(self, run: Run) -> None:
        account, email = run.read(_active, UUID(run.args["account"])), run.args["email"]
        if account is None or service.mark_of_password(account) != run.args["password"]:
            return
        token = run.read(links.make, Purpose.NEW_EMAIL, account.id, email)
        told = {"link": self._address(token), "name": account.name}
        self.post.send(run, "accounts/new-email", email, "Confirm your new e-mail address", **told)

    def tell_old_email(self, run: Run) -> None:
        account = run.read(_active, UUID(run.args["account"]))
        if account is not None:
            subject = "Your e-mail address was changed"
            self.post.send(run, "accounts/old-email", run.args["email"], subject, name=account.name)

    def _address(self, token: str) -> str:
        return link_address(self.public_url, token)


def link_address(public_url: str, token: str) -> str:
    return f"{public_url}/app/link/{token}"


def _active(session: Session, account_id: UUID) -> Account | None:
    try:
        account = queries.account(session, account_id)
    except NotFound:
        return None
    return account if account.is_active else None


def _practice_name(session: Session) -> str:
    return practice_queries.current(session).name
