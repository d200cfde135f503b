"""Three ways to process, and a sink with and without batch ids, under one schedule of faults."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import confluent_kafka
from psycopg.conninfo import conninfo_to_dict

from lab.errors import NotAvailableError, ParameterError
from lab.evidence.result import Result
from lab.experiments.exactly_once.judge import result
from lab.experiments.exactly_once.measure import driver, marks, nemesis, outputs, overhead
from lab.experiments.exactly_once.measure.bench import Bench, new_driver
from lab.experiments.exactly_once.measure.seen import Injected, Ran, Seen, Timed
from lab.experiments.exactly_once.mechanism import AT_LEAST_ONCE, AT_MOST_ONCE, EXACTLY_ONCE, Processor
from lab.experiments.exactly_once.params import Params
from lab.experiments.exactly_once.workload import generator
from lab.experiments.exactly_once.workload.cut import Cut, cut
from lab.experiments.exactly_once.workload.schedule import Round, plan
from lab.load.gate import Gate
from lab.progress import Steps, steps
from lab.services import sparkjvm
from lab.services.kafka import VARIABLE, Kafka, kafka
from lab.services.node import Attached
from lab.services.postgres import postgres
from lab.services.session import session
from lab.services.topics import create_topics, delete_topics
from lab.services.workers import spawn

ALL = (EXACTLY_ONCE, AT_LEAST_ONCE, AT_MOST_ONCE)


def run(params: Params, processor: Processor = EXACTLY_ONCE) -> Result:
    """One processor under the schedule, without the sink; your own one: `Processor("mine", step, transactional=True)`.

    It works in a process of its own, so `step` must be a function of a module that can be imported there.
    """
    if processor.step.__module__ == "__main__":
        raise ParameterError(
            f"{processor.name}: put its function into a module; its process can't import a notebook"
        )
    return result.processor(params, processor, *_measure(params, [processor], sink=False))


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """Both pipelines, and beside them the weaker modes: one broker, one load, one schedule."""
    return result.results(params, *_measure(params, ALL, sink=True))


def _measure(params: Params, processors: Sequence[Processor], sink: bool) -> tuple[Seen, dict[str, str]]:
    rounds = plan(params)
    with steps(len(rounds) + 2) as work, _services(params, list(processors), sink, work) as (bench, versions):
        ran, faults = [], []
        for one in rounds:
            work.next(f"round {one.number}: {one.fault or 'warm-up'}")
            ended, injected = _round(bench, one)
            ran.append(ended)
            faults += injected
        bench.close()
        work.next("the price of a transaction")
        uncommitted = _uncommitted(bench, processors[0])
        told = marks.read(bench.folder)
        timed = _overhead(bench) if sink else []
        return Seen(ran, bench.delivered(), uncommitted, faults, told, timed, bench.restarts), versions


def _round(bench: Bench, one: Round) -> tuple[Ran, list[Injected]]:
    """Open the load's gate, inject at the planned moment, wait until all is sent and dealt with."""
    folder = generator.place(bench.folder, one)
    gate = Gate(folder)
    gate.await_all([generator.NAME])
    start_ns = gate.open()
    start = time.time() + (start_ns - time.monotonic_ns()) / 1e9
    bench.came(lambda: time.time() >= start + one.at_s, one.at_s + 10)
    injected = nemesis.inject(bench, one.number, one.fault) if one.fault else []
    seconds = one.count / bench.params.rate + generator.PATIENCE_S
    bench.until(lambda: generator.report(folder), "the load generator", seconds)
    counts = bench.drain(one.first + one.count)
    sent = generator.report(folder)
    assert sent is not None
    return Ran(one, start, time.time(), sent, counts), injected


def _uncommitted(bench: Bench, processor: Processor) -> outputs.Rows:
    isolation = "read_uncommitted"
    tail = outputs.Tail(bench.broker.bootstrap, bench.target(processor), bench.params.partitions, isolation)
    tail.read()
    tail.close()
    return tail.rows()


def _overhead(bench: Bench) -> list[Timed]:
    params, bootstrap, target = bench.params, bench.broker.bootstrap, f"{bench.run}-timed"
    create_topics(bootstrap, {target: params.partitions})
    try:
        return overhead.time_batches(bootstrap, bench.source, target, params.sizes, params.seed)
    finally:
        delete_topics(bootstrap, [target])


@contextmanager
def _services(
    params: Params, processors: list[Processor], sink: bool, work: Steps
) -> Iterator[tuple[Bench, dict[str, str]]]:
    """Broker, database and arms for the block; what it made at attached servers is taken away."""
    name = f"once-{uuid.uuid4().hex[:6]}"
    folder = session().folder / name
    for one in plan(params):
        generator.place(folder, one).mkdir(parents=True)
    work.next("broker, database, Spark")
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        first = new_driver(folder, 0) if sink else None
        if first:
            stack.callback(first.worker.kill)
        brokers = pool.submit(stack.enter_context, kafka(heap_mb=384))
        databases = pool.submit(stack.enter_context, postgres()) if sink else None
        broker = brokers.result()
        _ours_to_hurt(params, broker)
        versions = {"Apache Kafka": broker.version, "librdkafka": confluent_kafka.libversion()[0]}
        bench = Bench(params, broker, name, folder, processors)
        topics = [bench.source, *(bench.target(arm) for arm in processors)]
        create_topics(broker.bootstrap, dict.fromkeys(topics, params.partitions))
        stack.callback(delete_topics, broker.bootstrap, topics)
        if databases and first:
            database = databases.result()
            versions |= {"PostgreSQL": database.version, "Apache Spark": sparkjvm.version()}
            bench.attach(database.dsn, _sink(database.dsn, stack), first)
        stack.callback(bench.kill)
        load = spawn(generator.generate, broker.bootstrap, bench.source, params, folder)
        stack.callback(load.kill)
        bench.start()
        yield bench, versions


def _ours_to_hurt(params: Params, broker: Kafka) -> None:
    if "broker" in params.faults and isinstance(broker.nodes[0], Attached):
        raise NotAvailableError(
            f"{VARIABLE} names a broker that somebody else runs, so it can't be killed from here; unset {VARIABLE}, or "
            f'leave "broker" out of `faults`'
        )


def _sink(dsn: str, stack: ExitStack) -> Cut:
    """Tables in the database, and the link to it that can be cut."""
    driver.create(dsn)
    stack.callback(driver.drop, dsn)
    place = conninfo_to_dict(dsn)
    return stack.enter_context(cut(str(place.get("host")), int(place.get("port") or 5432)))
