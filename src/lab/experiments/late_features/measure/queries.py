"""The queries side by side in one Spark session, and the batch jobs on the same topic.

Each takes the topic in micro-batches of as many records as it is told, the first that are there: so what a batch holds does not
hang on how fast the machine is, and the lateness is that of the log.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from lab.errors import ServiceError
from lab.experiments.late_features.measure.seen import KEY, ROW, STATE, VALUES, Run
from lab.experiments.late_features.mechanism import features, restatement
from lab.experiments.late_features.params import Params
from lab.experiments.late_features.workload.arms import Arm, Split
from lab.services.sparklean import kafka_only

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

KEYS = ("carrier", "origin")
_BODY = "number BIGINT, event_s BIGINT, carrier STRING, origin STRING, delay BIGINT"
_SERVED = "start_s BIGINT, carrier STRING, origin STRING, events BIGINT, total BIGINT, largest BIGINT"
_LONGEST_S = 540


def settings() -> dict[str, str]:
    """Spark's, for many small batches.

    One task for each stage: the state is of hundreds of rows. All progress is kept, for it is the record of the batches.
    Expressions are interpreted: a batch's watermark is a constant in the code that Spark would make and compile anew for it.
    """
    return kafka_only() | {
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.streaming.numRecentProgressUpdates": "100000",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    }


@dataclass(frozen=True)
class Topic:
    """Where the events are."""

    spark: SparkSession
    bootstrap: str
    name: str
    params: Params

    def run(self, arms: Sequence[Arm], folder: Path) -> dict[str, Run]:
        """All arms at once, to the topic's end; folder: for their checkpoints."""
        put: dict[str, list[tuple[Any, ...]]] = {arm.name: [] for arm in arms}
        queries = []
        try:
            for number, arm in enumerate(arms):
                queries.append(self._start(arm, folder / f"checkpoint-{number}", put[arm.name]))
            for arm, query in zip(arms, queries, strict=True):
                if not query.awaitTermination(_LONGEST_S):
                    raise ServiceError(f"the query {arm.name!r} was not done after {_LONGEST_S} s")
            return {
                arm.name: Run(arm, updates(put[arm.name]), recorded(_progress(query)))
                for arm, query in zip(arms, queries, strict=True)
            }
        finally:
            for query in queries:
                query.stop()

    def refused(self, split: Split) -> frozenset[int]:
        """What the guard refuses, by a batch job."""
        return frozenset(row.number for row in split(self._log())[1].select("number").collect())

    def restated(self, arm: Arm, final: pd.DataFrame, oldest_s: int) -> pd.DataFrame:
        """What `restatement` names when `final` is what is served, and the log has arrivals from `oldest_s` on only."""
        from pyspark.sql import functions as f

        held = final[[*KEY, *VALUES]].itertuples(index=False, name=None)
        served = self.spark.createDataFrame([_plain(row) for row in held], _SERVED)
        served = served.withColumn("start", f.timestamp_seconds("start_s"))
        kept, _ = arm.split(self._log().where(f.unix_seconds("arrival") >= oldest_s))
        since = datetime.fromtimestamp(whole_from(self.params, oldest_s), UTC)
        window = timedelta(seconds=self.params.window_s)
        found = restatement(served, kept, window, KEYS, "delay", since)
        again = found.select(f.unix_seconds("start").alias("start_s"), *KEYS, *VALUES).collect()
        rows = [tuple(row) for row in again]
        return pd.DataFrame(rows, columns=[*KEY, *VALUES]).astype(
            dict.fromkeys(["start_s", *VALUES], "int64")
        )

    def _start(self, arm: Arm, checkpoint: Path, put: list[tuple[Any, ...]]) -> Any:
        from pyspark.sql import functions as f

        def write(frame: DataFrame, batch: int) -> None:
            rows = frame.select(f.unix_seconds("start"), *KEYS, *VALUES, "numbers").collect()
            put.extend((batch, *row) for row in rows)

        each = self.params.batch_events * arm.coarser
        reading = self.spark.readStream.format("kafka").options(
            **self._options(), maxOffsetsPerTrigger=str(each)
        )
        kept, _ = arm.split(parsed(reading.load()))
        found = features(
            kept,
            timedelta(minutes=arm.watermark_minutes),
            timedelta(seconds=self.params.window_s),
            KEYS,
            "delay",
            more=[f.collect_list("number").alias("numbers")],  # to tell absorbed from dropped, event by event
        )
        writing = found.writeStream.outputMode(arm.mode).foreachBatch(write).queryName(arm.name)
        return writing.option("checkpointLocation", checkpoint.as_uri()).trigger(availableNow=True).start()

    def _log(self) -> DataFrame:
        return parsed(self.spark.read.format("kafka").options(**self._options()).load())

    def _options(self) -> dict[str, str]:
        return {
            "kafka.bootstrap.servers": self.bootstrap,
            "subscribe": self.name,
            "startingOffsets": "earliest",
            "failOnDataLoss": "true",
        }


def whole_from(params: Params, oldest_s: int) -> int:
    """Windows that begin before it may lack events in a log that begins with that arrival; s since 1970."""
    return oldest_s + params.max_future_minutes * 60


def oldest_kept(params: Params, log: pd.DataFrame) -> int:
    """The arrival from which on the log is kept when the stream ends; s since 1970."""
    return int(log["arrival_s"].max()) - params.retention_hours * 3600


def final(run: Run) -> pd.DataFrame:
    """The last value of each feature."""
    return run.updates.sort_values("batch", kind="stable").drop_duplicates(
        KEY, keep="last", ignore_index=True
    )


def parsed(raw: DataFrame) -> DataFrame:
    """Kafka's records as events; arrival is the record's timestamp."""
    from pyspark.sql import functions as f

    body = f.from_json(f.col("value").cast("string"), _BODY)
    return raw.select(f.col("timestamp").alias("arrival"), body.alias("body")).select(
        "arrival", "body.*", f.timestamp_seconds(f.col("body.event_s")).alias("event_time")
    )


def updates(rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """What a query put out, as a table (ROW)."""
    whole = dict.fromkeys(["batch", "start_s", *VALUES], "int64")
    return pd.DataFrame(rows, columns=ROW).astype(whole)


def recorded(progress: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Spark's progress reports as a table (STATE), one row per batch."""
    found = {report["batchId"]: _batch(report) for report in progress}
    return pd.DataFrame([found[number] for number in sorted(found)], columns=STATE)


def _batch(report: dict[str, Any]) -> tuple[Any, ...]:
    (source,), (state,) = report["sources"], report["stateOperators"]
    offsets = source["endOffset"]
    offsets = json.loads(offsets) if isinstance(offsets, str) else offsets
    ((_, partitions),) = offsets.items()
    watermark = datetime.fromisoformat(report["eventTime"]["watermark"].replace("Z", "+00:00"))
    return (
        report["batchId"],
        int(partitions["0"]),
        watermark.astimezone(UTC).timestamp(),
        state["numRowsTotal"],
        state["memoryUsedBytes"],
        state["numRowsDroppedByWatermark"],
    )


def _progress(query: Any) -> list[dict[str, Any]]:
    return [json.loads(report.json) for report in query.recentProgress]


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """NumPy's numbers as Python's, which Spark takes."""
    return tuple(value.item() if hasattr(value, "item") else value for value in row)
