"""Each criterion, from what was seen of one or several arms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.statistics import bootstrap
from lab.experiments.backlog_replay import oracle
from lab.experiments.backlog_replay.measure.live import TICK_S
from lab.experiments.backlog_replay.measure.load import (
    BUCKET_S,
    LEAST_ROWS,
    buckets,
    expected_versions,
    latencies,
    p99,
    safe_steps,
    steps,
)
from lab.experiments.backlog_replay.measure.seen import Seen
from lab.experiments.backlog_replay.params import Params
from lab.experiments.backlog_replay.workload import keys_of

PUNCTUAL_S = 0.02
ENOUGH_ROWS = 500  # live rows, of which the slowest five are beyond the 99th percentile
BLOCK_S = 0.5
_FIRST_S = 10.0  # simulated to learn how much later live transactions come beside a backlog
ENOUGH_S = 2.5  # of a replay, of which a cold consumer's first fetch is a few percent


def peak(params: Params, seen: Sequence[Seen], safe: float, doubt: str) -> Observation:
    """Largest 100 ms as a share of the safe capacity. doubt: why that capacity is none; empty if it is.

    Live rows that were held up come in a lump: a peak above the capacity that the replay beside evenly spread ones would
    not have made tells of the machine, not of the policy.
    """
    shares, spread = {}, 0.0
    for item in seen:
        taken = buckets(item)
        shares[item.arm.name] = taken["asked"].max() / BUCKET_S / safe
        spread = max(spread, (taken["backlog"].max() / BUCKET_S + params.live_rate) / safe)
    detail = f"of {safe:,.0f} rows/s: " + ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    most = float(max(shares.values()))
    if not doubt and spread <= 1 < most:
        doubt = f"live rows came in a lump, {spread:.0%} without"
    return Observation(most, f"{doubt}; {detail}" if doubt else detail, conclusive=not doubt)


def capacity_doubt(params: Params, search: Seen, most: float) -> str:
    """Why no load tried can be called safe; empty if one can."""
    safe = safe_steps(params, search, most)
    if not len(safe):
        return "no load tried was safe"
    rows = int(safe["rows"].min())
    return f"only {rows} live rows behind a load's 99th percentile" if rows < LEAST_ROWS else ""


def live_wait(params: Params, seen: Sequence[Seen]) -> Observation:
    """Largest 99th percentile of live rows as a share of the alert threshold.

    One stall of the machine can hold up more than 1 % of the rows. So its interval comes from half seconds drawn anew
    (block bootstrap), and if that holds the threshold, the run can't tell.
    """
    waited = {item.arm.name: latencies(item) for item in seen}
    shares = {name: 1e3 * p99(rows["latency"]) / params.alert_ms for name, rows in waited.items()}
    worst, fewest = max(shares, key=shares.__getitem__), min(len(rows) for rows in waited.values())
    detail = f"of {params.alert_ms:g} ms: " + ", ".join(
        f"{name} {share * params.alert_ms:,.0f} ms" for name, share in shares.items()
    )
    if fewest < ENOUGH_ROWS:
        return Observation(shares[worst], f"only {fewest} live rows; {detail}", conclusive=False)
    bounds = [_p99_interval(rows) for rows in waited.values()]
    low, high = (1e3 * max(bound[end] for bound in bounds) / params.alert_ms for end in (0, 1))
    told = not low <= 1 < high
    return Observation(
        shares[worst], detail if told else f"a few stalls decide; {detail}", (low, high), conclusive=told
    )


def _p99_interval(waited: pd.DataFrame) -> tuple[float, float]:
    """Of the 99th percentile, s, at 95 %."""
    blocks = [part.to_numpy() for _, part in waited.groupby(waited["due"] // BLOCK_S)["latency"]]

    def drawn(places: Sequence[float]) -> float:
        return p99(np.concatenate([blocks[int(place)] for place in places]))

    return bootstrap(range(len(blocks)), drawn)


def measured_s(seen: Seen) -> float:
    """From the begin of the replay to the last row of the backlog, s."""
    backlog = seen.arrivals.loc[seen.arrivals["source"] == "backlog", "at"]
    return float(backlog.max() - seen.replay.began)


def predicted_s(params: Params, seen: Seen) -> float:
    """From the capacity that the policy was told of; for AIMD, which asks for none, from the rates that it allowed."""
    rate = params.target * seen.capacity - params.live_rate
    if seen.arm.name == "aimd":
        return oracle.integrated_s(seen.rows, seen.replay.rates)
    return oracle.drain_s(seen.rows, rate, params.ramp_s if seen.arm.name == "ramp" else 0)


def drained(params: Params, seen: Sequence[Seen]) -> Observation:
    """Largest relative error of the predicted time to drain."""
    pairs = {item.arm.name: (predicted_s(params, item), measured_s(item)) for item in seen}
    errors = {name: abs(measured - predicted) / predicted for name, (predicted, measured) in pairs.items()}
    detail = ", ".join(
        f"{name} {took:.2f} s of {said:.2f} s predicted" for name, (said, took) in pairs.items()
    )
    shortest = min(said for said, _ in pairs.values())
    enough = shortest >= ENOUGH_S
    return Observation(
        float(max(errors.values())),
        detail if enough else f"too short to tell from a replay's start; {detail}",
        conclusive=enough,
    )


def overwritten(params: Params, seen: Sequence[Seen]) -> Observation:
    """Keys that do not hold their newest version, over all arms."""
    many = {item.arm.name: stale(params, item) for item in seen}
    detail = f"of {params.keys:,} keys: " + ", ".join(f"{name} {count:,}" for name, count in many.items())
    return Observation(sum(many.values()), detail)


def stale(params: Params, seen: Seen) -> int:
    """Keys of one arm that hold an older version than their newest."""
    backlog = keys_of(params, 0, params.rows)[: seen.rows].tolist()
    return oracle.stale_keys(
        [*zip(backlog, range(seen.rows), strict=True), *live_rows(params, seen)], seen.held
    )


def live_rows(params: Params, seen: Seen) -> list[tuple[int, int]]:
    """(key, version) of the live rows: drawn chunk by chunk, as they were sent."""
    chunk = round(params.live_rate * 0.5)
    firsts = range(seen.first_live, seen.first_live + len(seen.due), chunk)
    return [
        (key, first + place)
        for first in firsts
        for place, key in enumerate(keys_of(params, first, chunk).tolist())
    ]


def delivered(seen: Sequence[Seen]) -> Observation:
    """Rows lost or absorbed twice, over all arms."""
    found = {
        item.arm.name: oracle.check_delivery(expected_versions(item), item.arrivals["version"].tolist())
        for item in seen
    }
    sent = sum(len(expected_versions(item)) for item in seen)
    told = "; ".join(
        f"{name}: {one.lost} lost, {one.repeated} repeated" for name, one in found.items() if one.wrong
    )
    return Observation(
        sum(one.wrong for one in found.values()),
        f"of {sent:,} rows in {len(seen)} replays" + (f"; {told}" if told else ""),
    )


def killed_in_the_middle(seen: Seen) -> Observation:
    """1 if a part of the backlog, and not all of it, was absorbed when the replayer was killed."""
    there = seen.absorbed_at_kill or 0
    return Observation(int(0 < there < seen.rows), f"{there:,} of {seen.rows:,} rows were absorbed")


def on_schedule(seen: Sequence[Seen]) -> Observation:
    """Least share of live rows that were handed over in time."""
    shares = {item.arm.name: float(np.mean(item.late <= PUNCTUAL_S)) for item in seen if len(item.late)}
    worst = min(shares, key=shares.__getitem__)
    return Observation(shares[worst], f"worst: {worst}, of {sum(len(item.late) for item in seen):,} rows")


def simulated(params: Params, search: Seen, most: float, quiet: float) -> list[dict[str, float]]:
    """At each try of a load: p99 measured and simulated, s; NaN where the lane would never be done.

    The lane's time for a batch is that of the saturated sink. quiet: s between live transactions without a backlog, as
    measured. One follows the other's end, so beside a backlog they come later by what they wait for the lane: that is
    simulated, as is the wait itself, which nothing of the tries goes into.
    """
    rows = []
    lane, per_row = params.batch / most, params.row_ms / 1e3

    def own(tick: float) -> float:
        return max(0.0, lane - params.batch * per_row) + params.live_rate * tick * per_row

    if math.isnan(quiet):  # at least for the time that rows are gathered and written
        quiet = TICK_S + own(TICK_S)

    @cache
    def said(rate: float) -> float:
        between = params.batch / (rate - params.live_rate)
        if lane / between + own(quiet) / quiet >= 1:
            return float("nan")
        stays = oracle.simulated_stays_s(lane, between, own(quiet), quiet, params.seed, _FIRST_S)
        tick = quiet + float(stays.mean()) - own(quiet)
        return oracle.simulated_p99_s(lane, between, own(tick), tick, params.seed)

    for row in steps(params, search, most).to_dict("records"):
        rows.append(
            {
                "share": row["share"],
                "rate": row["rate"],
                "measured": row["p99"],
                "simulated": said(row["rate"]),
            }
        )
    return rows


def wait_simulated(told: Sequence[Mapping[str, float]], safe: float) -> Observation:
    """Largest relative error of any try up to the safe load."""
    inside = [row for row in told if row["rate"] <= safe * 1.001 and np.isfinite(row["simulated"])]
    if not inside:
        return Observation(float("nan"), "no load that the simulation has an end for", conclusive=False)

    def error(row: Mapping[str, float]) -> float:
        return float(abs(row["simulated"] - row["measured"]) / row["measured"])

    worst = max(inside, key=error)
    detail = (
        f"at {worst['share']:.0%} of saturation {1e3 * worst['simulated']:.0f} ms simulated, "
        f"{1e3 * worst['measured']:.0f} ms measured"
    )
    return Observation(error(worst), detail)
