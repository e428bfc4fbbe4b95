"""What the mails about a message say."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pretamane.contacts import queries as contacts
from pretamane.notifications.models import Thanked
from pretamane.practice import queries as practice

# Names and nothing else: what a stranger writes here goes to an address of the stranger's choice.
_NAME = re.compile(r"[^\W\d_]+(?:[ '’-]+[^\W\d_]+|\.(?= |$))*")
LONGEST_NAME = 60


@dataclass(frozen=True)
class Notice:
    to: str
    subject: str
    reply_to: str | None
    context: dict[str, object]


def notice_to_practice(session: Session, submission: UUID) -> Notice | None:
    """None once there is nobody to tell, or nothing to tell about: the message is spam by now, or gone."""
    message, ours = contacts.message_to_tell(session, submission), practice.current(session)
    if message is None or ours.recipient is None:
        return None
    about = f": {message.subject}" if message.subject else ""
    return Notice(
        ours.recipient,
        f"New message from {message.name}{about}",
        message.email,
        {"message": message, "received": _spoken(message.received_at, ours.time_zone)},
    )


def thanks_to_visitor(session: Session, submission: UUID) -> Notice | None:
    """Of what the visitor typed it holds the name alone, and only if it looks like one."""
    message = contacts.message_to_tell(session, submission)
    if message is None:
        return None
    received = _spoken(message.received_at, practice.current(session).time_zone)
    return Notice(
        message.email,
        f"We have your message ({message.reference})",
        None,
        {"greeting": _greeting(message.name), "reference": message.reference, "received": received},
    )


def _greeting(name: str) -> str:
    return f"Dear {name}," if len(name) <= LONGEST_NAME and _NAME.fullmatch(name) else "Hello,"


def _spoken(at: datetime, time_zone: str) -> str:
    local = at.astimezone(ZoneInfo(time_zone))
    return f"{local.day} {local:%B %Y} at {local:%H:%M} ({time_zone})"


def thanked_at(session: Session, contacts: Collection[UUID]) -> datetime | None:
    """When one of these was last sent a thanks, as far as that is remembered."""
    return session.scalar(select(func.max(Thanked.thanked_at)).where(Thanked.contact_id.in_(contacts)))
