"""What a setting's text may say: each parser gives the value, or a ValueError whose words follow the name."""

import ipaddress
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationInfo

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


class ClamavPlace(NamedTuple):
    """Where clamd listens: a socket in the file system, or a port."""

    host: str = ""
    port: int = 3310
    path: str | None = None


def _shown(text: str) -> str:
    """The text for a message. Whatever holds an @ may hold a password, so it is not repeated."""
    if "@" in text:
        return "an address with a user name"
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")


def host_of(text: str) -> str:
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
        host = host_of(matched["host"])
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


def single(one: Callable[[str], str]) -> BeforeValidator:
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
        host_of(f"[{bare}]" if ":" in bare else bare)
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


def _can_be_connected_to(text: str) -> bool:
    """What the driver would refuse only later, in words that hold the address with its password."""
    import psycopg2.extensions  # type: ignore[import-untyped]  # it comes without types

    try:
        parts: dict[str, str] = psycopg2.extensions.parse_dsn(f"postgresql://{text.partition('://')[2]}")
    except psycopg2.ProgrammingError:
        return False
    port = parts.get("port", "5432")
    return port.isdecimal() and 1 <= int(port) <= _HIGHEST_PORT


def _beside_the_apps(given: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    if given is not None and info.data.get("database_url", given) is None:
        raise ValueError("needs PRETAMANE_DATABASE_URL beside it: the role that the app itself works with")
    return given


def clamav_place(url: str) -> ClamavPlace:
    """What CLAMAV_URL names."""
    scheme, _, rest = url.partition(":")
    if scheme == "unix" and rest.startswith("/") and "\0" not in rest:
        return ClamavPlace(path="/" + rest.lstrip("/"))
    host, _, port = rest.removeprefix("//").rpartition(":")
    try:
        reached = host_of(host.lower()).strip("[]")
    except ValueError:
        reached = ""
    if scheme != "tcp" or not reached or not (port.isdecimal() and 1 <= int(port) <= _HIGHEST_PORT):
        raise ValueError("must be like tcp://clamav:3310 or unix:/run/clamav/clamd.ctl")
    return ClamavPlace(reached, int(port))


def _clamav_url(text: str) -> str:
    clamav_place(text)
    return text


def _folder(text: str) -> str:
    if "\0" in text:
        raise ValueError("must be a folder's path")
    return text


Origin = Annotated[str, single(_public_url)]
Origins = Annotated[tuple[str, ...], BeforeValidator(_several(origin))]
Networks = Annotated[tuple[Network, ...], BeforeValidator(_several(network))]
Host = Annotated[str, single(_host_to_listen_on)]
HeaderName = Annotated[str, single(_header_name)]
Rate = Annotated[str, single(_rate)]
SsmPath = Annotated[str, single(ssm_path)]
DatabaseUrl = Annotated[SecretStr, BeforeValidator(_database_url)]
OwnerUrl = Annotated[DatabaseUrl | None, AfterValidator(_beside_the_apps)]
ClamavUrl = Annotated[str, single(_clamav_url)]
Folder = Annotated[Path, single(_folder)]
Word = BeforeValidator(lambda given: given.strip().lower() if isinstance(given, str) else given)
