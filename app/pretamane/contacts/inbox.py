"""What staff do with messages. Each change names the version that was seen, and none overwrites another."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from pretamane.contacts import colleagues
from pretamane.contacts.models import ANSWER, DONE, NEW, OPEN, SPAM, BlockedSender, Note, Submission
from pretamane.contacts.people import hold_merges, meet
from pretamane.core import audit, events, jobs
from pretamane.core.actors import Actor
from pretamane.core.addresses import normalised_email
from pretamane.core.database import now
from pretamane.core.errors import ChangedMeanwhile, Conflict, NotFound
from pretamane.core.events import Event
from pretamane.core.http.versions import Seen
from pretamane.core.jobs import queries as job_queries
from pretamane.core.undo import GRACE, nothing_to_undo, refuse_unless_possible

CHANGED = "submissions.changed"
SEND_ANSWER = "contacts.send-answer"
MARKED = "marked by staff"
REFUSED = "no mail reaches this address"
GIVEN_UP = "every attempt failed, and an administrator can have it tried again"


@dataclass(frozen=True)
class Change:
    """New values for what is known about a message, and what becomes of the sender of spam."""

    values: Mapping[str, Any]
    blocking: bool = False
    unblocking: bool = False
    is_undo: bool = False


@dataclass(frozen=True)
class _Done:
    """What an undo would put back, and what is different now."""

    submission: Submission
    before: Mapping[str, Any]
    to: Mapping[str, Any]


@dataclass
class Outcome:
    """What became of several at once: those that somebody else was quicker with are left as they are."""

    changed: list[Submission] = field(default_factory=list)
    changed_meanwhile: list[UUID] = field(default_factory=list)
    event: Event | None = None


def change(
    session: Session, submission_id: UUID, seen: Seen, wanted: Change, by: Actor
) -> tuple[Submission, Event | None]:
    """Mark it, assign it, or both; nothing is told of a change that changes nothing."""
    outcome = change_several(session, {submission_id: seen}, wanted, by)
    if outcome.changed_meanwhile:
        raise ChangedMeanwhile("Somebody changed this message meanwhile, so nothing was overwritten.")
    [submission] = outcome.changed
    return submission, outcome.event


def change_several(session: Session, seen: Mapping[UUID, Seen], wanted: Change, by: Actor) -> Outcome:
    """Locked in one order, so that two who mark the same list wait for each other instead of failing.

    An account is locked before its messages, as when it is deactivated; merges are kept waiting before either.
    """
    if _will_meet(session, seen, wanted):
        hold_merges(session)
    assignee = wanted.values.get("assignee_id")
    is_able = wanted.is_undo or colleagues.can_be_given(session, assignee)
    outcome, done = Outcome(), []
    found = _locked(session, seen)
    if not is_able and any(each.assignee_id != assignee for each in found):
        raise colleagues.stranger()
    for submission in found:
        if submission.version not in seen[submission.id]:
            outcome.changed_meanwhile.append(submission.id)
            continue
        outcome.changed.append(submission)
        if different := _apply(session, submission, wanted, by):
            done.append(different)
    if done:
        session.flush()
        outcome.event = _tell(session, done, wanted, by)
    return outcome


def _locked(session: Session, wanted: Collection[UUID]) -> Sequence[Submission]:
    query = select(Submission).where(Submission.id.in_(wanted)).order_by(Submission.id).with_for_update()
    found = session.scalars(query.execution_options(populate_existing=True)).all()
    if len(found) < len(wanted):
        raise NotFound("There is no message with this id.")
    return found


def _apply(session: Session, submission: Submission, wanted: Change, by: Actor) -> _Done | None:
    """None when nothing is different. An undo leaves the sender's block alone unless the act itself touched it."""
    status = wanted.values.get("status", submission.status)
    is_welcome = submission.status == SPAM and status != SPAM
    blocked = wanted.blocking and status == SPAM and _block(session, submission, by)
    unblocked = (wanted.unblocking or (is_welcome and not wanted.is_undo)) and _unblock(session, submission)
    to = {name: value for name, value in wanted.values.items() if getattr(submission, name) != value}
    if not (to or blocked or unblocked):
        return None
    before = {name: getattr(submission, name) for name in (*to, "spam_reason")}
    if blocked or unblocked:
        before["blocked"] = unblocked
    if is_welcome:
        _welcome(session, submission)
    if submission.status != SPAM and status == SPAM:
        submission.spam_reason = MARKED
    for name, value in wanted.values.items():
        setattr(submission, name, value)
    _touch(session, submission)
    return _Done(submission, before, to)


def _touch(session: Session, submission: Submission) -> None:
    submission.version += 1
    submission.changed_at = now(session)


def _will_meet(session: Session, wanted: Collection[UUID], to: Change) -> bool:
    """Whether a contact is met for spam that is none: a merge that waits for its messages would wait for ever."""
    if to.values.get("status", SPAM) == SPAM:
        return False
    stranger = exists().where(Submission.id.in_(wanted), Submission.contact_id.is_(None))
    return session.execute(select(stranger)).scalar_one()


def _welcome(session: Session, submission: Submission) -> None:
    """What turns out to be no spam has a sender, who is a contact now."""
    submission.spam_reason = None
    if submission.contact_id is None:
        submission.contact_id = meet(session, submission)


