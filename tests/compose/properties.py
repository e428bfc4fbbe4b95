"""What every service of the stack must have, one function a property: each yields a sentence for each fault."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from tests.compose.stack import Service

# They end; what they did is told by their exit code, and those that need it wait for that.
ONE_SHOTS: Final = {"migrate", "store-access", "backup"}
# The one user that secrets belong to (docs/decisions/0011).
OWNER_OF_SECRETS: Final = "10001"
EXACT: Final = re.compile(r"[a-z0-9./-]+:[a-z]*v?\d+\.\d+(\.\d+)?[a-z0-9.-]*(@sha256:[0-9a-f]{64})?")
SOUNDS_SECRET: Final = re.compile(r"PASSWORD|PASS$|SECRET|TOKEN|_KEY$|DATABASE_URL|BLOB_URL|OWNER_URL")

Property = Callable[[str, Service], Iterator[str]]


def exact_version(_name: str, service: Service) -> Iterator[str]:
    if not EXACT.fullmatch(service["image"]):
        yield f"{service['image']} is no exact version"


def health_check(name: str, service: Service) -> Iterator[str]:
    check = service.get("healthcheck", {})
    if name in ONE_SHOTS:
        return
    if check.get("disable") or "test" not in check:
        yield "it has no health check"
    elif check["test"][0] != "CMD":
        yield "its health check needs a shell"
    if not {"interval", "timeout", "retries", "start_period"} <= check.keys():
        yield "its health check leaves times to the engine"


def waits_for_health(_name: str, service: Service) -> Iterator[str]:
    for needed, how in service.get("depends_on", {}).items():
        wanted = "service_completed_successfully" if needed in ONE_SHOTS else "service_healthy"
        if how["condition"] != wanted:
            yield f"it waits for {needed} only until {how['condition']}"


def restart_policy(name: str, service: Service) -> Iterator[str]:
    wanted = "no" if name in ONE_SHOTS else "unless-stopped"
    if service.get("restart", "none") != wanted:
        yield f"its restart policy is not {wanted}"


def limits(_name: str, service: Service) -> Iterator[str]:
    for limit in ("mem_limit", "cpus", "pids_limit"):
        if not float(service.get(limit, 0)) > 0:
            yield f"it has no {limit}"


def stop_grace(_name: str, service: Service) -> Iterator[str]:
    if "stop_grace_period" not in service:
        yield "it has no time to end"


def log_rotation(_name: str, service: Service) -> Iterator[str]:
    logging = service.get("logging", {})
    if logging.get("driver") != "json-file" or not {"max-size", "max-file"} <= logging.get("options", {}).keys():
        yield "its log grows without end"


def own_user(_name: str, service: Service) -> Iterator[str]:
    user = str(service.get("user", ""))
    if not re.fullmatch(r"[1-9]\d*:\d+", user):
        yield f"it runs as {user or 'whoever its image says'}, not as a numbered user that is not root"
    elif service.get("secrets") and user.split(":", maxsplit=1)[0] != OWNER_OF_SECRETS:
        yield f"it could not read its secrets as {user}"


def read_only(_name: str, service: Service) -> Iterator[str]:
    if service.get("read_only") is not True:
        yield "its root file system can be written"


def no_capabilities(_name: str, service: Service) -> Iterator[str]:
    if service.get("cap_drop") != ["ALL"]:
        yield "it keeps capabilities"
    for added in service.get("cap_add", []):
        yield f"it has the capability {added}"


def no_new_privileges(_name: str, service: Service) -> Iterator[str]:
    if "no-new-privileges:true" not in service.get("security_opt", []):
        yield "it could gain privileges"
    for key in ("privileged", "pid", "ipc", "network_mode", "devices", "userns_mode"):
        if service.get(key):
            yield f"it has {key}"


def mounts(_name: str, service: Service) -> Iterator[str]:
    for mount in service.get("volumes", []):
        if mount["type"] != "bind":
            continue
        if "docker.sock" in mount["source"] or mount["source"] in ("/run", "/var/run"):
            yield "it reaches the engine's socket"
        if not mount.get("read_only"):
            yield f"it can write to the host's {mount['target']}"
        if mount["source"] in ("/", "/etc", "/root", "/home", "/var"):
            yield f"it sees the host's {mount['source']}"


def own_volumes(name: str, service: Service) -> Iterator[str]:
    for mount in service.get("volumes", []):
        if mount["type"] == "volume" and not mount.get("source", "").startswith(f"{name}-"):
            yield f"its {mount['target']} is {mount.get('source', 'a volume without a name')}, which is not its own"


def secrets_are_files(_name: str, service: Service) -> Iterator[str]:
    for variable, value in (service.get("environment") or {}).items():
        if SOUNDS_SECRET.search(variable) and value and not str(value).startswith("/run/secrets/"):
            yield f"{variable} is no file"


def loopback_only(_name: str, service: Service) -> Iterator[str]:
    for port in service.get("ports", []):
        if port.get("host_ip") != "127.0.0.1":
            yield f"its port {port['published']} is open to others than this machine"


def named_networks(_name: str, service: Service) -> Iterator[str]:
    if not service.get("networks") or "default" in service["networks"]:
        yield "it is on the default network"


PROPERTIES: Final[tuple[Property, ...]] = (
    exact_version,
    health_check,
    waits_for_health,
    restart_policy,
    limits,
    stop_grace,
    log_rotation,
    own_user,
    read_only,
    no_capabilities,
    no_new_privileges,
    mounts,
    own_volumes,
    secrets_are_files,
    loopback_only,
    named_networks,
)

# What cannot be otherwise, and why; compose.yml says the same beside it.
ONE_DATA_FOLDER: Final = "what one colour began to receive or drew, the other and the worker go on with"
EXCEPTIONS: Final = {
    ("app-blue", "own_volumes"): ONE_DATA_FOLDER,
    ("app-green", "own_volumes"): ONE_DATA_FOLDER,
    ("worker", "own_volumes"): ONE_DATA_FOLDER,
    ("migrate", "own_volumes"): ONE_DATA_FOLDER,
    ("otel-collector", "own_user"): "the engine's log files are root's alone",
    ("node-exporter", "mounts"): "the host's file systems are what it measures; as nobody it opens what anybody may",
    ("pgadmin", "no_capabilities"): "its interpreter's file asks for this one and does not start without",
    ("pgadmin", "read_only"): "upstream writes its configuration beside its program at each start",
}


def faults_of(name: str, service: Service) -> dict[str, list[str]]:
    """By property, without those that have none."""
    found = {each.__name__: list(each(name, service)) for each in PROPERTIES}
    return {each: sentences for each, sentences in found.items() if sentences}
