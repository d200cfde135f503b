"""An observation for each criterion whose measurement was made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.statistics import bootstrap, clopper_pearson, none_seen_bound
from lab.experiments.feature_store.criteria import EVENT_TIME, LIMIT, PREDICTION_ERROR, SLOW, SLOWEST_MS
from lab.experiments.feature_store.judge import law
from lab.experiments.feature_store.measure.seen import (
    BATCH,
    SINGLE,
    Joined,
    Live,
    Outage,
    Seen,
    Served,
)
from lab.experiments.feature_store.params import Params
from lab.experiments.feature_store.workload.joins import FEAST_BOTH, FEAST_ONE, WINDOW
from lab.experiments.feature_store.workload.popularity import UNKNOWN
from lab.load.histogram import milliseconds


def observe(params: Params, seen: Seen) -> dict[str, Observation]:
    """By criterion."""
    found: dict[str, Observation] = joined(seen)
    if seen.live is not None:
        found |= lookups(params, seen.live)
    if seen.outage is not None:
        found["empty_store_says_so"] = empty(seen.outage)
    if seen.rest is not None:
        shown = ", ".join(seen.rest.differing[:3])
        detail = f"of {seen.rest.entities:,}" + (f": {shown}" if shown else "")
        detail += f"; {seen.rest.expired:,} of these too old" if seen.rest.expired else ""
        found["converges"] = Observation(len(seen.rest.differing), detail)
    if seen.log is not None:
        found["log_complete"] = Observation(seen.log.wrong, f"of {seen.log.sent:,} sent")
    return found


def joined(seen: Seen) -> dict[str, Observation]:
    """The judged join against the truth, and each rival against the truth on the clocks that it knows."""
    by_name = {join.join: join for join in seen.joins}
    found = {}
    if own := by_name.get(seen.judged):
        found["point_in_time"] = _rows([(own, own.wrong)])
    if all(name in by_name for name in (WINDOW.name, FEAST_BOTH)):
        window, feast = by_name[WINDOW.name], by_name[FEAST_BOTH]
        uncorrected = [place for place in feast.wrong if place not in feast.corrected]
        found["both_clocks_agree"] = _rows([(window, window.wrong), (feast, uncorrected)])
    if all(name in by_name for name in (EVENT_TIME, FEAST_ONE)):
        asof, feast = by_name[EVENT_TIME], by_name[FEAST_ONE]
        uncorrected = [place for place in feast.wrong_one_clock if place not in feast.corrected_one_clock]
        found["one_clock_agrees"] = _rows([(asof, asof.wrong_one_clock), (feast, uncorrected)])
    return found


def _rows(judged: Sequence[tuple[Joined, Sequence[int]]]) -> Observation:
    detail = "; ".join(f"{join.join}: {len(wrong):,} of {join.rows:,}" for join, wrong in judged)
    leaked = sum(len(join.leaked) for join, _ in judged)
    return Observation(sum(len(wrong) for _, wrong in judged), f"{detail}; {leaked:,} leaked")


def lookups(params: Params, seen: Live) -> dict[str, Observation]:
    """All that is judged of lookups while updates run."""
    old = seen.checks[seen.checks["ageing"]]
    treated = old[old["hold_s"] == 0]
    by_kind = {served.kind: served for served in seen.served}
    return {
        "mismatch_live": mismatch_live(seen.checks),
        "reconciliation_agrees": Observation(
            int((~seen.checks["reconciled"]).sum()), f"of {len(seen.checks):,}, all stream jobs"
        ),
        "mismatch_predicted": mismatch_predicted(params, seen),
        "expires_by_event_time": Observation(
            int(old["differs"].sum()), f"of {len(old):,}, {len(treated):,} over HTTP"
        ),
        "load_reached": load_reached(seen),
        **{name: p99(by_kind[kind]) for name, kind in (("single_p99", SINGLE), ("batch_p99", BATCH))},
    }


def p99(seen: Served) -> Observation:
    """Inconclusive where so many slow lookups of so many may come of a share on either side of what is allowed."""
    quick = sum(
        item.count_at_value_iterated_to
        for item in seen.latency.get_recorded_iterator()
        if item.value_iterated_to <= SLOWEST_MS * 1e3  # the histogram counts µs
    )
    slow, answered = seen.requests - quick, seen.latency.get_total_count()
    # Of all lookups: a failed one, which has no time, never was answered.
    place = 99 * seen.requests / answered if answered else math.inf
    found = milliseconds(seen.latency, place) if place <= 100 else math.inf
    low, high = clopper_pearson(slow, seen.requests, 0.9)  # 95 % on either side
    clear = high <= SLOW if found <= SLOWEST_MS else low > SLOW
    detail = f"{slow:,} of {seen.requests:,} lookups on schedule took over {SLOWEST_MS:g} ms or failed: {low:.2%} to {high:.2%}"
    return Observation(found, detail + ("" if clear else "; too few to tell"), conclusive=clear)


def by_instant(checks: pd.DataFrame, hold_s: float) -> pd.Series[Any]:
    """Share that differs at each moment of one arm: lookups of one moment are not independent, moments are."""
    return updated(checks, hold_s).groupby("instant")["differs"].mean()


def updated(checks: pd.DataFrame, hold_s: float) -> pd.DataFrame:
    """One arm's lookups of entities that are updated: of the others there is nothing to be behind of."""
    return checks[(checks["hold_s"] == hold_s) & ~checks["ageing"] & (checks["entity"] != UNKNOWN)]


