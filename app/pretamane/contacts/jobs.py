"""What the worker does for messages: it sends what staff answered."""

from uuid import UUID

from pretamane.contacts import inbox, queries
from pretamane.core.errors import Undeliverable
from pretamane.core.jobs import Run
from pretamane.web.mail import Post


def send_answer(post: Post, run: Run) -> None:
    """Read, send while no connection is held, then keep what became of it."""
    note_id = UUID(run.args["note"])
    letter = run.read(queries.letter, note_id)
    left = True
    try:
        post.send(
            run,
            "contacts/answer",
            letter.to,
            letter.subject,
            reply_to=letter.reply_to,
            is_written_by_a_person=True,
            **letter.context,
        )
    except Undeliverable:
        left = False
    run.finish(inbox.note_delivery, note_id, left=left)
