"""A mail server on this machine, of the kind that a test wants: with TLS or without, friendly or not."""

import asyncio
import email
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER = "pretamane"
PASSWORD = "open-sesame"  # pragma: allowlist secret  # invented


@dataclass(frozen=True)
class Certificate:
    """Signed by itself, so that it is its own authority."""

    file: Path

    @property
    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.file)
        return context

    @classmethod
    def made_for(cls, host: str, folder: Path) -> "Certificate":
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        at = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(at - timedelta(hours=1))
            .not_valid_after(at + timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = folder / f"{host}.pem"
        file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        return cls(file)


class PostOffice:
    """What it took, and what it was asked; `answers` says otherwise than yes, by command."""

    def __init__(self, answers: Mapping[str, str] | None = None) -> None:
        self.answers = dict(answers or {})
        self.taken: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.conversations = 0
        self.passwords: list[bytes] = []
        self.port = 0

    async def handle_EHLO(  # noqa: N802  # the library's name for it
        self, _server: SMTP, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.conversations += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802  # the library's name for it
        self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if refusal := self.answers.get("RCPT"):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802  # the library's
        if refusal := self.answers.get("DATA"):
            return refusal
        self.recipients.extend(envelope.rcpt_tos)
        self.taken.append(email.message_from_bytes(envelope.content, policy=SMTP_POLICY))
        return "250 OK"

    async def handle_QUIT(self, _server: SMTP, _session: Any, _envelope: Any) -> str:  # noqa: N802  # the library's
        return self.answers.get("QUIT", "221 Bye")

    def know(self, _server: SMTP, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        self.passwords.append(given.password)
        is_known = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=is_known, handled=False)


@contextmanager
def opened(
    office: PostOffice,
    *,
    port: int = 0,
    starttls: ssl.SSLContext | None = None,
    implicit: ssl.SSLContext | None = None,
    signing_in: bool = False,
    asking_in_the_open: bool = False,
) -> Iterator[PostOffice]:
    ready, closing = threading.Event(), threading.Event()

    def conversation() -> SMTP:
        return SMTP(
            office,
            enable_SMTPUTF8=True,
            hostname="localhost",
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=office.know if signing_in or asking_in_the_open else None,
            auth_required=signing_in,
            auth_require_tls=implicit is None and not asking_in_the_open,
        )

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(conversation, "127.0.0.1", port, ssl=implicit)
        office.port = server.sockets[0].getsockname()[1]
        ready.set()
        await asyncio.to_thread(closing.wait)
        server.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield office
    finally:
        closing.set()
        thread.join()
