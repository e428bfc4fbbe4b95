"""Each property of each service, as Docker Compose understands the files."""

import copy
import re
from collections.abc import Callable
from itertools import combinations, pairwise

import pytest

from tests.compose.properties import EXCEPTIONS, ONE_SHOTS, faults_of
from tests.compose.stack import FOLDER, OVERLAYS, ROOT, Service, read

MEBIBYTE = 1024 * 1024
MOST_MEMORY = 3584 * MEBIBYTE
PROFILES = ("tunnel", "admin", "backup")


def test_every_service_has_every_property_or_a_reason(stack):
    faults = {
        (name, each): sentences
        for name, service in stack["services"].items()
        for each, sentences in faults_of(name, service).items()
    }

    assert {key: faults[key] for key in faults.keys() - EXCEPTIONS.keys()} == {}


def test_no_exception_outlives_its_need(stack):
    faults = {(name, each) for name, service in stack["services"].items() for each in faults_of(name, service)}

    assert EXCEPTIONS.keys() - faults == set()


def set_to(key: str, value: object) -> Callable[[Service], None]:
    return lambda service: service.update({key: value})


@pytest.mark.parametrize(
    ("property_", "spoil"),
    [
        ("exact_version", set_to("image", "postgres:latest")),
        ("exact_version", set_to("image", "postgres")),
        ("health_check", set_to("healthcheck", {"disable": True})),
        ("health_check", lambda service: service["healthcheck"].update(test=["CMD-SHELL", "true"])),
        ("waits_for_health", set_to("depends_on", {"minio": {"condition": "service_started"}})),
        ("waits_for_health", set_to("depends_on", {"migrate": {"condition": "service_healthy"}})),
        ("restart_policy", set_to("restart", "no")),
        ("limits", set_to("pids_limit", 0)),
        ("stop_grace", lambda service: service.pop("stop_grace_period")),
        ("log_rotation", lambda service: service["logging"]["options"].pop("max-size")),
        ("own_user", lambda service: service.pop("user")),
        ("own_user", set_to("user", "0:0")),
        ("own_user", set_to("user", "999:999")),
        ("read_only", set_to("read_only", False)),
        ("no_capabilities", set_to("cap_drop", ["NET_RAW"])),
        ("no_capabilities", set_to("cap_add", ["CHOWN"])),
        ("no_new_privileges", set_to("security_opt", [])),
        ("no_new_privileges", set_to("pid", "host")),
        (
            "mounts",
            set_to(
                "volumes", [{"type": "bind", "source": "/var/run/docker.sock", "target": "/sock", "read_only": True}]
            ),
        ),
        ("mounts", set_to("volumes", [{"type": "bind", "source": "/srv", "target": "/srv"}])),
        ("own_volumes", set_to("volumes", [{"type": "volume", "source": "minio-data", "target": "/data"}])),
        ("own_volumes", set_to("volumes", [{"type": "volume", "target": "/data"}])),
        ("secrets_are_files", set_to("environment", dict.fromkeys(["POSTGRES_PASSWORD"], "in the open"))),
        ("loopback_only", set_to("ports", [{"target": 5432, "published": "5432"}])),
        ("named_networks", set_to("networks", {"default": None})),
    ],
)
def test_the_linter_sees_what_is_spoilt(stack, property_, spoil):
    service = copy.deepcopy(stack["services"]["postgresql"])
    spoil(service)

    assert property_ in faults_of("postgresql", service)


@pytest.mark.parametrize("overlays", [chosen for n in range(4) for chosen in combinations(OVERLAYS, n)])
@pytest.mark.parametrize("profiles", [(), *[(profile,) for profile in PROFILES], PROFILES])
def test_compose_reads_every_way_to_run_it_without_a_warning(compose, overlays, profiles):
    _stack, said = read(compose, *overlays, profiles=profiles)

    assert said == ""


def test_the_overlays_open_no_more_than_they_say(compose):
    stack, _said = read(compose, *OVERLAYS)

    open_to_all = {
        (name, port["published"])
        for name, service in stack["services"].items()
        for port in service.get("ports", [])
        if port.get("host_ip") != "127.0.0.1"
    }
    found = {name: faults_of(name, service) for name, service in stack["services"].items()}

    assert open_to_all == {("caddy", "80"), ("caddy", "443")}
    assert found["mail-catcher"] == {}


def test_the_limits_of_what_runs_by_default_sum_to_three_and_a_half_gibibytes_at_most(compose):
    stack, _said = read(compose, profiles=("tunnel",))

    running = stack["services"].keys() - ONE_SHOTS - {"app-green"}

    assert sum(int(stack["services"][name]["mem_limit"]) for name in running) <= MOST_MEMORY


