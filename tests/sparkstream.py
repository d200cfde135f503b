"""A stream as an ideal Spark would see it, made of numbers: batches at even moments, its rule for late rows, its reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lab.experiments.sliding_windows.measure.seen import Priced, Query, Seen
from lab.experiments.sliding_windows.params import Params
from lab.experiments.sliding_windows.workload.arms import Arm, controls, priced, treatment
from lab.experiments.sliding_windows.workload.log import (
    BEGIN_MS,
    PARTITIONS,
    SENTINEL,
    WARM_UP,
    extra,
    log,
    sentinel_ms,
)

START_NS, START_S = 10**15, 1.7e9
BATCH_S, WRITE_NS = 0.7, 300_000_000
ROWS = ["arrival_ns", "user", "start_ms", "end_ms", "count", "sum", "mean", "distinct", "upto"]


def seen(params: Params) -> Seen:
    """All arms on one log."""
    sent = log(params)
    sent["offset"] = sent.groupby("partition").cumcount() + 1
    warm = pd.concat([extra(WARM_UP, 1 + place, BEGIN_MS - 3_600_000) for place in range(PARTITIONS)])
    last = extra(SENTINEL, 0, sentinel_ms(params))
    ends = sent.groupby("partition")["offset"].max()
    beside = pd.concat(
        [warm.assign(offset=0), last.assign(offset=int(ends[0]) + 1)],
        ignore_index=True,
    )
    queries = [Spark(params, arm, sent, beside).query() for arm in (*treatment(params), *controls(params))]
    late = np.zeros(len(sent), dtype=np.int64)
    return Seen(
        sent, beside, late, START_NS, START_S, queries, [_priced(params, arm) for arm in priced(params)]
    )


def _priced(params: Params, arm: Arm) -> Priced:
    """State that grows with windows per event, as the law has it: all that reach beyond what is held."""
    held_ms = 3_720_000
    rows = params.users * (held_ms // 1_000 + arm.size_s) // arm.slide_s
    progress = [
        {
            "durationMs": {"triggerExecution": 400 + 20 * arm.per_event},
            "stateOperators": [
                {
                    "operatorName": "stateStoreSave",
                    "numRowsTotal": rows,
                    "memoryUsedBytes": 10**6,
                },
                {"operatorName": "dedupeWithinWatermark", "numRowsTotal": 50, "memoryUsedBytes": 10**5},
            ],
        }
        for _ in range(3)
    ]
    return Priced(arm, progress, 10**6 * (2 + arm.per_event), held_ms)


@dataclass
class Spark:
    """One query, event by event; slow and plain, so that it can be seen to be right."""

    params: Params
    arm: Arm
    sent: pd.DataFrame
    beside: pd.DataFrame

    def query(self) -> Query:
        self.state: dict[tuple[str, int], list[tuple[int, int]]] = {}
        self.ids: dict[int, int] = {}
        self.rows: list[tuple] = []
        progress, watermark, before, largest = [], 0, 0, 0
        ends = dict.fromkeys(range(PARTITIONS), 0)
        for number, (moment, batch) in enumerate(self._batches()):
            watermark, previous = max(watermark, largest - round(self.arm.lateness_s * 1e3)), before
            changed = {place for row in batch for place in self._take(row, previous)}
            for row in batch:
                ends[row.partition] = max(ends[row.partition], row.offset + 1)
            largest = max([largest, *(row.event_ms for row in batch)])
            self._write(changed, watermark, START_NS + round(moment * 1e9) + WRITE_NS)
            progress.append(self._report(number, moment, ends, watermark, len(batch)))
            before = watermark
        return Query(self.arm, progress, self._frame())

    def _batches(self) -> Iterator[tuple[float, list[Any]]]:
        """The warm-up and its batch without data; the log in batches; the sentinel and its batch without data."""
        yield -2.0, list(self.beside[self.beside["user"] == WARM_UP].itertuples())
        yield -1.0, []
        number = self.sent["due_ns"] // round(BATCH_S * 1e9)
        for place, own in self.sent.groupby(number):
            yield (place + 1) * BATCH_S, list(own.itertuples())  # type: ignore[operator]
        end = (int(number.max()) + 2) * BATCH_S
        yield end, list(self.beside[self.beside["user"] == SENTINEL].itertuples())
        yield end + BATCH_S, []

    def _take(self, row: Any, watermark: int) -> Iterator[tuple[str, int]]:
        """The windows that an event changes."""
        if self.arm.deduplicate:
            if row.event_ms <= watermark or row.event_id in self.ids:
                return
            self.ids[row.event_id] = row.event_ms + round(self.arm.lateness_s * 1e3)
        slide, size = self.arm.slide_s * 1_000, self.arm.size_s * 1_000
        newest = row.event_ms // slide * slide
        for start in range(newest, newest - size, -slide):
            if start + size > watermark:
                self.state.setdefault((row.user, start), []).append((row.value, row.offset))
                yield row.user, start

    def _write(self, changed: set[tuple[str, int]], watermark: int, arrival_ns: int) -> None:
        size = self.arm.size_s * 1_000
        closed = [place for place in self.state if place[1] + size <= watermark]
        for place in closed if self.arm.mode == "append" else sorted(changed):
            values, offsets = zip(*self.state[place], strict=True)
            told = (len(values), sum(values), sum(values) / len(values), len(set(values)), max(offsets))
            if place[0] not in (WARM_UP, SENTINEL):
                self.rows.append((arrival_ns, *place, place[1] + size, *told))
        for place in closed:
            del self.state[place]
        self.ids = {one: until for one, until in self.ids.items() if until > watermark}

    def _report(
        self, number: int, moment: float, ends: dict[int, int], watermark: int, read: int
    ) -> dict[str, Any]:
        """As Spark writes it."""
        stamp = pd.Timestamp(watermark, unit="ms").strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        at = pd.Timestamp(START_S + moment, unit="s").strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        operators = [("stateStoreSave", len(self.state)), ("dedupeWithinWatermark", len(self.ids))]
        return {
            "batchId": number,
            "timestamp": at,
            "numInputRows": read,
            "durationMs": {"triggerExecution": 400, "addBatch": 300},
            "eventTime": {"watermark": stamp},
            "stateOperators": [
                {
                    "operatorName": name,
                    "numRowsTotal": rows,
                    "memoryUsedBytes": 100 * rows,
                    "numRowsDroppedByWatermark": 0,
                }
                for name, rows in operators
            ],
            "sources": [
                {"endOffset": json.dumps({"events": {str(part): end for part, end in ends.items()}})}
            ],
        }

    def _frame(self) -> pd.DataFrame:
        return pd.DataFrame(self.rows, columns=ROWS)
