"""What runs, as whom, at which ports, and who of it has a way out."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class Service(NamedTuple):
    ports: tuple[int, ...]
    user: int = 10001
    may_go_out: bool = False
    # Ports that are open in one network only.
    only_in: Mapping[int, str] = MappingProxyType({})

    def listens(self, network: str, port: int) -> bool:
        return self.only_in.get(port, network) == network


SERVICES: Final = {
    "alertmanager": Service((9093,), user=65534, may_go_out=True),
    "app-blue": Service((8000,)),
    "blackbox": Service((9115,), user=65534, may_go_out=True),
    "caddy": Service((8080, 9180)),
    "loki": Service((3100,)),
    "meilisearch": Service((7700,)),
    "minio": Service((9000, 9001), only_in={9000: "data", 9001: "consoles"}),
    "node-exporter": Service((9100,), user=65534),
    "otel-collector": Service((4318, 8888, 13133), user=0),
    "postgres-exporter": Service((9187,)),
    "postgresql": Service((5432,)),
    "prometheus": Service((9090,), user=65534),
    "worker": Service((9101,), may_go_out=True),
}
ONE_SHOTS: Final = {"migrate", "store-access"}
# Those that are not there all the time, or that this machine cannot have.
NOW_AND_THEN: Final = {
    "app-green": Service((8000,)),
    "backup": Service((), may_go_out=True),
    "cloudflared": Service((2000,), may_go_out=True),
    "grafana": Service((3000,)),
    "migrate": Service(()),
    "pgadmin": Service((80,)),
    "store-access": Service(()),
}
EVERYBODY: Final = SERVICES | NOW_AND_THEN