def test_one_colour_of_the_app_runs_by_default_and_both_are_alike(stack):
    blue, green = stack["services"]["app-blue"], stack["services"]["app-green"]

    assert (blue.pop("scale", 1), green.pop("scale")) == (1, 0)
    assert blue == green


def test_every_one_shot_is_waited_for_by_somebody(stack):
    """Else `up --wait` would take its end for a failure."""
    awaited = {needed for service in stack["services"].values() for needed in service.get("depends_on", {})}

    assert ONE_SHOTS - {"backup"} <= awaited


def test_no_volume_is_shared_but_the_apps_own(stack):
    owners: dict[str, set[str]] = {}
    for name, service in stack["services"].items():
        for mount in service.get("volumes", []):
            if mount["type"] == "volume":
                owners.setdefault(mount["source"], set()).add(name)

    shared = {volume: names for volume, names in owners.items() if len(names) > 1}

    assert shared == {"app-data": {"app-blue", "app-green", "worker", "migrate"}}
    assert owners.keys() == stack["volumes"].keys()


def table_of_networks() -> dict[str, set[str]]:
    """Service → networks, as docs/security.md draws them."""
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    section = text.split("## Networks of the stack", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    names = rows[0][1:]
    return {
        row[0].strip("`"): {network for network, mark in zip(names, row[1:], strict=True) if mark} for row in rows[2:]
    }


def test_the_networks_are_as_the_table_in_the_docs_draws_them(stack):
    drawn = {name: set(service["networks"]) for name, service in stack["services"].items()}

    assert drawn == table_of_networks()


def test_only_two_networks_lead_anywhere(stack):
    open_ones = {name for name, network in stack["networks"].items() if not network.get("internal")}
    unmasked = stack["networks"]["edge"]["driver_opts"]["com.docker.network.bridge.enable_ip_masquerade"]

    assert open_ones == {"edge", "egress"}
    assert unmasked == "false"
    # Of two ways to the outside the engine takes that of the first name.
    assert stack["networks"]["egress"]["name"] < stack["networks"]["edge"]["name"]


def versions(name: str) -> dict[str, str]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_images_default_versions_are_the_stacks():
    """A Dockerfile that is built by hand makes what the stack runs."""
    told = versions("images.env")
    arguments = {
        argument: default
        for dockerfile in [ROOT / "app" / "Dockerfile", *(FOLDER / "images").glob("*/Dockerfile")]
        for argument, default in re.findall(r"^ARG (\w+_(?:IMAGE|VERSION))=(\S+)$", dockerfile.read_text(), re.M)
    }

    assert arguments
    assert {name: told[name] for name in arguments} == arguments


def test_the_stacks_version_is_the_projects():
    project = re.search(r'^version = "(.+)"$', (ROOT / "app" / "pyproject.toml").read_text(), re.M)

    assert project is not None
    assert versions("images.env")["PRETAMANE_VERSION"] == project[1]


PLACE = re.compile(r"# github\.com/[\w.-]+/[\w.-]+: [\w./-]+ \(at [0-9a-f]{12}\)")


def test_every_version_says_where_it_was_seen():
    """In a file of a public repository: its owner and name, the path, and the commit."""
    lines = (FOLDER / "images.env").read_text(encoding="utf-8").splitlines()
    seen = [
        (before, line) for before, line in pairwise(lines) if re.match(r"[A-Z]+(_[A-Z]+)*_IMAGE=|MINIO_VERSION=", line)
    ]

    silent = [line for before, line in seen if not PLACE.fullmatch(before)]

    assert len(seen) == 19
    assert silent == []
    assert not any("@sha256:" in line for line in lines)


def test_what_a_small_host_tells_its_builds_is_heard_by_whatever_compiles():
    told = re.findall(r"--build-arg (\w+)=", (ROOT / "scripts" / "pretamane-host").read_text())
    files = {file: file.read_text() for file in FOLDER.glob("images/*/Dockerfile")}
    compiling = {file: text for file, text in files.items() if "RUN go " in text}

    assert told
    assert compiling
    assert {file for file, text in compiling.items() if not all(f"\nARG {name}=" in text for name in told)} == set()


# By scripts/deploy.sh, and by scripts/compose.
WRITTEN = r"(BLUE|GREEN|WORKER|MIGRATE)_(SCALE|VERSION)|REVISION"
OF_THE_TESTS = {"MINIO_FROM"}


def test_whatever_a_person_may_set_is_explained_in_the_example():
    asked = {
        name for file in FOLDER.glob("compose*.yml") for name in re.findall(r"(?<!\$)\$\{([A-Z_]+)", file.read_text())
    }
    explained, known = (
        set(re.findall(r"^([A-Z_]+)=", (FOLDER / file).read_text(), re.MULTILINE))
        for file in (".env.example", "images.env")
    )

    assert {name for name in asked - explained - known - OF_THE_TESTS if not re.fullmatch(WRITTEN, name)} == set()
