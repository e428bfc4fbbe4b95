"""The mails about a message, sent after the answer."""

from contextlib import suppress
from uuid import UUID

from pretamane.core.errors import Undeliverable
from pretamane.core.jobs import Run
from pretamane.notifications import queries, service
from pretamane.web.mail import Post


def tell_everyone(run: Run) -> None:
    run.finish(service.tell_everyone, _submission(run))


def tell_practice(post: Post, run: Run) -> None:
    submission = _submission(run)
    if notice := run.read(queries.notice_to_practice, submission):
        inbox = f"{post.public_url}/app/inbox/{submission}"
        _send(post, run, "notifications/new-message", notice, inbox=inbox)


def thank_visitor(post: Post, run: Run) -> None:
    """An address that nobody has was typed by a stranger, and is nothing that a person here should look at."""
    if notice := run.read(queries.thanks_to_visitor, _submission(run)):
        with suppress(Undeliverable):
            _send(post, run, "notifications/thanks", notice)


def _send(post: Post, run: Run, template: str, notice: queries.Notice, **more: object) -> None:
    how = {**notice.context, **more}
    post.send(run, template, notice.to, notice.subject, reply_to=notice.reply_to, is_written_by_a_person=False, **how)


def _submission(run: Run) -> UUID:
    return UUID(run.args["submission"])