def _block(session: Session, submission: Submission, by: Actor) -> bool:
    """Whether that is new."""
    sender = {"email": normalised_email(submission.email), "made_at": now(session), "blocked_by": by.name}
    blocked = insert(BlockedSender).values(sender).on_conflict_do_nothing().returning(BlockedSender.email)
    return session.scalar(blocked) is not None


def _unblock(session: Session, submission: Submission) -> bool:
    sender = BlockedSender.email == normalised_email(submission.email)
    return session.scalar(delete(BlockedSender).where(sender).returning(BlockedSender.email)) is not None


def _tell(session: Session, done: Sequence[_Done], wanted: Change, by: Actor) -> Event:
    """The event keeps the old values, which is what an undo puts back."""
    for each in done:
        sender = {"blocked": wanted.blocking, "unblocked": each.before.get("blocked", False)}
        audit.record(session, by, "submission.changed", each.submission.id, **sender, **each.to)
    to = {name: value for each in done for name, value in each.to.items()}
    rows = [[each.submission.id, each.submission.version, each.before] for each in done]
    return events.emit(
        session, CHANGED, done[0].submission, by=by.account_id, rows=rows, to=to, blocked=wanted.blocking
    )


def undo(session: Session, event_id: UUID, by: Actor) -> Outcome:
    """The same verb with the old values, for whoever did it and for some seconds: no link can make one up."""
    outcome = Outcome()
    for submission_id, version, before in undoable(session, event_id, by, GRACE).details["rows"]:
        one = change_several(session, {UUID(submission_id): [version]}, _back_to(before), by)
        outcome.changed += one.changed
        outcome.changed_meanwhile += one.changed_meanwhile
    return outcome


def _back_to(before: Mapping[str, Any]) -> Change:
    """Without a word about the sender's block it was not touched, and is not now."""
    values = {name: value for name, value in before.items() if name != "blocked"}
    if values.get("assignee_id"):
        values["assignee_id"] = UUID(values["assignee_id"])
    was_blocked = before.get("blocked")
    return Change(values, blocking=was_blocked is True, unblocking=was_blocked is False, is_undo=True)


def undoable(session: Session, event_id: UUID, by: Actor, grace: timedelta = timedelta(0)) -> Event:
    """An act of this account's own that is young enough."""
    event = session.get(Event, event_id)
    if event is None or event.name != CHANGED:
        raise nothing_to_undo()
    whose = event.details["by"]
    refuse_unless_possible(whose and UUID(whose), event.made_at, by, now(session), grace)
    return event


def note(session: Session, submission_id: UUID, text: str, by: Actor) -> Note:
    """Adding a note overwrites nothing, so it needs no version."""
    if session.get(Submission, submission_id) is None:
        raise NotFound("There is no message with this id.")
    noted = Note.by(by, now(session), text, submission_id=submission_id)
    session.add(noted)
    audit.record(session, by, "submission.noted", submission_id)
    session.flush()
    return noted


def answer(session: Session, submission_id: UUID, seen: Seen, text: str, by: Actor, *, done: bool = False) -> Note:
    """Keep the answer and have it sent. Of two colleagues who answer at once, the second is told of the first."""
    [submission] = _locked(session, {submission_id: seen})
    if submission.version not in seen:
        raise ChangedMeanwhile("Somebody changed or answered this message meanwhile, so yours was not sent.")
    if submission.status == SPAM:
        raise Conflict("This message is marked as spam. Mark it as open before you answer it.")
    answered = Note.by(by, now(session), text, kind=ANSWER, submission_id=submission_id)
    session.add(answered)
    if done or submission.status == NEW:
        submission.status = DONE if done else OPEN
    _touch(session, submission)
    session.flush()
    jobs.enqueue(session, SEND_ANSWER, unique=str(answered.id), note=answered.id)
    audit.record(session, by, "submission.answered", submission_id, note=answered.id, done=done)
    return answered


def note_delivery(session: Session, note_id: UUID, *, left: bool) -> None:
    values = {"sent_at": now(session)} if left else {"failure": REFUSED}
    session.execute(update(Note).where(Note.id == note_id).values(values))


def note_fate(session: Session, event: Event) -> None:
    """Of the job that was to send an answer: staff see that it was given up, until somebody has it tried again."""
    if event.details["job"] != SEND_ANSWER:
        return
    job, state = job_queries.one(session, event.subject)
    failure = GIVEN_UP if state is job_queries.State.DEAD else None
    session.execute(update(Note).where(Note.id == UUID(job.args["note"])).values(failure=failure))


def hand_over(session: Session, event: Event) -> None:
    """When an account can do no work any more: its unfinished messages are the successor's, or nobody's again."""
    successor = event.details.get("successor")
    unfinished = (Submission.assignee_id == event.subject, Submission.status.in_((NEW, OPEN)))
    session.execute(select(Submission.id).where(*unfinished).order_by(Submission.id).with_for_update())
    session.execute(
        update(Submission)
        .where(*unfinished)
        .values(
            assignee_id=UUID(successor) if successor else None,
            version=Submission.version + 1,
            changed_at=now(session),
        )
    )
