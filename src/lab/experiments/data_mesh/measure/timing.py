"""How long a publisher's pipeline takes to verify what many consumers need."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import psycopg

from lab.experiments.data_mesh.measure.mesh import ENVIRONMENT, Mesh
from lab.experiments.data_mesh.measure.seen import Timed
from lab.experiments.data_mesh.mechanism import Broker, Expectation, Publication, expectation, verify
from lab.experiments.data_mesh.params import NOW, Params
from lab.experiments.data_mesh.workload.domains import CONSUMERS, DATASET, PUBLISHER
from lab.load.interleave import interleaved

SCHEMA = "timed"


def by_consumers(made: Mesh, params: Params, folder: Path) -> list[Timed]:
    """Seconds to verify, record and decide, for each number of consumers, in turns."""
    known = [expectation(consumer) for consumer in CONSUMERS]
    brokers = {count: _broker(folder / f"timed-{count}.db", known, count) for count in params.consumers}
    with made.connect() as connection:
        _fill(connection, params.timed_orders)
        publication = Publication(PUBLISHER, "1", connection, SCHEMA, NOW)
        _decided(
            brokers[params.consumers[0]], publication
        )  # the table is in memory, and the plan's statistics too
        return [
            Timed(count, round_, _decided(brokers[count], publication))
            for round_, count in interleaved(params.consumers, params.rounds, params.seed)
        ]


def _decided(broker: Broker, publication: Publication) -> float:
    started = time.perf_counter()
    for each in broker.needed(PUBLISHER):
        broker.record(PUBLISHER, publication.version, each, verify(publication, each))
    broker.can_i_deploy(PUBLISHER, publication.version, ENVIRONMENT)
    return time.perf_counter() - started


def _broker(path: Path, known: list[Expectation], count: int) -> Broker:
    """With so many consumers deployed, which need in turn what the two known ones do."""
    broker = Broker(path)
    broker.add(PUBLISHER, "1")
    for number in range(count):
        need = replace(known[number % len(known)], consumer=f"consumer {number}")
        broker.add(need.consumer, "1", [need])
        broker.deploy(need.consumer, "1", ENVIRONMENT, force=True)
    return broker


def _fill(connection: psycopg.Connection, orders: int) -> None:
    connection.execute(f"CREATE SCHEMA {SCHEMA}")
    connection.execute(
        f"CREATE TABLE {SCHEMA}.{DATASET} AS SELECT n AS order_id, n % 1000 AS customer_id, "
        f"timestamptz '{NOW.isoformat()}' - n * interval '1 minute' AS ordered_at, "
        "(ARRAY['placed', 'paid', 'shipped', 'cancelled'])[n % 4 + 1]::varchar(20) AS status, "
        "(ARRAY['web', 'shop', 'phone'])[n % 3 + 1]::varchar(20) AS channel, "
        f"(n % 400)::numeric(12, 2) AS total, 'note' AS note FROM generate_series(1, {orders}) AS n"
    )
    connection.execute(f"ANALYZE {SCHEMA}.{DATASET}")
