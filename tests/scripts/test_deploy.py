"""deploy.sh has everything at hand, and knows that the edge will take its configuration, before it stops anything.

Docker is played by what writes down its calls; Compose reads the real files. What containers then do is tests/e2e's.
"""

import os
import re

import pytest

from tests.compose.stack import compose_command
from tests.scripts.house import House, real_compose

NEXT = "0.1.0-next"
UPSTREAM = ("POSTGRES_IMAGE", "GRAFANA_IMAGE", "LOKI_IMAGE", "PROMETHEUS_IMAGE")
CHANGES = re.compile(r"^compose (run|rm|stop|start|restart|up|exec .*(pg_dump|touch))\b")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for the files belong to the containers' user")

# What runs, as the engine and Caddy tell it.
RUNNING = """
  *"/etc/caddy/live/green ]"*) echo blue ;;
  *under-way) echo '{"app-blue:8000","num_requests":0}' ;;
  *hash-password) echo notReallyAHashOfAnything ;;
"""


def playing(house: House, **images: str) -> None:
    """An engine that has every image but those, by what it does when it is asked to fetch them."""
    compose = real_compose()
    missing = "".join(f'  "image inspect {image}") exit 1 ;;\n' for image in images.values())
    house.docker(
        f"""{missing}{RUNNING}
  compose*" config"*) shift; exec {compose} "$@" ;;
  pull*unheard.of*) exit 1 ;;
"""
    )


@pytest.fixture(autouse=True)
def a_house_that_runs(house: House) -> None:
    if compose_command() is None:
        pytest.skip("no Docker Compose")
    house.settings(SECRETS_DIR=house.root.parent / "secrets")
    house.program("curl", "printf 200")
    playing(house)


def calls(house: House) -> list[str]:
    """Without the files that Compose is given, which come first."""
    return [re.sub(r"^compose (--env-file \S+ )+", "compose ", call) for call in house.asked()]


def image_of(house: House, name: str) -> str:
    found = re.search(rf"^{name}=(.*)$", (house.stack / "images.env").read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def test_a_release_asks_for_every_image_and_tries_the_edge_before_anything_changes(house):
    told = house.script("deploy.sh", NEXT)

    assert told.returncode == 0, told.stderr
    asked = calls(house)
    first_change = next(number for number, call in enumerate(asked) if CHANGES.search(call))
    before = asked[:first_change]
    for image in (f"pretamane:{NEXT}", "pretamane-caddy:0.1.0", *(image_of(house, name) for name in UPSTREAM)):
        assert f"image inspect {image}" in before
    (tried,) = [call for call in before if "caddy validate" in call]
    assert "pretamane-caddy:0.1.0 sh -c exec caddy validate" in tried
    assert "--network none" in tried
    assert f"{house.root}/config/caddy:/etc/caddy:ro" in tried
    assert "GREEN_VERSION=0.1.0-next" in (house.stack / "state.env").read_text()


def test_an_image_beside_the_app_that_is_not_to_be_had_is_told_before_anything_changes(house):
    settings = house.stack / "images.env"
    settings.write_text(
        re.sub(r"(?m)^LOKI_IMAGE=.*$", "LOKI_IMAGE=grafana/loki:0.0.0-unheard.of", settings.read_text())
    )
    playing(house, loki="grafana/loki:0.0.0-unheard.of")

    told = house.script("deploy.sh", NEXT)

    assert told.returncode == 2
    assert "The image grafana/loki:0.0.0-unheard.of is neither here nor to be had." in told.stderr
    assert [call for call in calls(house) if CHANGES.search(call)] == []


def test_one_of_ours_that_is_missing_is_built_before_anything_changes(house):
    playing(house, edge="pretamane-caddy:0.1.0")

    assert house.script("deploy.sh", NEXT).returncode == 0
    asked = calls(house)
    assert asked.index("compose build --quiet caddy") < asked.index(next(filter(CHANGES.search, asked)))


def test_a_version_that_is_neither_here_nor_this_checkouts_is_refused(house):
    playing(house, app=f"pretamane:{NEXT}")

    told = house.script("deploy.sh", NEXT)

    assert told.returncode == 2
    assert f"The image pretamane:{NEXT} is neither here nor to be had" in told.stderr
    assert [call for call in calls(house) if CHANGES.search(call) or " build" in call] == []


def test_a_configuration_that_caddy_does_not_take_is_told_before_anything_changes(house):
    house.docker(
        f"""{RUNNING}
  *"caddy validate"*) echo "unrecognized directive: respnd" >&2; exit 1 ;;
  compose*" config"*) shift; exec {real_compose()} "$@" ;;
"""
    )

    told = house.script("deploy.sh", NEXT)

    assert told.returncode == 2
    assert "unrecognized directive: respnd" in told.stderr
    assert "Caddy does not take the configuration that is here; nothing was changed." in told.stderr
    assert [call for call in calls(house) if CHANGES.search(call)] == []
    assert not (house.stack / "state.env").exists()


def test_the_edge_is_tried_with_what_compose_fills_in(house):
    house.settings(
        SECRETS_DIR=house.root.parent / "secrets",
        PUBLIC_URL="https://practice.example.org",
        COMPOSE_FILE="compose.yml:compose.public.yml",
    )
    house.docker(
        f"""{RUNNING}
  *"caddy validate"*)
    while [ "$1" != --env-file ]; do shift; done
    sort "$2" >{house.root}/edge; exit 1 ;;
  compose*" config"*) shift; exec {real_compose()} "$@" ;;
"""
    )
    house.script("deploy.sh", NEXT)

    assert (house.root / "edge").read_text().splitlines() == [
        "ACME_EMAIL=",
        "APP_NETWORK=10.213.2.0/24",
        "CONSOLES_PASSWORD_HASH_FILE=/run/secrets/consoles_password_hash",  # pragma: allowlist secret: a path
        "EDGE_CONFIG=/etc/caddy/public.Caddyfile",
        "FILES_DOMAIN=",
        "OPS_DOMAIN=",
        "PUBLIC_URL=https://practice.example.org",
        "TUNNEL_ADDRESS=10.213.1.10",
    ]


def test_compose_files_that_compose_does_not_take_are_told_before_anything_changes(house):
    (house.stack / "compose.yml").write_text("services: [")

    told = house.script("deploy.sh", NEXT)

    assert told.returncode == 2
    assert "Compose does not take its files as they are here; nothing was changed." in told.stderr
    assert [call for call in calls(house) if CHANGES.search(call)] == []


def test_an_old_colour_that_does_not_end_keeps_nothing_else_from_coming(house):
    house.docker(
        f"""{RUNNING}
  compose*" stop app-blue") echo "it hangs" >&2; exit 1 ;;
  compose*" config"*) shift; exec {real_compose()} "$@" ;;
"""
    )

    told = house.script("deploy.sh", NEXT)

    assert told.returncode == 0, told.stderr
    assert "app-blue did not end by itself; the next step ends it." in told.stderr
    assert "compose up --detach --wait --remove-orphans" in calls(house)
