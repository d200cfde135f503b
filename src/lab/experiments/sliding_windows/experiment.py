"""Sliding windows on a live stream and two controls beside them, then the price of a smaller slide."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from lab.evidence.result import Result
from lab.experiments.sliding_windows.judge.result import results
from lab.experiments.sliding_windows.measure.price import price
from lab.experiments.sliding_windows.measure.stream import Topics, stream
from lab.experiments.sliding_windows.mechanism import windows
from lab.experiments.sliding_windows.params import Params
from lab.experiments.sliding_windows.workload.arms import Arm, controls, priced, treatment
from lab.experiments.sliding_windows.workload.log import PARTITIONS
from lab.progress import steps
from lab.services import sparkjvm
from lab.services.kafka import kafka
from lab.services.session import session
from lab.services.spark import spark_session
from lab.services.sparklean import kafka_only
from lab.services.topics import create_topics, delete_topics

SETTINGS = {
    "spark.sql.shuffle.partitions": "1",  # five queries share two cores: more tasks a batch would only wait for each other
    "spark.sql.streaming.numRecentProgressUpdates": "5000",  # Spark forgets the reports of all but the last 100 batches
    # With more groups than this in a task (Spark's own: 128), sets are collected by sorting.
    "spark.sql.objectHashAggregate.sortBased.fallbackThreshold": "1000000",
    "spark.sql.adaptive.enabled": "false",
    # Expressions are interpreted: a batch's watermark is a constant in the code that Spark would make and compile anew for it.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


def run(params: Params, transform: Callable[..., Any] = windows) -> Result:
    """The three windows, with `transform` in the place of `windows`; no controls, no price."""
    return _measured(params, treatment(params, transform), [], [])[0]


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """The three windows and both controls on one stream, beside each other; then one slide after the other."""
    return _measured(params, treatment(params), controls(params), priced(params))


def _measured(
    params: Params, own: Sequence[Arm], others: Sequence[Arm], slides: Sequence[Arm]
) -> tuple[Result, dict[str, Result]]:
    arms = [*own, *others]
    with steps(3 if slides else 2) as work, ExitStack() as stack, ThreadPoolExecutor(1) as pool:
        work.next("Kafka and Spark")
        starting = pool.submit(stack.enter_context, kafka(heap_mb=384))
        spark = stack.enter_context(
            spark_session("windows", settings=kafka_only() | SETTINGS, memory_mb=1536)
        )
        broker = starting.result()
        topics = stack.enter_context(_topics(broker.bootstrap, len(arms)))
        folder = session().folder / topics.events
        folder.mkdir()
        work.next("stream")
        seen = stream(params, arms, spark, broker.bootstrap, topics, folder)
        if slides:
            work.next("slides")
            bill = price(params, slides, spark, broker.bootstrap, topics.price, folder)
            seen = replace(seen, priced=bill)
        versions = {"Apache Kafka": broker.version, "Apache Spark": sparkjvm.version()}
    return results(params, seen, [arm.name for arm in own], versions)


@contextmanager
def _topics(bootstrap: str, arms: int) -> Iterator[Topics]:
    """Topics of this run for the block, gone with it: the cluster may be somebody else's."""
    name = f"windows-{uuid.uuid4().hex[:8]}"
    topics = Topics(f"{name}-events", f"{name}-price", [f"{name}-out-{place}" for place in range(arms)])
    wanted = {topics.events: PARTITIONS, topics.price: PARTITIONS} | dict.fromkeys(topics.out, 1)
    try:
        create_topics(bootstrap, wanted)
        yield topics
    finally:
        delete_topics(bootstrap, list(wanted))
