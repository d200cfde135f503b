"""Treatment and controls of one run."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from lab.evidence.result import Metric, Result
from lab.experiments.backlog_replay.judge import observations as see
from lab.experiments.backlog_replay.measure.load import (
    BUCKET_S,
    buckets,
    latencies,
    p99,
    quiet_interval,
    saturation,
)
from lab.experiments.backlog_replay.measure.seen import Run, Seen
from lab.experiments.backlog_replay.params import Params

GUARDED = ("fixed", "ramp", "aimd")


def results(params: Params, run: Run) -> tuple[Result, dict[str, Result]]:
    """The protected replays, and each control."""
    seen = run.seen
    most = saturation(seen["saturated"])
    safe = seen["fixed"].capacity
    doubt = see.capacity_doubt(params, seen["search"], most)
    quiet = quiet_interval(seen.values())
    guarded, bounded = [seen[name] for name in GUARDED], [seen[name] for name in GUARDED[:2]]
    told = see.simulated(params, seen["search"], most, quiet)
    every, free, last = [*guarded, seen["killed"]], seen["unthrottled"], seen["last write wins"]
    stale = Metric(
        "last write wins.stale", see.stale(params, last), "keys", f"of {params.keys:,} hold an older version"
    )
    observed = {
        "peak_within_capacity": see.peak(params, bounded, safe, doubt),
        "live_within_alert": see.live_wait(params, guarded),
        "drain_predicted": see.drained(params, guarded),
        "nothing_overwritten": see.overwritten(params, every),
        "none_lost_or_repeated": see.delivered(every),
        "kill_was_in_the_middle": see.killed_in_the_middle(seen["killed"]),
        "live_on_schedule": see.on_schedule([item for item in seen.values() if item.arm.live]),
        "wait_simulated": see.wait_simulated(told, safe),
    }
    treatment = Result(
        params,
        observed,
        [
            *_capacity(most, safe),
            *_quiet(quiet),
            *(metric for item in guarded for metric in _of(params, item, safe)),
            stale,
        ],
        tables(params, guarded, safe) | {"loads": pd.DataFrame(told)},
        run.versions,
    )
    unthrottled = Result(
        params,
        {
            "peak_within_capacity": see.peak(params, [free], safe, doubt),
            "live_within_alert": see.live_wait(params, [free]),
        },
        _of(params, free, safe),
        tables(params, [free], safe),
        run.versions,
    )
    blind = Result(params, {"nothing_overwritten": see.overwritten(params, [last])}, versions=run.versions)
    return treatment, {
        "unthrottled": unthrottled,
        "unthrottled, seen by the live traffic": unthrottled,
        "last write wins": blind,
    }


def alone(params: Params, run: Run, name: str) -> Result:
    """One replay by itself, whatever its policy."""
    seen, most = run.seen[name], saturation(run.seen["saturated"])
    doubt = see.capacity_doubt(params, run.seen["search"], most)
    observed = {
        "peak_within_capacity": see.peak(params, [seen], seen.capacity, doubt),
        "live_within_alert": see.live_wait(params, [seen]),
        "nothing_overwritten": see.overwritten(params, [seen]),
        "none_lost_or_repeated": see.delivered([seen]),
        "live_on_schedule": see.on_schedule([seen]),
    }
    found = [*_capacity(most, seen.capacity), *_of(params, seen, seen.capacity)]
    return Result(params, observed, found, {}, run.versions)


def _capacity(most: float, safe: float) -> list[Metric]:
    return [
        Metric(
            "saturation",
            most,
            "rows/s",
            "what the sink takes when there is always more: median of its 100 ms",
        ),
        Metric(
            "safe_capacity",
            safe,
            "rows/s",
            "largest load of which each try kept the live rows within their alert",
        ),
    ]


def _quiet(seconds: float) -> list[Metric]:
    text = "between live transactions without a backlog, median"
    return [] if math.isnan(seconds) else [Metric("live_interval", 1e3 * seconds, "ms", text)]


def _of(params: Params, seen: Seen, safe: float) -> list[Metric]:
    name, asked, waited = seen.arm.name, buckets(seen)["asked"] / BUCKET_S, latencies(seen)["latency"]
    return [
        Metric(
            f"{name}.peak", float(asked.max()), "rows/s", "largest 100 ms asked of the sink", better="lower"
        ),
        Metric(f"{name}.load", float(asked.mean() / safe), "of safe capacity", "mean load of the sink"),
        Metric(f"{name}.live_p50", 1e3 * float(np.median(waited)), "ms", "live rows, from due to absorbed"),
        Metric(
            f"{name}.live_p99", 1e3 * p99(waited), "ms", "live rows, from due to absorbed", better="lower"
        ),
        Metric(f"{name}.drain", see.measured_s(seen), "s", f"{seen.rows:,} rows of backlog", better="lower"),
        Metric(f"{name}.cuts", float(_cuts(seen)), "", "times that the policy allowed less than before"),
    ]


def tables(params: Params, seen: Sequence[Seen], safe: float) -> dict[str, pd.DataFrame]:
    """arms: a line for each replay. load: its 100 ms. waits: its live rows, a line for each half second."""
    lines, loads, waits = [], [], []
    for item in seen:
        name, taken, waited = item.arm.name, buckets(item), latencies(item)
        limited = name != "unthrottled"
        lines.append(
            {"policy": name, "rows": item.rows, "drain_s": see.measured_s(item)}
            | {"predicted_s": see.predicted_s(params, item) if limited else np.nan}
            | {"peak_share": taken["asked"].max() / BUCKET_S / safe}
            | {"load_share": taken["asked"].mean() / BUCKET_S / safe}
            | {"p50_ms": 1e3 * np.median(waited["latency"]), "p99_ms": 1e3 * p99(waited["latency"])}
            | {"cuts": _cuts(item)}
        )
        loads.append(
            taken.assign(
                policy=name, rate=taken["asked"] / BUCKET_S, left=item.rows - taken["drained"].cumsum()
            )
        )
        halves = waited.groupby((waited["due"] // 0.5) * 0.5)["latency"].agg(p99).rename("p99").reset_index()
        waits.append(halves.assign(policy=name))
    return {
        "arms": pd.DataFrame(lines),
        "load": pd.concat(loads, ignore_index=True),
        "waits": pd.concat(waits, ignore_index=True),
    }


def _cuts(seen: Seen) -> int:
    """How often the policy allowed less than before."""
    rates = [rate for _, rate in seen.replay.rates]
    return sum(later < sooner for sooner, later in itertools.pairwise(rates))
