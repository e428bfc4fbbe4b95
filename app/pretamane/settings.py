"""Every setting: its name, type, default and meaning. Nothing else reads the environment."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from pretamane.settings_blobs import BlobUrl
from pretamane.settings_mail import Mailbox, MailUrl, own_sender
from pretamane.settings_sources import FILE_SUFFIX, PREFIX, Found, Gathered, Source, gather, keep_key, kept_key
from pretamane.settings_values import (
    ClamavUrl,
    DatabaseUrl,
    Folder,
    HeaderName,
    Host,
    Networks,
    Origin,
    Origins,
    OwnerUrl,
    Rate,
    SsmPath,
    Word,
    address_of,
    origin,
)

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

SHORTEST_KEY = 32
NEEDED_IN_PRODUCTION = ("database_url", "signing_key", "public_url", "mail_url")
_SITE = Path(__file__).parents[2] / "config" / "site"

_REASONS = {
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "too_short": "must have at least {min_length} characters",
    "string_too_short": "must have at least {min_length} characters",
}

# Alone, the networks would make every visitor one client, and the header would be believed of nobody.
_HALF_A_PROXY = (
    f"{PREFIX}TRUSTED_PROXIES and {PREFIX}CLIENT_ADDRESS_HEADER must be given together: "
    "which proxies are believed, and which header of theirs."
)

# There, /files would be all that answers, and the site would be gone.
_ONE_HOST = f"{PREFIX}FILES_URL must name another host than {PREFIX}PUBLIC_URL, or be left out."

Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]


def _host(origin: str) -> str:
    return origin.partition("://")[2]


def _own_address(earlier: dict[str, Any]) -> str:
    return address_of(earlier["host"], earlier["port"])


def _own_sender(earlier: dict[str, Any]) -> str:
    return own_sender(earlier["public_url"])


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True)

    environment: Annotated[Literal["development", "production"], Word] = Field(
        "development", description="Production refuses to start without what keeps it safe."
    )
    host: Host = Field("127.0.0.1", description="The address the web server listens on.")
    port: int = Field(8000, ge=1, le=65535, description="The port the web server listens on.")
    data_dir: Folder = Field(
        Path("var"),
        description="The folder of the embedded PostgreSQL and all else that stays on this machine.",
    )
    database_url: DatabaseUrl | None = Field(
        None, description="The PostgreSQL to use; unset, one is embedded in the data folder."
    )
    database_owner_url: OwnerUrl = Field(
        None,
        description="The same database for the role that owns its tables, to migrate them; unset, DATABASE_URL.",
    )
    blob_url: BlobUrl = Field(
        SecretStr("file:"),
        description="What keeps documents' bytes: a folder (`file:` is `blobs` in the data folder) or an S3 bucket.",
    )
    database_pool_size: int = Field(
        10,
        ge=1,
        le=1000,
        description="Connections that each process keeps open, one for each request at work.",
    )
    database_pool_overflow: int = Field(
        0, ge=0, le=1000, description="Connections beyond those; to open one takes longer than most waits for one."
    )
    database_pool_wait: Seconds = Field(
        5.0, description="Seconds a request waits for a connection before it is told that the server is full."
    )
    database_statement_timeout: Seconds = Field(
        15.0, description="Seconds a statement may take, so that one slow query cannot hold up the rest."
    )
    web_processes: int = Field(
        1, ge=1, le=64, description="Server processes that share the port; one a core is enough."
    )
    worker_threads: int = Field(2, ge=1, le=64, description="Jobs that a worker does at the same time.")
    worker_metrics_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="The port at which `pretamane worker` gives its own /metrics; that of `up` counts in the site's.",
    )
    public_url: Origin = Field(
        default_factory=_own_address, description="Where people find the site: scheme and host, no path."
    )
    files_url: Origin | None = Field(
        None,
        description="Where files are fetched from, a host of their own for safety's sake; unset, PUBLIC_URL.",
    )
    site_dir: Folder = Field(_SITE, description="The folder of the public static site.")
    cors_origins: Origins = Field(
        (), description="Other sites whose pages may call the API: exact origins, with commas between."
    )
    trusted_proxies: Networks = Field(
        (), description="Networks of the proxies whose word about the client's address is believed."
    )
    client_address_header: HeaderName | None = Field(
        None, description="The header in which a trusted proxy names the client's address."
    )
    body_limit: int = Field(
        1_048_576,
        ge=1024,
        description="Bytes a request's body may have where its route does not say otherwise.",
    )
    upload_limit: int = Field(536_870_912, ge=1024, description="Bytes that a document may have.")
    spool_limit: int = Field(
        8_589_934_592, ge=1024, description="Bytes that documents on their way may take up on the disk, all together."
    )
    disk_reserve: int = Field(
        1_073_741_824, ge=0, description="Bytes that stay free on the disk: documents are refused before they are used."
    )
    picture_cache: int = Field(
        536_870_912,
        ge=1024,
        description="Bytes that pictures of documents' pages may take up in the data folder; they are drawn again.",
    )
    contact_limit: Rate = Field("10/minute", description="Messages one address may send.")
    visit_limit: Rate = Field("60/minute", description="Page visits of one address that are counted.")
    office_macros: Annotated[Literal["refuse", "take"], Word] = Field(
        "refuse", description="What becomes of Office files with macros; they never run here, but elsewhere they may."
    )
    clamav_url: ClamavUrl | None = Field(
        None,
        description="The ClamAV that looks at every file, such as `tcp://clamav:3310`; unset, only our own rules do.",
    )
    meilisearch_url: Origin | None = Field(
        None, description="The Meilisearch that stands by for search; /health tells whether it is there."
    )
    meilisearch_key: SecretStr | None = Field(None, description="The key by which Meilisearch knows us.")
    mail_url: MailUrl = Field(
        SecretStr("log:"),
        description="The server that takes our mail; `log:` keeps each mail as a file in the data folder instead.",
    )
    mail_from: Mailbox = Field(default_factory=_own_sender, description="The address that our mail comes from.")
    signing_key: SecretStr = Field(
        min_length=SHORTEST_KEY,
        description="The secret behind whatever the server signs; development makes one in the data folder.",
    )
    drain_seconds: float = Field(
        0.0,
        ge=0,
        le=600,
        allow_inf_nan=False,
        description="Seconds to go on serving after the signal to stop, while balancers look elsewhere.",
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Word] = Field(
        "info", description="The least important kind of line that is logged."
    )
    log_format: Annotated[Literal["auto", "plain", "json"], Word] = Field(
        "auto", description="How lines are logged; auto is plain on a terminal and JSON elsewhere."
    )
    ssm_path: SsmPath | None = Field(
        None, description="The path in SSM Parameter Store below which settings/ and generated/ are read."
    )

    def at(self, public_url: str) -> "Settings":
        """The same house at another address; ValueError where that is none."""
        address = origin(public_url.strip().removesuffix("/"))
        sender = own_sender(address) if self.mail_from == own_sender(self.public_url) else self.mail_from
        return self.model_copy(update={"public_url": address, "mail_from": sender})


@dataclass(frozen=True)
class LoadedSettings:
    settings: Settings
    sources: Mapping[str, Source]


class SettingsRefused(Exception):
    """The settings cannot be used; `faults` has one sentence for each reason, and never a secret."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def current(overrides: Mapping[str, str] | None = None, *, keeping_key: bool = True) -> LoadedSettings:
    """The settings of this process: the only reader of its environment."""
    return load(os.environ, overrides, keeping_key=keeping_key)


