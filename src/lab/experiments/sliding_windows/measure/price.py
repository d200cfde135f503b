"""What a smaller slide costs: the same events, all there, through one query after the other with nothing beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from lab.experiments.sliding_windows.kit import job
from lab.experiments.sliding_windows.measure.seen import Priced, batch, plain
from lab.experiments.sliding_windows.params import PRICE_BATCHES, Params
from lab.experiments.sliding_windows.workload import sender
from lab.experiments.sliding_windows.workload.arms import Arm
from lab.experiments.sliding_windows.workload.log import price_log

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def price(
    params: Params, arms: Sequence[Arm], spark: SparkSession, bootstrap: str, topic: str, folder: Path
) -> list[Priced]:
    """Each arm in a few batches of equal size, by `maxOffsetsPerTrigger`; nothing is late here, and nothing repeated."""
    made = price_log(params)
    made = made.assign(offset=sender.put(bootstrap, topic, made))
    # Of both partitions Spark takes a share; rounded up, so that no crumb makes a batch of its own.
    each = math.ceil(len(made) / PRICE_BATCHES) + 2
    return [
        _priced(arm, spark, bootstrap, topic, made, each, folder / f"price-{arm.slide_s}") for arm in arms
    ]


def _priced(
    arm: Arm, spark: SparkSession, bootstrap: str, topic: str, made: pd.DataFrame, each: int, folder: Path
) -> Priced:
    events = job.events(spark, bootstrap, topic, {"maxOffsetsPerTrigger": str(each)})
    writer = arm.apply(events).writeStream.format("noop").outputMode(arm.mode)
    query = writer.option("checkpointLocation", str(folder)).trigger(availableNow=True).start()
    query.awaitTermination()  # raises what has failed
    progress = [one for one in map(plain, query.recentProgress) if one["numInputRows"]]
    last = batch(progress[-1])
    return Priced(arm, progress, _size(folder / "state"), int(made["event_ms"].max()) - last.watermark_ms)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
