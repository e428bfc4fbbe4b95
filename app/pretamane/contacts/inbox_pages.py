"""The inbox: every message by what became of it, and what can be done to several at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from pretamane.accounts import queries as accounts
from pretamane.contacts import colleagues, inbox, lists
from pretamane.contacts.inbox import Change
from pretamane.contacts.lists import Messages
from pretamane.contacts.models import SPAM, STATUSES
from pretamane.core.actors import Actor, Role
from pretamane.core.database import now
from pretamane.core.errors import AppError, Conflict, NotFound
from pretamane.core.events import Event
from pretamane.core.http.admission import Staff, Viewer
from pretamane.core.http.fields import Choices, Fields
from pretamane.core.undo import seconds_left
from pretamane.core.unit_of_work import Work
from pretamane.core.words import LONGEST_SEARCH
from pretamane.practice import queries as practice_queries
from pretamane.practice.schemas import PublicPractice
from pretamane.web import render

router = APIRouter(include_in_schema=False)

ADDRESS = "/app/inbox"
LABELS = {"new": "New", "open": "Open", "done": "Done", "spam": "Spam"}
BLOCK = "block"
UNDONE, NOT_UNDONE, MEANWHILE = "undone", "not-undone", "meanwhile"

Shown = Literal["new", "open", "done", "spam", "all"]

_TOLD = {
    "none-chosen": "Choose at least one message first.",
    MEANWHILE: "Some were changed by somebody else meanwhile, and were left as they are.",
    UNDONE: "That was undone.",
    NOT_UNDONE: "That could not be undone any more: it was too long ago, or was changed again.",
}


@dataclass(frozen=True)
class Filters:
    """What the address of the page says to show."""

    status: Shown = "new"
    assignee: str = ""
    q: str = ""
    cursor: str | None = None

    def address(self, cursor: str | None = None) -> str:
        return address(status=self.status, assignee=self.assignee, q=self.q, cursor=cursor)


@router.get(ADDRESS)
def show_inbox(
    actor: Viewer,
    work: Work,
    shown: Annotated[Filters, Depends(Filters)],
    done: UUID | None = None,
    told: str = "",
) -> Response:
    return render.page(
        "contacts/inbox.html",
        actor=actor,
        here="inbox",
        may_write=actor.role >= Role.STAFF,
        labels=LABELS,
        newest=shown.address() if shown.cursor else None,
        shown=shown,
        told=_TOLD.get(told),
        **work.run_now(_listed, shown, done, actor),
    )


def _listed(session: Session, shown: Filters, done: UUID | None, actor: Actor) -> dict[str, Any]:
    status = None if shown.status == "all" else shown.status
    which = Messages(status=status, assignee_id=_assignee(shown.assignee, actor), search=shown.q)
    page = lists.messages(session, which, after=shown.cursor)
    return {
        "practice": PublicPractice.of(practice_queries.current(session)),
        "tabs": _tabs(session, shown),
        "messages": page.items,
        "older": shown.address(page.next) if page.next else None,
        "table": _table(which),
        "names": accounts.names_of(session, [each.assignee_id for each in page.items if each.assignee_id]),
        "colleagues": colleagues.others(session, actor),
        "undo": undo_of(session, done, actor),
    }


def _table(which: Messages) -> str:
    """Where all that is shown here can be had as CSV."""
    asked = {"status": which.status, "assignee": which.assignee_id, "q": (which.search or "")[:LONGEST_SEARCH]}
    said = urlencode({name: value for name, value in asked.items() if value})
    return "/api/v1/submissions.csv" + (f"?{said}" if said else "")


def _assignee(asked: str, actor: Actor) -> UUID | None:
    return actor.account_id if asked == "me" else id_in(asked)


def id_in(text: str) -> UUID | None:
    """Nothing where a form's choice was left empty."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFound("There is nothing with this id.") from None


def address(**filters: str | None) -> str:
    return f"{ADDRESS}?{urlencode({name: value for name, value in filters.items() if value})}"


