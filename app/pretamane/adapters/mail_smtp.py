"""Mail over SMTP: nobody else reads the line, and the server has proved its name, unless MAIL_URL says otherwise."""

import re
import smtplib
import ssl
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage

from pretamane.core.errors import Unavailable, Undeliverable
from pretamane.ports import Clock
from pretamane.settings_mail import MailServer

# For each answer of the server's; one that takes longer is taken for away.
PATIENCE_SECONDS = 30
PROBE_SECONDS = 5
# Anyone may ask for /health as often as they like; the mail server is not bothered for each of them.
REMEMBERED_SECONDS = 30.0
# The exact codes of RFC 3463, which most servers give: 5.1 is about addresses, of which 5.1.7 and 5.1.8 are our own.
_ENHANCED = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}\b")
_OF_THE_RECIPIENT = re.compile(rb"5\.1\.(?![78]$)\d+")
# What the others say of a mailbox that is not there (RFC 5321).
_NO_SUCH_MAILBOX = frozenset({550, 551, 553})


class SmtpMailer:
    name = "mail"
    required = False

    def __init__(self, server: MailServer, known_as: str, clock: Clock) -> None:
        """`known_as` is the name to greet with; left to itself the library would ask DNS for one, and wait."""
        self._server, self._known_as, self._clock = server, known_as, clock
        self._asked_at = float("-inf")
        self._found: str | None = None

    def forget(self, words: Collection[str]) -> int:  # noqa: ARG002  # nothing stays here once it is handed over
        return 0

    def send(self, message: EmailMessage) -> None:
        with _refusing("The mail server did not take a mail"), self._session(PATIENCE_SECONDS) as smtp:
            try:
                _hand_over(smtp, message)
            except smtplib.SMTPRecipientsRefused as refusal:
                code, words = next(iter(refusal.recipients.values()))
                if _has_no_such_recipient(code, words):
                    raise Undeliverable(f"The mail server has no such recipient (it answered {code}).") from None
                raise

    def probe(self) -> None:
        if self._clock.monotonic() - self._asked_at >= REMEMBERED_SECONDS:
            self._found = self._what_is_wrong()
            self._asked_at = self._clock.monotonic()
        if self._found:
            raise Unavailable(self._found)

    def _what_is_wrong(self) -> str | None:
        try:
            with _refusing("The mail server cannot be used"), self._session(PROBE_SECONDS):
                return None
        except Unavailable as refusal:
            return refusal.sentence

    @contextmanager
    def _session(self, patience: float) -> Iterator[smtplib.SMTP]:
        smtp = self._connect(patience)
        try:
            if self._server.tls == "starttls":
                smtp.starttls(context=self._trust())
            smtp.ehlo_or_helo_if_needed()
            if self._server.user is not None:
                smtp.login(self._server.user, self._server.password or "")
            yield smtp
            with suppress(OSError):  # what was taken is taken, whatever becomes of the goodbye
                smtp.quit()
        finally:
            smtp.close()

    def _connect(self, patience: float) -> smtplib.SMTP:
        host, port, known_as = self._server.host, self._server.port, self._known_as
        if self._server.tls == "implicit":
            return smtplib.SMTP_SSL(host, port, known_as, timeout=patience, context=self._trust())
        return smtplib.SMTP(host, port, known_as, timeout=patience)

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._server.ca)


def _hand_over(smtp: smtplib.SMTP, message: EmailMessage) -> None:
    """Not by send_message(), which reads addresses by laxer rules than they were checked by, and alters some lines."""
    sender, recipient = (message[header].addresses[0].addr_spec for header in ("From", "To"))
    options: tuple[str, ...] = ()
    if not recipient.isascii():
        if not smtp.has_extn("smtputf8"):
            raise Undeliverable("The mail server cannot write to addresses with letters beyond ASCII.")
        options = ("SMTPUTF8", "BODY=8BITMIME")
    smtp.sendmail(sender, [recipient], message.as_bytes(), options)


def _has_no_such_recipient(code: int, words: bytes) -> bool:
    """Whether it is the address that is wrong; a relay or a policy that says no may say yes once somebody mends it."""
    if said := _ENHANCED.match(words):
        return _OF_THE_RECIPIENT.fullmatch(said[0]) is not None
    return code in _NO_SUCH_MAILBOX


@contextmanager
def _refusing(what: str) -> Iterator[None]:
    """smtplib's errors, ssl's and the network's are all OSErrors; what servers say in them may hold addresses."""
    try:
        yield
    except OSError as failure:
        raise Unavailable(f"{what}: {_reason(failure)}.", code="mail-unavailable") from None


def _reason(failure: OSError) -> str:
    if isinstance(failure, smtplib.SMTPException):
        return _said(failure)
    if isinstance(failure, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({failure.verify_message.rstrip('.')})"
    if isinstance(failure, ssl.SSLError):
        return f"TLS failed ({failure.reason})"
    return failure.strerror or type(failure).__name__


def _said(failure: smtplib.SMTPException) -> str:
    match failure:
        case smtplib.SMTPRecipientsRefused():
            return f"it answered {next(iter(failure.recipients.values()))[0]} to the recipient"
        case smtplib.SMTPAuthenticationError():
            return f"it refused the user and password ({failure.smtp_code})"
        case smtplib.SMTPResponseException():
            return f"it answered {failure.smtp_code}"
        case smtplib.SMTPNotSupportedError():
            return "it offers no STARTTLS" if "STARTTLS" in str(failure) else "it offers no way to sign in"
    return "it broke off the conversation"
