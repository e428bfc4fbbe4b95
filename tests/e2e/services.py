"""What runs by default, as whom, at which ports, and who of it has a way out."""

from typing import Final, NamedTuple


class Service(NamedTuple):
    ports: tuple[int, ...]
    user: int = 10001
    # As the kernel counts them: this one is CAP_DAC_READ_SEARCH.
    capabilities: int = 0
    may_go_out: bool = False


SERVICES: Final = {
    "alertmanager": Service((9093,), user=65534, may_go_out=True),
    "app-blue": Service((8000,)),
    "blackbox": Service((9115,), user=65534, may_go_out=True),
    "caddy": Service((8080,)),
    "loki": Service((3100,)),
    "meilisearch": Service((7700,)),
    "minio": Service((9000, 9001)),
    "node-exporter": Service((9100,), user=65534),
    "otel-collector": Service((13133, 8888), user=0, capabilities=1 << 2),
    "postgres-exporter": Service((9187,)),
    "postgresql": Service((5432,)),
    "prometheus": Service((9090,), user=65534),
    "worker": Service((9101,), may_go_out=True),
}
ONE_SHOTS: Final = {"migrate", "store-access"}
