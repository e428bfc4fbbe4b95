"""What the settings about mail may say."""

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Annotated, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import BeforeValidator, SecretStr

from pretamane.settings_values import host_of, single

_MAIL_PORTS = {"smtp": 587, "smtps": 465}
_MAIL_OPTIONS = {"smtp": {"tls", "ca"}, "smtps": {"ca"}}
_LOCALLY = "noreply@localhost"
_MAILBOX = re.compile(r"(?P<local>[0-9A-Za-z!#$%&'*+/=?^_`{|}~.-]{1,64})@(?P<host>[0-9A-Za-z_.-]+)")


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over, and how the line to it is kept from others' eyes."""

    host: str
    port: int
    tls: Literal["implicit", "starttls", "none"]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: str | None = None


def mail_server(url: str) -> MailServer | None:
    """What MAIL_URL names; None for `log:`, which hands nothing over."""
    if url == "log:":
        return None
    parts = _mail_address(url)
    if parts is None:
        raise ValueError(
            "must be log:, or like smtp://mail.example:587, with user:password@ before the host where it needs them "
            "(their own @, / and % are written %40, %2F and %25)"
        )
    options = _mail_options(parts)
    user, password = _credentials(parts)
    host, is_plain = parts.hostname or "", "tls" in options
    if is_plain and user is not None and not _is_loopback(host):
        raise ValueError("would show the password to the network: leave out tls=none, or the user and password")
    return MailServer(
        host,
        parts.port or _MAIL_PORTS[parts.scheme],
        "none" if is_plain else "implicit" if parts.scheme == "smtps" else "starttls",
        user,
        password,
        options.get("ca"),
    )


def _mail_address(url: str) -> SplitResult | None:
    """None for what is no mail server's address. It may hold a password, so no message repeats any of it."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        host_of(f"[{host}]" if ":" in host else host)
        is_one = parts.scheme in _MAIL_PORTS and parts.port != 0 and not (parts.path.strip("/") or parts.fragment)
    except ValueError:
        return None
    return parts if is_one and url.isascii() and url.isprintable() and " " not in url else None


def _mail_options(parts: SplitResult) -> dict[str, str]:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    is_known = options.keys() <= _MAIL_OPTIONS[parts.scheme] and options.get("tls", "none") == "none"
    if not is_known or options.get("ca") == "":
        raise ValueError("may end with ?ca=FILE, or with ?tls=none after smtp://, and with nothing else")
    return options


def _credentials(parts: SplitResult) -> tuple[str | None, str | None]:
    user, password = (None if each is None else unquote(each) for each in (parts.username, parts.password))
    if bool(user) != bool(password):
        raise ValueError("must give both a user and a password, or neither")
    if not (f"{user}{password}".isascii() and f"{user}{password}".isprintable()):
        raise ValueError("gives a user or a password with signs that mail servers do not take")
    return user or None, password or None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _mail_url(given: object) -> object:
    text = given.get_secret_value() if isinstance(given, SecretStr) else given
    if isinstance(text, str):
        mail_server(text)
    return given


def _mailbox(text: str) -> str:
    matched = _MAILBOX.fullmatch(text)
    try:
        host = host_of(matched["host"].lower()) if matched else ""
    except ValueError:
        host = ""
    local = matched["local"] if matched else ""
    if not host or ".." in f".{local}." or "=?" in local:
        raise ValueError("must be one e-mail address, such as office@practice.example")
    return f"{local}@{host}"


def own_sender(public_url: str) -> str:
    """A bare IP address is no domain to send from; nobody far away gets mail from such an installation anyway."""
    host = urlsplit(public_url).hostname or ""
    return f"noreply@{host}" if _MAILBOX.fullmatch(f"n@{host}") and not host.rpartition(".")[2].isdigit() else _LOCALLY


Mailbox = Annotated[str, single(_mailbox)]
MailUrl = Annotated[SecretStr, BeforeValidator(_mail_url)]
