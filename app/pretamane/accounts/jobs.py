"""Mails about accounts. The job that sends a link makes it, so no token waits in a queue; a retry makes a new one."""

from uuid import UUID

from sqlalchemy.orm import Session

from pretamane.accounts import links, queries, service
from pretamane.accounts.models import Account, Purpose
from pretamane.core.errors import NotFound
from pretamane.core.jobs import Run, Task
from pretamane.practice import queries as practice_queries
from pretamane.web.mail import FOR_A_DAY, Post


class Letters:
    """The mails that accounts need, and what sends them."""

    def __init__(self, post: Post) -> None:
        self.post = post

    def tasks(self) -> list[Task]:
        return [
            Task(service.SEND_INVITATION, self.send_invitation, FOR_A_DAY),
            Task(service.SEND_RESET, self.send_reset, FOR_A_DAY),
            Task(service.SEND_NEW_EMAIL, self.send_new_email, FOR_A_DAY),
            Task(service.TELL_OLD_EMAIL, self.tell_old_email, FOR_A_DAY),
        ]

    def send_invitation(self, run: Run) -> None:
        account = run.read(_active, UUID(run.args["account"]))
        if account is None or not account.is_invited:
            return
        practice = run.read(_practice_name)
        token = run.read(links.make, Purpose.INVITATION, account.id)
        subject = f"You are invited to work with {practice}"
        self.post.send(
            run, "accounts/invitation", account.email, subject, link=link_address(self.post.public_url, token)
        )

    def send_reset(self, run: Run) -> None:
        account = run.read(queries.by_email, run.args["email"])
        if account is None or not account.is_active or account.is_invited:
            return
        token = run.read(links.make, Purpose.RESET, account.id)
        link = link_address(self.post.public_url, token)
        self.post.send(run, "accounts/reset", account.email, "Set a new password", link=link, name=account.name)

    def send_new_email(self, run: Run) -> None:
        account, email = run.read(_active, UUID(run.args["account"])), run.args["email"]
        if account is None or service.mark_of_password(account) != run.args["password"]:
            return
        token = run.read(links.make, Purpose.NEW_EMAIL, account.id, email)
        link, subject = link_address(self.post.public_url, token), "Confirm your new e-mail address"
        self.post.send(run, "accounts/new-email", email, subject, link=link, name=account.name)

    def tell_old_email(self, run: Run) -> None:
        account = run.read(_active, UUID(run.args["account"]))
        if account is not None:
            subject = "Your e-mail address was changed"
            self.post.send(run, "accounts/old-email", run.args["email"], subject, name=account.name)


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
