"""What BLOB_URL may say: the folder or the bucket that keeps documents' bytes."""

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import BeforeValidator, SecretStr

from pretamane.settings_values import host_of

# What every S3 service takes for a name: old buckets of AWS's may have others, and virtual hosts cannot.
_BUCKET = re.compile(r"(?!.*\.\.)[0-9a-z][0-9a-z.-]{1,61}[0-9a-z]")
_PREFIX = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z_.-]*(?:/[0-9A-Za-z_-][0-9A-Za-z_.-]*)*")
_REGION = re.compile(r"[0-9A-Za-z-]{1,64}")
_AMAZON = re.compile(r"s3[.-](?:[0-9a-z-]+\.)*amazonaws\.com(?:\.cn)?")
_REGION_OF_AMAZON = re.compile(r"[.-]([a-z]{2}(?:-[a-z]+)+-[0-9])\.")
_OPTIONS = {"region", "style", "tls", "ca"}


@dataclass(frozen=True)
class BlobFolder:
    """A folder on this machine; None stands for the one in the data folder."""

    path: Path | None = None


@dataclass(frozen=True)
class BlobBucket:
    """A bucket of an S3 service, how it is addressed, and who we are there; without a key, whoever the machine is."""

    host: str
    port: int | None
    name: str
    prefix: str = ""
    region: str = "us-east-1"
    style: Literal["path", "host"] = "path"
    tls: bool = True
    ca: str | None = None
    key: str | None = None
    secret: str | None = field(default=None, repr=False)

    @property
    def endpoint(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def beginning(self) -> str:
        """Of every object's name that is ours."""
        return f"{self.prefix}/" if self.prefix else ""


def blob_place(url: str) -> BlobFolder | BlobBucket:
    parts = _address(url)
    if parts is None:
        raise ValueError(
            "must be file:, file:/folder, or like s3://s3.example:9000/bucket/prefix, with key:secret@ before the host "
            "where it needs them (their own /, @ and % are written %2F, %40 and %25)"
        )
    return _folder(parts) if parts.scheme == "file" else _bucket(parts)


def _address(url: str) -> SplitResult | None:
    """None for what names neither. It may hold a secret, so no message repeats any of it."""
    if not (url.isprintable() and " " not in url):
        return None
    try:
        parts = urlsplit(url)
        is_one = _names_a_folder(parts) if parts.scheme == "file" else _names_a_bucket(url, parts)
    except ValueError:
        return None
    return parts if is_one and not parts.fragment else None


def _names_a_folder(parts: SplitResult) -> bool:
    return not (parts.netloc or parts.query) and (parts.path == "" or parts.path.startswith("/"))


def _names_a_bucket(url: str, parts: SplitResult) -> bool:
    host, (name, prefix) = parts.hostname or "", _in_the_path(parts)
    host_of(f"[{host}]" if ":" in host else host)
    is_named = _BUCKET.fullmatch(name) is not None and (not prefix or _PREFIX.fullmatch(prefix) is not None)
    return parts.scheme == "s3" and url.isascii() and parts.port != 0 and is_named


def _in_the_path(parts: SplitResult) -> tuple[str, str]:
    name, _, prefix = parts.path.removeprefix("/").partition("/")
    return name, prefix.removesuffix("/")


def _folder(parts: SplitResult) -> BlobFolder:
    path = unquote(parts.path)
    if "\0" in path:
        raise ValueError("must name a folder that can be")
    return BlobFolder(Path(path) if path else None)


def _bucket(parts: SplitResult) -> BlobBucket:
    host, (name, prefix), options = parts.hostname or "", _in_the_path(parts), _options(parts)
    key, secret = _credentials(parts)
    is_amazon = _AMAZON.fullmatch(host) is not None
    if key is None and not is_amazon:
        raise ValueError("must give key:secret@ before the host: only on AWS can a machine say by itself who it is")
    style: Literal["path", "host"] = (
        "host" if options.get("style", "host" if is_amazon else "path") == "host" else "path"
    )
    if style == "host" and _is_address(host):
        raise ValueError("can have ?style=host only with a host that has a name")
    return BlobBucket(
        host,
        parts.port,
        name,
        prefix,
        options.get("region") or _region_of(host, is_amazon),
        style,
        "tls" not in options,
        options.get("ca"),
        key,
        secret,
    )


def _region_of(host: str, is_amazon: bool) -> str:
    """Elsewhere than on AWS, regions are rare, and this is the name that a service without them takes."""
    named = _REGION_OF_AMAZON.search(host) if is_amazon else None
    if is_amazon and named is None:
        raise ValueError("must name its region on AWS, as in s3.eu-west-1.amazonaws.com or with ?region=eu-west-1")
    return named[1] if named else "us-east-1"


def _options(parts: SplitResult) -> dict[str, str]:
    given = parse_qsl(parts.query, keep_blank_values=True)
    options = dict(given)
    is_known = len(given) == len(options) and options.keys() <= _OPTIONS and "" not in options.values()
    is_meant = options.get("tls", "none") == "none" and options.get("style", "path") in {"path", "host"}
    if not (is_known and is_meant and _REGION.fullmatch(options.get("region", "any"))):
        raise ValueError(
            "may end with ?region=…, ?style=path or ?style=host, ?tls=none or ?ca=FILE, with & between them, "
            "and with nothing else"
        )
    if "tls" in options and "ca" in options:
        raise ValueError("has no use for ?ca=FILE beside ?tls=none")
    return options


def _credentials(parts: SplitResult) -> tuple[str | None, str | None]:
    key, secret = (None if each is None else unquote(each) for each in (parts.username, parts.password))
    if bool(key) != bool(secret):
        raise ValueError("must give both a key and a secret, or neither")
    if not (f"{key}{secret}".isascii() and f"{key}{secret}".isprintable()):
        raise ValueError("gives a key or a secret with signs that no service takes")
    return key or None, secret or None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _blob_url(given: object) -> object:
    text = given.get_secret_value() if isinstance(given, SecretStr) else given
    if isinstance(text, str):
        blob_place(text)
    return given


BlobUrl = Annotated[SecretStr, BeforeValidator(_blob_url)]
