"""Mail to people: composed from a feature's templates with the practice's face, and sent by jobs alone."""

import logging
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Protocol
from uuid import uuid5

from prometheus_client import Counter
from sqlalchemy.orm import Session

from pretamane.core.addresses import normalised_email
from pretamane.core.errors import AppError, Undeliverable
from pretamane.core.jobs import Run, Tries
from pretamane.ports import Mailer
from pretamane.web import render
from pretamane.web.palette import Coloured

SENT = Counter("mails_sent_total", "Mails that a mail server took, by template.", ["template"])
FAILED = Counter("mails_failed_total", "Mails that were not taken, by template and by why.", ["template", "code"])
# What a job that sends mail gets in place of three attempts: mail servers are away for hours at times.
FOR_A_DAY = Tries(attempts=None, within=timedelta(hours=24))
LONGEST_LINE = 200

# Seven bits, so that no server on the way has to change anything.
_POLICY = SMTP.clone(cte_type="7bit")
# They turn the reading direction, and with it what a name or a subject seems to say.
_TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# They must be quoted in a name, and the library loses the quotes where it breaks a long line.
_SPECIALS = str.maketrans(dict.fromkeys('()<>[]:;@\\,"', " "))

_log = logging.getLogger("pretamane.mail")


class Face(Coloured, Protocol):
    """What a mail shows of the practice; the letter paper knows no more of it."""

    @property
    def name(self) -> str: ...


class Post:
    """What a job needs to send mail; wiring puts it together, and binds jobs to it."""

    def __init__(self, mailer: Mailer, sender: str, public_url: str, face: Callable[[Session], Face]) -> None:
        self.mailer, self.sender, self.public_url, self._face = mailer, sender, public_url, face

    def send(
        self,
        run: Run,
        template: str,
        to: str,
        subject: str,
        *,
        reply_to: str | None = None,
        is_written_by_a_person: bool = False,
        **context: object,
    ) -> None:
        """Raises Unavailable while the mail server is away; let it pass, and the job is tried again with the same
        Message-ID. Raises Undeliverable when no mail reaches that address; let it pass, and the job is given up at
        once, for a person to see. The templates get `public_url` too. No connection is held while the server is
        spoken to.
        """
        try:
            message = compose(
                template,
                to=to,
                subject=subject,
                practice=run.read(self._face),
                sender=self.sender,
                message_id=self._message_id(run, template, to),
                now=run.clock.now(),
                public_url=self.public_url,
                **context,
            )
            _answer_to(message, reply_to)
            if is_written_by_a_person:  # whose mails absence notes answer
                del message["Auto-Submitted"]
            self.mailer.send(message)
        except AppError as refusal:
            FAILED.labels(template, refusal.code).inc()
            if isinstance(refusal, Undeliverable):
                _log.warning("%s of job %s is given up: %s", template, run.id, refusal.sentence)
            raise
        SENT.labels(template).inc()

    def _message_id(self, run: Run, template: str, to: str) -> str:
        """The same for every attempt at one mail, so that a mailbox that gets it twice can tell."""
        return f"<{uuid5(run.id, f'{template} to {to}')}@{self.sender.rpartition('@')[2]}>"


def compose(
    template: str,
    *,
    to: str,
    subject: str,
    practice: Face,
    sender: str,
    message_id: str,
    now: datetime,
    **context: object,
) -> EmailMessage:
    """A mail in text and in HTML, from a feature's two templates of one name, such as "notifications/thanks".

    They are thanks.txt and thanks.html in notifications/templates; each fills the block "content" of the shared
    "mail.txt" or "mail.html" and may use `practice`, `subject` and the context, of which nothing may be missing. What
    strangers typed may stand anywhere: HTML is escaped, and in headers it can neither break a line nor hide anything.
    Raises Undeliverable when `to` is no address to which mail can go.
    """
    message = EmailMessage(_POLICY if to.isascii() else _POLICY.clone(utf8=True))
    message["From"] = Address(one_line(practice.name.translate(_SPECIALS)), addr_spec=sender)
    message["To"] = _mailbox(to)
    message["Subject"] = one_line(subject)
    message["Date"] = now
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    shown = {**context, "practice": practice, "subject": one_line(subject)}
    message.set_content(_rendered(f"{template}.txt", shown))
    message.add_alternative(_rendered(f"{template}.html", shown), subtype="html")
    return message


def one_line(text: str) -> str:
    """What a header may show of what somebody typed."""
    spaced = "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in text)
    shown = "".join(sign for sign in spaced if sign not in _TURNS and unicodedata.category(sign) != "Cs")
    # An "encoded word" would be decoded by whoever reads the header, line breaks and all.
    return " ".join(shown.replace("=?", "= ?").split())[:LONGEST_LINE].rstrip()


def _mailbox(address: str) -> Address:
    try:
        local, _, domain = normalised_email(address).rpartition("@")
        mailbox = Address(username=local, domain=domain)
    except (ValueError, MessageError):
        raise Undeliverable("The address is none that mail can be sent to.") from None
    if mailbox.addr_spec != f"{local}@{domain}" or "=?" in local:
        raise Undeliverable("The address is none that mail can be sent to.")
    return mailbox


def _answer_to(message: EmailMessage, address: str | None) -> None:
    """Left out where it could keep the mail itself from being taken; the text has the address anyway."""
    if address is None or not address.isascii():
        return
    try:
        message["Reply-To"] = _mailbox(address)
    except Undeliverable:
        return


def _rendered(template: str, shown: dict[str, object]) -> str:
    text = render.templates().get_template(template).render(shown)
    return text.encode("utf-8", "replace").decode("utf-8")
