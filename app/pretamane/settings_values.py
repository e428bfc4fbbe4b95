"""What a setting's text may say: each parser gives the value, or a ValueError whose words follow the name."""

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import BeforeValidator, SecretStr

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HIGHEST_PORT = 65535
_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[0-9a-z_.-]+)(?::(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"[0-9a-z_](?:[0-9a-z_-]{0,61}[0-9a-z_])?")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_RATE = re.compile(r"(?P<times>[1-9][0-9]{0,8})/(?P<span>second|minute|hour|day)")
_SSM_PATH = re.compile(r"(?:/[A-Za-z0-9_.-]+)+")
_DATABASE_SCHEMES = ("postgresql://", "postgres://", "postgresql+psycopg2://")
_LONGEST_SHOWN = 80
_MAIL_PORTS = {"smtp": 587, "smtps": 465}
_MAIL_OPTIONS = {"smtp": {"tls", "ca"}, "smtps": {"ca"}}
_LOCALLY = "noreply@localhost"
_MAILBOX = re.compile(r"(?P<local>[0-9A-Za-z!#$%&'*+/=?^_`{|}~.-]{1,64})@(?P<host>[0-9A-Za-z_.-]+)")


def _shown(text: str) -> str:
    """The text for a message. Whatever holds an @ may hold a password, so it is not repeated."""
    if "@" in text:
        return "an address with a user name"
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")


def _host(text: str) -> str:
    """The host as a browser writes it in the Origin header, or ValueError."""
    if text.startswith("["):
        return f"[{ipaddress.IPv6Address(text[1:-1])}]"
    labels = text.split(".")
    if labels[-1].isdigit():
        return str(ipaddress.IPv4Address(text))
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError
    return text


def origin(text: str) -> str:
    """One exact origin, spelled as browsers spell it: lower case, without the scheme's own port."""
    if text in {"*", "null"}:
        raise ValueError(f"must name each origin: {text!r} would let in pages that nobody chose")
    matched = _ORIGIN.fullmatch(text.lower()) if text.isascii() else None
    if matched is None:
        raise ValueError(f"must hold scheme://host or scheme://host:port only, which {_shown(text)} is not")
    scheme, port = matched["scheme"], matched["port"]
    try:
        host = _host(matched["host"])
    except ValueError:
        raise ValueError(f"names a host that cannot be: {_shown(text)}") from None
    if port is None or int(port) == _DEFAULT_PORTS[scheme]:
        return f"{scheme}://{host}"
    if not 1 <= int(port) <= _HIGHEST_PORT:
        raise ValueError(f"names a port that cannot be: {_shown(text)}")
    return f"{scheme}://{host}:{int(port)}"


def address_of(host: str, port: int) -> str:
    """Where a browser on this machine finds a server that listens on host and port."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 — compared, not listened on
    return origin(f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}")


def _public_url(text: str) -> str:
    return origin(text.removesuffix("/"))


def _several(one: Callable[[str], object]) -> Callable[[object], object]:
    """A parser of lists: items stand between commas or white space, and each counts once."""

    def parse(given: object) -> object:
        if isinstance(given, str):
            given = (word for word in re.split(r"[\s,]+", given) if word)
        if not isinstance(given, Iterable):
            return given
        return tuple(dict.fromkeys(one(str(word)) for word in given))

    return parse


def _single(one: Callable[[str], str]) -> BeforeValidator:
    return BeforeValidator(lambda given: one(given) if isinstance(given, str) else given)


def network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"must hold networks such as 10.0.0.0/8, which {_shown(text)} is not") from None
    raise ValueError(f"names an address inside a network: {_shown(text)}; write {meant} to mean all of it")


def _host_to_listen_on(text: str) -> str:
    bare = text.strip().removeprefix("[").removesuffix("]").lower()
    try:
        _host(f"[{bare}]" if ":" in bare else bare)
    except ValueError:
        raise ValueError("must be an address or a host name, such as 127.0.0.1 or localhost") from None
    return bare


def _header_name(text: str) -> str:
    if not _HEADER_NAME.fullmatch(text):
        raise ValueError("must be the name of one header, such as Cf-Connecting-Ip")
    return text


def _rate(text: str) -> str:
    matched = _RATE.fullmatch(re.sub(r"\s+", "", text.lower()))
    if matched is None:
        raise ValueError("must be a number of times in a second, minute, hour or day, such as 10/minute")
    return f"{matched['times']}/{matched['span']}"


def ssm_path(text: str) -> str:
    trimmed = text.rstrip("/")
    if not _SSM_PATH.fullmatch(trimmed):
        raise ValueError("must be a path in the Parameter Store, such as /pretamane/production")
    return trimmed


def _database_url(given: object) -> object:
    text = given.get_secret_value() if isinstance(given, SecretStr) else given
    if not isinstance(text, str):
        return given
    if not text.startswith(_DATABASE_SCHEMES):
        raise ValueError("must begin with postgresql://, because only PostgreSQL keeps the records")
    if not _can_be_connected_to(text):
        raise ValueError(
            "must read like postgresql://user@host:5432/database, with libpq's own options only "
            "and with %25 for a % in the password"
        )
    return given


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
        _host(f"[{host}]" if ":" in host else host)
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
        host = _host(matched["host"].lower()) if matched else ""
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


def _can_be_connected_to(text: str) -> bool:
    """What the driver would refuse only later, in words that hold the address with its password."""
    import psycopg2.extensions  # type: ignore[import-untyped]  # it comes without types

    try:
        parts: dict[str, str] = psycopg2.extensions.parse_dsn(f"postgresql://{text.partition('://')[2]}")
    except psycopg2.ProgrammingError:
        return False
    port = parts.get("port", "5432")
    return port.isdecimal() and 1 <= int(port) <= _HIGHEST_PORT


def _folder(text: str) -> str:
    if "\0" in text:
        raise ValueError("must be a folder's path")
    return text


Origin = Annotated[str, _single(_public_url)]
Origins = Annotated[tuple[str, ...], BeforeValidator(_several(origin))]
Networks = Annotated[tuple[Network, ...], BeforeValidator(_several(network))]
Host = Annotated[str, _single(_host_to_listen_on)]
HeaderName = Annotated[str, _single(_header_name)]
Rate = Annotated[str, _single(_rate)]
SsmPath = Annotated[str, _single(ssm_path)]
Mailbox = Annotated[str, _single(_mailbox)]
MailUrl = Annotated[SecretStr, BeforeValidator(_mail_url)]
DatabaseUrl = Annotated[SecretStr, BeforeValidator(_database_url)]
Folder = Annotated[Path, _single(_folder)]
Word = BeforeValidator(lambda given: given.strip().lower() if isinstance(given, str) else given)
