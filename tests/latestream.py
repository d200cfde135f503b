"""An ideal Spark, made of dictionaries: what late_features would see of its queries; and flights without the data set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from lab.experiments.late_features.measure.queries import final, oldest_kept, recorded, updates, whole_from
from lab.experiments.late_features.measure.seen import KEY, VALUES, Predicted, Run, Seen
from lab.experiments.late_features.mechanism import absorbed_share, share_within
from lab.experiments.late_features.oracle import batch
from lab.experiments.late_features.params import Params
from lab.experiments.late_features.workload import arms, flights, stream
from lab.experiments.late_features.workload.arms import Arm

BEGIN = 1_374_192_000  # 19 July 2013, midnight UTC


def planned(count: int = 900, seed: int = 3) -> pd.DataFrame:
    """Flights over a day, most a little late, some by hours, some early, some never."""
    random = np.random.default_rng(seed)
    event = BEGIN + np.sort(random.integers(9 * 60, 28 * 60, count)) * 60
    delay = (
        np.round(random.exponential(25, count) * random.choice([0.1, 0.6, 2], count, p=[0.5, 0.3, 0.2])) - 8
    )
    delay = pd.Series(delay).astype("Int64").mask(random.uniform(size=count) < 0.02)
    return pd.DataFrame(
        {
            "day": date(2013, 7, 19),
            "event_s": event,
            "arrival_s": event + delay * 60,
            "carrier": random.choice(["UA", "AA", "DL"], count),
            "origin": random.choice(["EWR", "JFK"], count),
            "delay": delay,
        }
    )


@dataclass
class Spark:
    """One query over `events`, refused ones left out already."""

    params: Params
    arm: Arm
    state: dict[tuple[int, str, str], list[tuple[int, int]]] = field(default_factory=dict)
    rows: list[tuple] = field(default_factory=list)
    reports: list[dict] = field(default_factory=list)
    filters: int = 0
    clears: int = 0
    largest: int = 0

    def run(self, events: pd.DataFrame, refused: Iterable[int] = ()) -> Run:
        each, without = self.params.batch_events * self.arm.coarser, set(refused)
        for begin in range(0, len(events), each):
            part = events.iloc[begin : begin + each]
            self._batch(part[~part["number"].isin(without)], begin + len(part))
        self._batch(events.iloc[:0], len(events))  # the one without data, in which the last windows close
        return Run(self.arm, updates(self.rows), recorded(self.reports))

    def _batch(self, part: pd.DataFrame, end: int) -> None:
        window, changed = self.params.window_s, set()
        for row in part.itertuples():
            start = row.event_s // window * window
            if start + window > self.filters:
                key = (start, row.carrier, row.origin)
                self.state.setdefault(key, []).append((row.number, row.delay))
                changed.add(key)
            self.largest = max(self.largest, row.event_s)
        closed = {key for key in self.state if key[0] + window <= self.clears}
        for key in sorted(changed if self.arm.mode == "update" else closed):
            self._put(key)
        for key in closed:
            del self.state[key]
        self._report(end)
        self.filters = self.clears
        self.clears = max(self.clears, self.largest - self.arm.watermark_minutes * 60)

    def _put(self, key: tuple[int, str, str]) -> None:
        numbers, delays = zip(*self.state[key], strict=True)
        self.rows.append((len(self.reports), *key, len(delays), sum(delays), max(delays), list(numbers)))

    def _report(self, end: int) -> None:
        watermark = pd.Timestamp(self.clears, unit="s").strftime("%Y-%m-%dT%H:%M:%S.000Z")
        state = {"numRowsTotal": len(self.state), "memoryUsedBytes": 900 + 300 * len(self.state)}
        self.reports.append(
            {
                "batchId": len(self.reports),
                "sources": [{"endOffset": {"topic": {"0": end}}}],
                "stateOperators": [state | {"numRowsDroppedByWatermark": 0}],
                "eventTime": {"watermark": watermark},
            }
        )


def seen(params: Params, days: pd.DataFrame) -> Seen:
    """What a run on an ideal Spark would have seen."""
    sent = stream.sent(params, days)
    poison = frozenset(sent.loc[sent["kind"] == stream.POISON, "number"])
    queries = [*arms.sweep(params), *arms.beside(params)]
    runs = {
        arm.name: Spark(params, arm).run(sent, () if arm.name == arms.UNGUARDED else poison)
        for arm in queries
    }
    log = sent.drop(columns="kind").assign(offset=sent["number"])
    own = runs[arms.named(params.watermark_minutes)]
    return Seen(sent, log, runs, poison, restated(params, sent, log, own), _predicted(params, days))


def restated(params: Params, sent: pd.DataFrame, log: pd.DataFrame, run: Run) -> pd.DataFrame:
    """What `restatement` would name."""
    oldest = oldest_kept(params, log)
    kept = sent[(sent["kind"] != stream.POISON) & (sent["arrival_s"] >= oldest)]
    right = batch.values(kept, params.window_s)
    right = right[right["start_s"] >= whole_from(params, oldest)]
    held = final(run)[[*KEY, *VALUES]]
    both = right.merge(held, on=[*KEY, *VALUES], how="left", indicator=True)
    return both.loc[both["_merge"] == "left_only", [*KEY, *VALUES]].reset_index(drop=True)


def _predicted(params: Params, days: pd.DataFrame) -> Predicted:
    events, window = flights.timed(days), f"{params.window_minutes} min"
    share = {m: absorbed_share(events, f"{m} min", window, params.batch_events) for m in params.watermarks}
    within = {m: share_within(events, f"{m} min") for m in params.watermarks}
    year = pd.DataFrame({"minutes": [15, 480], "within": [0.7, 0.99], "share": [0.9, 0.995]})
    by_day = pd.DataFrame({"day": ["2013-07-19", "2013-07-20"], "share": [0.97, 0.93]})
    return Predicted(share, within, year, by_day, 0.02, int(days["arrival_s"].isna().sum()))
