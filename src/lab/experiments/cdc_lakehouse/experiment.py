"""PostgreSQL to Iceberg by change data capture, under kills; and the same events by designs that are known to fail."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress

from confluent_kafka.admin import AdminClient, NewTopic

from lab.errors import ServiceError
from lab.evidence.result import Result
from lab.experiments.cdc_lakehouse.judge import result
from lab.experiments.cdc_lakehouse.measure.after_load import after_load, compared, without_load
from lab.experiments.cdc_lakehouse.measure.driver import DONE, REPLAYED, REPLAYING, Job
from lab.experiments.cdc_lakehouse.measure.pipeline import Pipeline
from lab.experiments.cdc_lakehouse.measure.under_load import under_load
from lab.experiments.cdc_lakehouse.mechanism import SAFE, Design
from lab.experiments.cdc_lakehouse.params import Params
from lab.experiments.cdc_lakehouse.workload import source
from lab.experiments.cdc_lakehouse.workload.controls import BROKEN, Replay, replays, table_of
from lab.experiments.cdc_lakehouse.workload.source import CHANGES, PREFIX, TABLE, TRANSACTIONS
from lab.progress import steps
from lab.services import http
from lab.services.connect import Connect, connect
from lab.services.icebergcatalog import IcebergCatalog, iceberg_catalog
from lab.services.kafka import kafka
from lab.services.objectstore import ObjectStore, object_store
from lab.services.postgres import postgres
from lab.services.session import session

_BUCKET = "lake"


def run(params: Params, design: Design = SAFE) -> Result:
    """The pipeline under load and kills, with `design` as its sink."""
    return run_with_controls(params, design, ())[0]


def run_with_controls(
    params: Params, design: Design = SAFE, controls: Sequence[Design] = BROKEN
) -> tuple[Result, dict[str, Result]]:
    """The pipeline with `design`, then each of `controls` on the events that are still in Kafka.

    Replayed, the designs differ by nothing but themselves: same events, same engine, tables of their own.
    """
    with steps(3) as work:
        work.next("start")
        with _pipeline(params, design, replays(params, controls)) as own:
            work.next("load and kills")
            load = under_load(own)
            own.desk.stop()
            work.next("controls and comparison")
            _await(own, "the load", REPLAYING, REPLAYED, DONE)
            seen = after_load(own, load)  # while the driver replays
            known = seen.truth
            _await(own, "its replays", REPLAYED, DONE)
            arms = {
                one.name: result.control(params, compared(own, known, table_of(number)))
                for number, one in enumerate(controls)
            }
            own.desk.leave_alone()
            _await(own, "its batches into tables of other sizes", DONE)
            return result.treatment(params, seen, without_load(own)), arms


def _await(own: Pipeline, what: str, *stages: str) -> None:
    if not own.await_stage(*stages):
        raise ServiceError(f"the Spark driver is at {own.desk.stage()!r} and does not end {what}")


@contextmanager
def _pipeline(params: Params, design: Design, replays: tuple[Replay, ...]) -> Iterator[Pipeline]:
    """The pipeline for the block, seeded and following; what it made at attached servers is taken away."""
    folder = session().folder / f"cdc-{time.monotonic_ns()}"
    folder.mkdir()
    with ExitStack() as stack, ThreadPoolExecutor(3) as pool:
        settings = {"wal_level": "logical", "max_connections": "50"}
        brokers = pool.submit(stack.enter_context, kafka(heap_mb=384))
        databases = pool.submit(stack.enter_context, postgres(settings))
        lakes = pool.submit(_lake, stack)
        broker, database, (store, catalog) = brokers.result(), databases.result(), lakes.result()
        job = Job(
            folder,
            database.dsn,
            broker.bootstrap,
            PREFIX,
            params.partitions,
            catalog.client(),
            f"lake.{TABLE}",
            params.merge_mode,
            design,
            params.table_rows,
            params.seed,
        )
        stack.enter_context(_topics(broker.bootstrap, params.partitions))
        stack.callback(_drop_tables, catalog.uri)
        source.create(database.dsn, params.accounts, params.note_bytes, params.seed)
        stack.callback(source.drop, database.dsn, PREFIX)
        worker: Connect = None  # type: ignore[assignment]  # starts last
        own = Pipeline(params, database, broker, worker, store, catalog, folder, job, replays)
        own.desk.set_intervals(params.intervals[:1])
        own.start_sinks(sum(fault != "connect" for fault in params.faults))
        stack.callback(own.kill_sinks)
        own.connect = stack.enter_context(connect(broker.bootstrap))
        own.connect.put(PREFIX, source.connector(database.dsn, PREFIX, params.partitions))
        stack.callback(_forget, own.connect)
        own.connect.await_running(PREFIX)
        yield own


def _lake(stack: ExitStack) -> tuple[ObjectStore, IcebergCatalog]:
    store = stack.enter_context(object_store([_BUCKET]))
    return store, stack.enter_context(iceberg_catalog(f"s3://{_BUCKET}/warehouse", store.s3))


@contextmanager
def _topics(bootstrap: str, partitions: int) -> Iterator[None]:
    """Both topics for the block; gone with it, however it ends."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    made = admin.create_topics([NewTopic(CHANGES, partitions, 1), NewTopic(TRANSACTIONS, 1, 1)])
    # One that another has made must stay, though its twin was new.
    own = [name for name, future in made.items() if future.exception() is None]
    try:
        for future in made.values():
            future.result()
        yield
    finally:
        for gone in (admin.delete_topics(own) if own else {}).values():
            gone.result()


def _drop_tables(catalog: str) -> None:
    namespace = TABLE.partition(".")[0]
    url = f"{catalog}/v1/namespaces/{namespace}"
    with suppress(ServiceError):  # nothing was written yet
        for one in http.call("GET", f"{url}/tables")["identifiers"]:
            http.call("DELETE", f"{url}/tables/{one['name']}?purgeRequested=true", timeout_s=60)
        http.call("DELETE", url)


def _forget(own: Connect) -> None:
    own.delete(PREFIX)
    time.sleep(0.5)
