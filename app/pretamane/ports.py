"""What the outside world must offer; adapters say how."""

from datetime import datetime
from email.message import EmailMessage
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The time, aware and in UTC."""

    def monotonic(self) -> float:
        """Seconds that only ever grow, for measuring how long something took."""


class Dependency(Protocol):
    """Something outside this process that the platform leans on, and how to ask whether it is there."""

    name: str
    required: bool

    def probe(self) -> None:
        """Return when it answers; raise an OSError or an AppError when it does not. Bounded by its own time-outs."""


class Mailer(Protocol):
    """Takes mail off our hands. Its refusals and its log lines name no address and repeat no text."""

    def send(self, message: EmailMessage) -> None:
        """Return once somebody else answers for the mail; raise Undeliverable when its recipient is refused for good.

        Every other failure is Unavailable: the mail was not taken, or nobody knows, and is to be sent again.
        """