def named_address_file() -> Path | None:
    """Of a tunnel that gets a new address at each start, the file that says which: read again as long as we run."""
    named = os.environ.get(f"{PREFIX}PUBLIC_URL{FILE_SUFFIX}")
    return Path(named) if named else None


def load(
    environ: Mapping[str, str], overrides: Mapping[str, str] | None = None, *, keeping_key: bool = True
) -> LoadedSettings:
    """Without keeping_key nothing is written: to look at settings must leave no trace."""
    gathered = gather(Settings.model_fields, environ, overrides or {})
    faults = [*gathered.faults, *_missing(gathered)]
    made_key = None if "signing_key" in gathered.found else secrets.token_urlsafe(48)
    settings = _checked(gathered, made_key, faults)
    if settings is not None and bool(settings.trusted_proxies) != bool(settings.client_address_header):
        faults.append(_HALF_A_PROXY)
    if settings is not None and settings.files_url and _host(settings.files_url) == _host(settings.public_url):
        faults.append(_ONE_HOST)
    if settings is not None and made_key is not None and not faults:
        settings = _with_lasting_key(settings, keeping_key, faults)
    if settings is None or faults:
        raise SettingsRefused(faults)
    return LoadedSettings(settings, _sources(gathered, made_key))


def _missing(gathered: Gathered) -> list[str]:
    """Silent while SSM could not be read: what seems to be missing may well be there."""
    environment = gathered.found.get("environment")
    if environment is None or environment.text.strip().lower() != "production" or gathered.ssm_is_unread:
        return []
    return [
        f"{PREFIX}{name.upper()} must be given in production."
        for name in NEEDED_IN_PRODUCTION
        if name not in gathered.found
    ]


def _checked(gathered: Gathered, made_key: str | None, faults: list[str]) -> Settings | None:
    texts = {name: found.text for name, found in gathered.found.items()}
    if made_key is not None:
        texts["signing_key"] = made_key
    try:
        return Settings.model_validate(texts)
    except ValidationError as refusal:
        errors = refusal.errors(include_url=False, include_input=False)
    known = (error for error in errors if error["type"] != "default_factory_not_called")
    faults.extend(_sentence(error, gathered.found) for error in known)
    return None


def _sentence(error: "ErrorDetails", found: Mapping[str, Found]) -> str:
    name = str(error["loc"][0])
    label = found[name].label if name in found else PREFIX + name.upper()
    return f"{label} {_reason(error)}."


def _reason(error: "ErrorDetails") -> str:
    """Words of ours only: pydantic's own would be no sentence, and could repeat a secret."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return _REASONS.get(error["type"], "cannot be understood").format(**error.get("ctx", {}))


def _with_lasting_key(settings: Settings, keeping_key: bool, faults: list[str]) -> Settings:
    folder = settings.data_dir
    try:
        kept = kept_key(folder)
        if kept is None and keeping_key:
            kept = keep_key(folder, settings.signing_key.get_secret_value())
    except OSError as error:
        faults.append(
            f"The signing key cannot be kept in the data folder {folder}: {error.strerror}; "
            f"name a folder that can be written as {PREFIX}DATA_DIR, or give {PREFIX}SIGNING_KEY."
        )
        return settings
    except ValueError:
        kept = ""
    if kept is None:
        return settings
    if len(kept) < SHORTEST_KEY:
        faults.append(f"The file {folder / 'signing-key'} holds no signing key; remove it to have one made.")
    return settings.model_copy(update={"signing_key": SecretStr(kept)})


def _sources(gathered: Gathered, made_key: str | None) -> Mapping[str, Source]:
    sources: dict[str, Source] = dict.fromkeys(Settings.model_fields, "default")
    sources.update({name: found.source for name, found in gathered.found.items()})
    if made_key is not None:
        sources["signing_key"] = "made at first start"
    return MappingProxyType(sources)