def _tabs(session: Session, shown: Filters) -> list[dict[str, Any]]:
    """Only what is counted by status alone has numbers: beside a filter they would be taken for its own."""
    there = {} if shown.assignee or shown.q else lists.counts(session)
    known = [(status, LABELS[status], _counted(there[status]) if there else "") for status in STATUSES]
    return [
        {
            "label": label,
            "count": count,
            "address": address(status=status, assignee=shown.assignee, q=shown.q),
            "is_here": status == shown.status,
        }
        for status, label, count in (*known, ("all", "All", ""))
    ]


def _counted(number: int) -> str:
    return f"{lists.COUNTED - 1}+" if number >= lists.COUNTED else str(number)


def undo_of(session: Session, event_id: UUID | None, actor: Actor) -> dict[str, Any] | None:
    """What the page offers to undo: the act's own event says what it was, and how long ago."""
    if event_id is None:
        return None
    try:
        event = inbox.undoable(session, event_id, actor)
    except (NotFound, Conflict):
        return None
    return {"event": event.id, "sentence": _sentence(event), "seconds": seconds_left(event.made_at, now(session))}


def _sentence(event: Event) -> str:
    number = len(event.details["rows"])
    what = "One message was" if number == 1 else f"{number} messages were"
    to, acts = event.details["to"], []
    if "assignee_id" in to:
        acts.append("assigned" if to["assignee_id"] else "given back")
    if "status" in to:
        acts.append(f"marked as {LABELS[to['status']].lower()}")
    if not acts:
        return "Further messages of the sender go to the spam."
    blocked = ", and further messages of the sender go there too" if event.details["blocked"] else ""
    return f"{what} {' and '.join(acts)}{blocked}."


@router.post(ADDRESS)
def change_chosen(actor: Staff, work: Work, typed: Choices) -> Response:
    back = _shown_in(typed)
    chosen = _chosen(typed)
    if not chosen:
        return RedirectResponse(address(**back, told="none-chosen"), 303)
    outcome = work.run_now(inbox.change_several, chosen, _wanted(str(typed.get("act"))), actor)
    told = MEANWHILE if outcome.changed_meanwhile else None
    return RedirectResponse(address(**back, done=str(outcome.event.id) if outcome.event else None, told=told), 303)


def _chosen(typed: Mapping[str, Any]) -> dict[UUID, list[int]]:
    """A box that is named after the message has the version that was seen as its value."""
    boxes = {name.removeprefix("message-"): value for name, value in typed.items() if name.startswith("message-")}
    try:
        return {UUID(name): [int(version)] for name, version in boxes.items()}
    except ValueError:
        raise Conflict("This form is not one of ours. Open the inbox again.") from None


def _wanted(act: str) -> Change:
    if act == BLOCK:
        return Change({"status": SPAM}, blocking=True)
    if act not in STATUSES:
        raise Conflict("This form is not one of ours. Open the inbox again.")
    return Change({"status": act})


@router.post("/app/undo/{event_id}")
def undo(actor: Staff, work: Work, event_id: UUID, typed: Fields) -> Response:
    return RedirectResponse(address(**_shown_in(typed), told=try_to_undo(work, event_id, actor)), 303)


def try_to_undo(work: Work, event_id: UUID, actor: Actor) -> str:
    """What to tell of it. Too late, or not as it was, is no failure that needs a page of its own."""
    try:
        outcome = work.run_now(inbox.undo, event_id, actor)
    except (NotFound, Conflict):
        return NOT_UNDONE
    if outcome.changed_meanwhile:
        return MEANWHILE if outcome.changed else NOT_UNDONE
    return UNDONE


def _shown_in(typed: Mapping[str, Any]) -> dict[str, str]:
    """What was looked at when the form was sent, down to the page of the list."""
    return {name: str(typed.get(name) or "") for name in ("status", "assignee", "q", "cursor")}


def told_by(refusal: AppError | None, told: str) -> str | None:
    return None if refusal else _TOLD.get(told)
