"""Four arms under one schedule, two at a time; and beside the last ones ingestion and sink are killed."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from importlib import metadata

import confluent_kafka

from lab.evidence.result import Result
from lab.experiments.backpressure.judge.metrics import metrics
from lab.experiments.backpressure.judge.observations import lost, observe, recovered
from lab.experiments.backpressure.judge.tables import tables
from lab.experiments.backpressure.measure.bench import bench
from lab.experiments.backpressure.measure.burst import burst
from lab.experiments.backpressure.measure.kills import killed
from lab.experiments.backpressure.measure.seen import Burst, Killed, Seen
from lab.experiments.backpressure.params import Params
from lab.experiments.backpressure.workload import BOTH, CLIENTS, NONE, SERVER, Arm
from lab.load import vegeta
from lab.progress import steps
from lab.services.kafka import Kafka, kafka


def run(params: Params, arm: Arm = BOTH) -> Result:
    """One arm under the schedule, a reader's own too: `Arm("mine", protect="my_module:function", polite=False)`.

    `my_module` must be importable from where the notebook runs; the function is called with the application, its queue and
    the policies, and gives an ASGI application. Held against the declared capacity, since no control is run.
    """
    vegeta.program()
    with steps(2) as work:
        work.next("broker")
        with kafka(heap_mb=256) as broker:
            work.next(arm.name)
            (seen,) = _side_by_side(params, broker, [arm])
            return _alone(params, Seen({arm.name: seen}, None, None, _versions(broker)), arm)


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """Treatment beside control, each protection alone beside the other, and the kills beside the last of them."""
    vegeta.program()  # says what is missing before anything is started
    batches = [[BOTH, NONE], *([[SERVER, CLIENTS]] if params.alone else [])]
    found: list[Burst] = []
    with steps(1 + len(batches)) as work, ThreadPoolExecutor(2) as pool:
        work.next("broker")
        with kafka(heap_mb=256) as broker:
            for batch in batches:
                work.next(" | ".join(arm.name for arm in batch))
                kills = _kills(params, broker, pool) if batch is batches[-1] else []
                found += _side_by_side(params, broker, batch)
            durable, memory = (future.result() for future in kills)
            versions = _versions(broker)
    return results(params, Seen({one.arm: one for one in found}, durable, memory, versions))


def results(params: Params, seen: Seen) -> tuple[Result, dict[str, Result]]:
    """Treatment and controls of what was seen."""
    made = tables(params, seen)
    observed = observe(params, seen, BOTH.name)
    treatment = Result(params, observed, metrics(params, seen, made), made, seen.versions)
    assert seen.memory
    return treatment, {
        "unprotected": Result(
            params, {"recovered": recovered(params, seen.bursts[NONE.name])}, versions=seen.versions
        ),
        "memory": Result(params, {"nothing_lost": lost(seen.memory)}, versions=seen.versions),
    }


def _alone(params: Params, seen: Seen, arm: Arm) -> Result:
    return Result(
        params, observe(params, seen, arm.name), (), {"arms": tables(params, seen)["arms"]}, seen.versions
    )


def _side_by_side(params: Params, broker: Kafka, arms: Sequence[Arm]) -> list[Burst]:
    """Arms that share nothing but the broker and spare processor time."""
    with ExitStack() as stack, ThreadPoolExecutor(len(arms)) as pool:
        starting = [pool.submit(stack.enter_context, bench(params, broker.bootstrap, arm)) for arm in arms]
        ups = [future.result() for future in starting]
        return list(pool.map(burst, [params] * len(arms), arms, ups))


def _kills(params: Params, broker: Kafka, pool: ThreadPoolExecutor) -> list[Future[Killed]]:
    return [
        pool.submit(killed, params, broker.bootstrap, BOTH, durable=True),
        pool.submit(killed, params, broker.bootstrap, NONE, durable=False),
    ]


def _versions(broker: Kafka) -> dict[str, str]:
    libraries = {name: metadata.version(name) for name in ("fastapi", "uvicorn", "httpx")}
    return {
        "Apache Kafka": broker.version,
        "librdkafka": confluent_kafka.libversion()[0],
        "Vegeta": vegeta.version(),
    } | libraries
