"""The tables of a run."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from lab.evidence.frames import records
from lab.experiments.late_features.judge.outcome import Outcome, differing
from lab.experiments.late_features.measure.seen import KEY, Predicted

_STEP, _POINTS = 5, 100  # minutes between points of the curve of stability; more where it gets too many
HOURS = (1, 2, 6, 12, 24)  # of retention, at which the year's dropped events are looked for


def watermarks(swept: Sequence[Outcome], said: Predicted) -> pd.DataFrame:
    """One row per query: what was said, what came, what it does to the features, what it costs."""
    return pd.DataFrame([_row(item, said) for item in swept])


def _row(item: Outcome, said: Predicted) -> dict[str, object]:
    """error: of the mean delay, of all flights, as the features have it; wrong: features to restate."""
    minutes = item.run.arm.watermark_minutes
    late, dropped = len(item.late), len(item.missing)
    rows = item.run.batches["rows"]
    mean, truth = (float(table["total"].sum() / table["events"].sum()) for table in (item.values, item.whole))
    return {
        "query": item.run.arm.name,
        "minutes": minutes,
        "within": said.within[minutes],
        "predicted": said.share[minutes],
        "share": item.share,
        "late": late,
        "absorbed": late - dropped,
        "dropped": dropped,
        "late_absorbed": (late - dropped) / late if late else 1.0,
        "wrong": differing(item.values, item.whole),
        "features": len(item.whole),
        "mean": mean,
        "true_mean": truth,
        "error": mean / truth - 1,
        "rows": float(rows.mean()),
        "most_rows": int(rows.max()),
        "bytes": float(item.run.batches["bytes"].mean()),
        "as_replayed": int((rows == list(item.replayed.state)).sum()),
        "batches": len(rows),
        "partials": int(item.run.batches["partials"].sum()),
        "changes": len(item.emitted) / len(item.values),
    }


def stability(swept: Sequence[Outcome]) -> pd.DataFrame:
    """Share of the features that have reached the value over all flights, by minutes after their window's end.

    To the last change, so that each curve ends at the share that is right in the end.
    """
    changes = [_settled(item) for item in swept]
    longest = math.ceil(max([0.0, *(float(settled.max()) for settled in changes if len(settled))]))
    step = _STEP * max(1, math.ceil(longest / (_STEP * _POINTS)))
    grid = np.arange(0, longest + step, step)
    parts = []
    for item, settled in zip(swept, changes, strict=True):
        share = [float((settled <= minutes).sum()) / len(item.whole) for minutes in grid]
        parts.append(pd.DataFrame({"watermark": item.run.arm.name, "minutes": grid, "share": share}))
    return pd.concat(parts, ignore_index=True)


def _settled(item: Outcome) -> pd.Series:
    """Minutes after its window's end at which each right feature last changed, by the arrivals' clock."""
    newest = item.emitted.groupby(KEY, as_index=False)["batch"].max()
    both = item.right[item.right["same"]].merge(newest, on=KEY, suffixes=("_value", ""))
    return (both["batch"].map(item.clock) - both["start_s"] - item.params.window_s) / 60


def emission(append: Outcome) -> pd.Series:
    """Minutes after its window's end at which each feature came out in append mode; the last event's batches left out."""
    end = append.run.batches["end"]
    own = append.run.batches.loc[end < end.max(), "batch"]
    rows = append.emitted[append.emitted["batch"].isin(own)]
    return (rows["batch"].map(append.clock) - rows["start_s"] - append.params.window_s) / 60


def state(swept: Sequence[Outcome]) -> pd.DataFrame:
    """Rows of state after each batch, by hours of the arrivals' clock since the first."""
    parts = []
    for item in swept:
        batches = item.run.batches
        begin = int(item.seen.log["arrival_s"].iloc[0])
        hours = (batches["batch"].map(item.clock) - begin) / 3600
        parts.append(pd.DataFrame({"watermark": item.run.arm.name, "hours": hours, "rows": batches["rows"]}))
    return pd.concat(parts, ignore_index=True)


def poison(guarded: Outcome, unguarded: Outcome) -> pd.DataFrame:
    """Flights in their features, of those up to each one in the log."""
    parts = []
    for name, item in (("with the guard", guarded), ("without", unguarded)):
        counted = item.flights["number"].isin(set(item.counted)).cumsum()
        table = pd.DataFrame({"job": name, "sent": range(1, len(counted) + 1), "counted": counted.tolist()})
        parts.append(table.iloc[:: max(1, len(table) // 100)])
    return pd.concat(parts, ignore_index=True)


def fates(item: Outcome, never: int) -> pd.DataFrame:
    """What became of the flights that were planned."""
    late, dropped = len(item.late), len(item.missing)
    kinds = {
        "on time": len(item.flights) - late,
        "late, absorbed": late - dropped,
        "late, dropped": dropped,
        "never departed": never,
    }
    return pd.DataFrame({"flights": list(kinds), "number": list(kinds.values())})


def retention(item: Outcome) -> pd.DataFrame:
    """Of the events that were dropped: how many came within some hours of their window's beginning."""
    own = item.flights[item.flights["number"].isin(item.missing)]
    begun = own["event_s"] - own["event_s"] % item.params.window_s
    age = (own["arrival_s"] - begun) / 3600
    rows = [{"hours": hours, "dropped": int((age <= hours).sum()), "of": len(own)} for hours in HOURS]
    return pd.DataFrame(
        [*rows, {"hours": float(age.max()) if len(age) else 0.0, "dropped": len(own), "of": len(own)}]
    )


def updates(item: Outcome) -> pd.DataFrame:
    """The value of the feature that changed last of all right ones, batch by batch: mean delay against time."""
    settled = item.right[item.right["same"]].merge(
        item.emitted.groupby(KEY, as_index=False)["batch"].max(), on=KEY, suffixes=("_value", "")
    )
    late = settled["batch"].map(item.clock) - settled["start_s"]
    chosen = settled.loc[late.idxmax()] if len(settled) else None
    if chosen is None:
        return pd.DataFrame(columns=["feature", "minutes", "mean"])
    own = item.emitted[(item.emitted[KEY] == chosen[KEY]).all(axis=1)]
    rows = [
        {
            "feature": f"{row.carrier} from {row.origin}",
            "minutes": (item.clock[row.batch] - row.start_s - item.params.window_s) / 60,
            "mean": row.total / row.events,
        }
        for row in records(own)
    ]
    return pd.DataFrame(rows)
