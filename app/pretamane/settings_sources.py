"""Where settings come from: the command line, the environment, files it names, and SSM Parameter Store."""

import difflib
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pretamane.settings_values import ssm_path

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

PREFIX = "PRETAMANE_"
FILE_SUFFIX = "_FILE"
SSM_FOLDERS = ("settings", "generated")
KEY_FILE = "signing-key"
_SHORTER_OPTIONS = {
    "web_processes": "--processes",
    "worker_threads": "--threads",
    "worker_metrics_port": "--metrics-port",
}

Source = Literal["command line", "environment", "file", "SSM", "default", "made at first start"]


@dataclass(frozen=True)
class Found:
    """A setting's text as somebody wrote it; `label` is what they would look for to correct it."""

    source: Source
    label: str
    text: str = field(repr=False)


@dataclass
class Gathered:
    found: dict[str, Found] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    ssm_is_unread: bool = False


class _SsmRefused(Exception):
    """The parameters cannot be read; the message is a sentence."""


def gather(names: Iterable[str], environ: Mapping[str, str], overrides: Mapping[str, str]) -> Gathered:
    """Everything that was given, the stronger source first, with every fault of naming on the way."""
    gathered = Gathered()
    known = sorted(names)
    _add_overrides(gathered, known, overrides)
    _add_environment(gathered, known, environ)
    _add_ssm(gathered, known, environ)
    return gathered


def _nearest(name: str, known: list[str]) -> str:
    return difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]


def _add_overrides(gathered: Gathered, known: list[str], overrides: Mapping[str, str]) -> None:
    for name, text in overrides.items():
        label = _SHORTER_OPTIONS.get(name, "--" + name.replace("_", "-"))
        if name in known:
            gathered.found[name] = Found("command line", label, text)
        else:
            nearest = "--" + _nearest(name, known).replace("_", "-")
            gathered.faults.append(f"{label} is not a setting; the nearest is {nearest}.")


def _add_environment(gathered: Gathered, known: list[str], environ: Mapping[str, str]) -> None:
    for variable in sorted(environ):
        if variable.startswith(PREFIX):
            _refuse_if_unknown(gathered, known, variable)
    for name in known:
        variable = PREFIX + name.upper()
        text, path = environ.get(variable), environ.get(variable + FILE_SUFFIX)
        if text and path:
            gathered.faults.append(f"{variable} and {variable}{FILE_SUFFIX} are both given; keep one.")
        elif text:
            gathered.found.setdefault(name, Found("environment", variable, text))
        elif path and name not in gathered.found:
            _add_file(gathered, name, variable + FILE_SUFFIX, Path(path))


def _refuse_if_unknown(gathered: Gathered, known: list[str], variable: str) -> None:
    suffix = FILE_SUFFIX if variable.endswith(FILE_SUFFIX) else ""
    name = variable.removeprefix(PREFIX).removesuffix(suffix).lower()
    if variable != PREFIX + name.upper() + suffix or name not in known:
        nearest = PREFIX + _nearest(name, known).upper() + suffix
        gathered.faults.append(f"{variable} is not a setting; the nearest is {nearest}.")


def _add_file(gathered: Gathered, name: str, label: str, path: Path) -> None:
    """No message names the path: people put the secret itself where its file's name belongs."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        gathered.faults.append(f"{label} names a file that cannot be read: {error.strerror}.")
    except ValueError:
        gathered.faults.append(f"{label} names a file that is not text.")
    else:
        if text:
            gathered.found[name] = Found("file", label, text)
        else:
            gathered.faults.append(f"{label} names an empty file.")


def _add_ssm(gathered: Gathered, known: list[str], environ: Mapping[str, str]) -> None:
    given = gathered.found.get("ssm_path")
    if given is None:
        return
    try:
        path = ssm_path(given.text)
    except ValueError:
        gathered.ssm_is_unread = True  # the check of the setting itself says what is wrong with it
        return
    try:
        parameters = list(_parameters_below(path, environ))
    except _SsmRefused as refusal:
        gathered.ssm_is_unread = True
        gathered.faults.append(str(refusal))
        return
    _add_parameters(gathered, known, parameters)


def _add_parameters(gathered: Gathered, known: list[str], parameters: list[tuple[str, str]]) -> None:
    labels: dict[str, str] = {}
    for label, text in sorted(parameters):
        name = label.rpartition("/")[2].replace("-", "_").lower()
        if name in labels:
            gathered.faults.append(f"{labels[name]} and {label} both give {name.upper()}; keep one.")
        elif name == "ssm_path":
            gathered.faults.append(f"The parameter {label} cannot say where the parameters are; remove it.")
        elif name not in known:
            nearest = _nearest(name, known).upper()
            gathered.faults.append(f"The parameter {label} is not a setting; the nearest is {nearest}.")
        else:
            gathered.found.setdefault(name, Found("SSM", f"The parameter {label}", text))
        labels.setdefault(name, label)


def _parameters_below(path: str, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    region = environ.get("AWS_REGION")
    if not region:
        raise _SsmRefused("AWS_REGION must be given, because PRETAMANE_SSM_PATH is.")
    try:
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise _SsmRefused(
            "PRETAMANE_SSM_PATH needs boto3, which is missing; install it with: pip install 'pretamane[ssm]'."
        ) from None
    folder = path
    try:
        client = _client(region)
        for folder in (f"{path}/{name}" for name in SSM_FOLDERS):
            yield from _parameters_in(client, folder)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "an error")
        raise _SsmRefused(f"The parameters below {folder} cannot be read: AWS answered {code}.") from None
    except (BotoCoreError, ValueError) as error:
        reason = str(error).rstrip(".")
        raise _SsmRefused(f"The parameters below {folder} cannot be read: {reason}.") from None


def _client(region: str) -> "SSMClient":
    import boto3
    from botocore.config import Config

    patience = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2})
    return boto3.session.Session(region_name=region).client("ssm", config=patience)


def _parameters_in(client: "SSMClient", folder: str) -> Iterator[tuple[str, str]]:
    pages = client.get_paginator("get_parameters_by_path")
    for page in pages.paginate(Path=folder, Recursive=True, WithDecryption=True):
        for parameter in page["Parameters"]:
            yield parameter["Name"], parameter["Value"]


def kept_key(folder: Path) -> str | None:
    """The signing key that an earlier start made, if one did."""
    try:
        return (folder / KEY_FILE).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None


def keep_key(folder: Path, key: str) -> str:
    """Keep the key for every later start; of two first starts at once, both get the key of the earlier."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = folder / f".{KEY_FILE}.{secrets.token_hex(8)}"
    try:
        _write_durably(unfinished, key)
        (folder / KEY_FILE).hardlink_to(unfinished)  # unlike a rename, this never replaces another's key
        _sync_folder(folder)
    except FileExistsError:
        return kept_key(folder) or key
    finally:
        unfinished.unlink(missing_ok=True)
    return key


def _write_durably(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
