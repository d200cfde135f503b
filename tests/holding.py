"""Each service by name, held by a process of its own until that is killed: for tests of what all have in common."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from lab.services.airflow import airflow
from lab.services.alertmanager import alertmanager
from lab.services.connect import connect
from lab.services.countingproxy import counting_proxy
from lab.services.icebergcatalog import iceberg_catalog
from lab.services.kafka import kafka
from lab.services.objectstore import object_store
from lab.services.pgbouncer import pgbouncer
from lab.services.postgres import USER, postgres
from lab.services.prometheus import prometheus
from lab.services.receiver import receiver
from lab.services.redis import redis
from lab.services.s3 import S3
from lab.services.schemaregistry import schema_registry
from lab.services.session import session
from lab.services.spark import spark_session
from lab.services.sparkcluster import standalone
from lab.services.toxiproxy import toxiproxy
from lab.services.trino import trino
from lab.services.webapp import web_app


@contextmanager
def _connect() -> Iterator[object]:
    with kafka(heap_mb=256) as cluster, connect(cluster.bootstrap) as worker:
        yield worker


@contextmanager
def _pgbouncer() -> Iterator[object]:
    with postgres() as server, pgbouncer(server.dsn, [USER]) as pool:
        yield pool


# Those that both backends start; the others are local always.
SERVERS: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "postgres": postgres,
    "pgbouncer": _pgbouncer,
    "connect": _connect,
    "objectstore": object_store,
    "icebergcatalog": iceberg_catalog,
    "schemaregistry": schema_registry,
    "trino": lambda: trino(memory_mb=768),
    "sparkcluster": lambda: standalone(workers=2, memory_mb=512),
    "toxiproxy": toxiproxy,
    "redis": redis,
    "prometheus": lambda: prometheus({"scrape_configs": []}),
    "alertmanager": lambda: alertmanager({"route": {"receiver": "none"}, "receivers": [{"name": "none"}]}),
}
SERVICES = SERVERS | {
    "airflow": lambda: airflow(Path(__file__).parent / "standins"),
    "spark": lambda: spark_session(memory_mb=512),
    "webapp": lambda: web_app("webapps:app", Path(__file__).parent),
    "receiver": receiver,
    "countingproxy": lambda: counting_proxy(S3("http://127.0.0.1:1", "key", "secret")),
}


def hold(name: str, told: Path) -> None:
    """Start, tell this process's mark and folder by the file `told`, then wait to be killed."""
    with SERVICES[name]():
        part = told.with_suffix(".part")
        part.write_text(f"{session().owner}\n{session().folder}")
        part.rename(told)
        time.sleep(999)
