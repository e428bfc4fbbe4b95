"""What is left to do in a new house. Each step is read from what is there: nobody ticks it."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from pretamane.contacts import queries as contacts
from pretamane.core import audit
from pretamane.practice import queries as practice
from pretamane.practice.models import UNNAMED


@dataclass(frozen=True)
class Step:
    name: str
    is_done: bool
    advice: str
    address: str | None = None


@dataclass(frozen=True)
class Checklist:
    steps: tuple[Step, ...]

    @property
    def left(self) -> int:
        return sum(not step.is_done for step in self.steps)


def checklist(session: Session, *, mail_goes_out: bool) -> Checklist:
    house = practice.current(session)
    return Checklist(
        (
            Step("The practice has a name", house.name != UNNAMED, "Visitors read it on the website and in mail."),
            Step("Somebody hears of new messages", house.recipient is not None, "Say which e-mail address does."),
            Step(
                "Mail goes out",
                mail_goes_out,
                "Whoever runs this house names a mail server in the setting MAIL_URL; until then mail stays in files.",
            ),
            Step(
                "A colleague is invited",
                audit.has_happened(session, "account.invited"),
                "Whoever works here gets an account of their own.",
                "/app/settings/accounts",
            ),
            Step(
                "The first message has arrived",
                contacts.count_messages(session) > 0,
                "Send yourself one, as a visitor would.",
                "/contact.html",
            ),
        )
    )