def mismatch_live(checks: pd.DataFrame) -> Observation:
    """Of all that was looked up over HTTP; inconclusive if the limit lies within its interval."""
    own, shares = updated(checks, 0), by_instant(checks, 0)
    low, high = interval(shares)
    clear = not low < LIMIT < high
    detail = f"{int(own['differs'].sum()):,} of {len(own):,} lookups"
    if not clear:
        detail += "; the limit lies within the interval: check for longer"
    return Observation(float(shares.mean()), detail, (low, high), conclusive=clear)


def interval(shares: pd.Series[Any]) -> tuple[float, float]:
    """At 95 %, over moments."""
    if shares.nunique() < 2:
        only = float(shares.iloc[0])
        return only, only if only else none_seen_bound(
            len(shares)
        )  # never seen: the exact bound, over moments
    return bootstrap(list(shares), np.mean)


def mismatch_predicted(params: Params, seen: Live) -> Observation:
    """The worst of the arms that hold updates back; inconclusive if the limit lies within its interval."""
    errors = []
    for row in arms(params, seen):
        if row["hold_s"] > 0:
            ends = [_missed(row["predicted"], row[end]) for end in ("low", "high")]
            least = 0.0 if row["low"] <= row["predicted"] <= row["high"] else min(ends)
            errors.append((_missed(row["predicted"], row["measured"]), least, max(ends), row))
    worst, *_, row = max(errors, key=lambda each: each[0])
    low, high = max(each[1] for each in errors), max(each[2] for each in errors)
    told = not low <= PREDICTION_ERROR <= high
    detail = f"D = {row['delay_s']:.3f} s: {row['predicted']:.2%} predicted, {row['measured']:.2%} measured"
    if not told:
        detail += "; the limit lies within the interval: check for longer"
    return Observation(float(worst), detail, (low, high), conclusive=told)


def _missed(predicted: float, measured: float) -> float:
    """Distance as a share of what was measured."""
    return float(abs(predicted / measured - 1)) if measured else float("inf")


def arms(params: Params, seen: Live) -> list[dict[str, Any]]:
    """Of each arm: hold, mean delay, measured share with its interval, predicted share."""
    rows = []
    pairs = seen.checks[["arm", "hold_s"]].drop_duplicates().sort_values(["arm", "hold_s"])
    for arm, hold_s in pairs.itertuples(index=False, name=None):
        shares = by_instant(seen.checks, float(hold_s))
        delays = np.asarray(seen.delays_s[str(arm)])
        low, high = interval(shares)
        rows.append(
            {
                "arm": arm,
                "hold_s": float(hold_s),
                "delay_s": law.mean(delays.tolist()),
                "delay_p99_s": float(np.percentile(delays, 99)) if len(delays) else float("nan"),
                "measured": float(shares.mean()),
                "low": low,
                "high": high,
                "predicted": law.predicted(params, law.mean(delays.tolist())),
            }
        )
    return sorted(rows, key=lambda row: row["hold_s"])


def load_reached(seen: Live) -> Observation:
    """The smallest share that was sent in time, or answered."""
    parts = {"updates in time": seen.updates_punctual, "checks made": seen.checked}
    for served in seen.served:
        parts |= {f"{served.kind} in time": served.punctual, f"{served.kind} answered": served.answered}
    name = min(parts, key=parts.__getitem__)
    return Observation(
        parts[name], f"{name}; all: " + ", ".join(f"{what} {share:.2%}" for what, share in parts.items())
    )


def empty(seen: Outage) -> Observation:
    """Answers that say that nothing is known, of entities that have features."""
    probes = seen.probes
    refused = int((probes["status"] == 503).sum())
    detail = f"of {len(probes):,}, {refused:,} refused in words (503), {int((probes['status'] == 0).sum())} without an answer"
    return Observation(int(probes["empty"].sum()), detail)
