"""What the sink was asked to take in each 100 ms, and how long live rows waited; capacity follows from both."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.experiments.backlog_replay.measure.seen import Seen
from lab.experiments.backlog_replay.params import LEAD_S, STEPS, TRIES, Params

BUCKET_S = 0.1
OFFERED = 0.95  # of a load must have come, or it was not tried
LEAST_ROWS = 200  # live rows behind a step's 99th percentile, or it has none


def buckets(seen: Seen) -> pd.DataFrame:
    """Rows in each 100 ms of the sink's own clock, from the first of the backlog to its last one.

    s: begin, after the replay's. live, backlog, asked: handed to the sink, and both together: its load. absorbed: both,
    when they were in it, which can never be more than it is able to. drained: of the backlog.
    """
    rows = {source: seen.arrivals[seen.arrivals["source"] == source] for source in ("live", "backlog")}
    begin, end = float(rows["backlog"]["asked"].min()), float(rows["backlog"]["at"].max())
    edges = begin + BUCKET_S * np.arange(max(1, int((end - begin) / BUCKET_S)) + 1)

    def count(source: str, moment: str) -> NDArray[np.int64]:
        return np.histogram(rows[source][moment], edges)[0]

    live, backlog, drained = count("live", "asked"), count("backlog", "asked"), count("backlog", "at")
    return pd.DataFrame(
        {
            "s": edges[:-1] - seen.replay.began,
            "live": live,
            "backlog": backlog,
            "asked": live + backlog,
            "absorbed": count("live", "at") + drained,
            "drained": drained,
        }
    )


def saturation(seen: Seen) -> float:
    """Rows/s of a sink that has always more to do: the median of its 100 ms, without the first three and the last."""
    return float(buckets(seen)["absorbed"].iloc[3:-1].median() / BUCKET_S)


def latencies(seen: Seen) -> pd.DataFrame:
    """due (s after the replay's begin), latency (s): of each live row that was due while the backlog was replayed.

    A row that never came counts as infinitely late.
    """
    live = (
        seen.arrivals[seen.arrivals["source"] == "live"].drop_duplicates("version").set_index("version")["at"]
    )
    at = live.reindex(range(seen.first_live, seen.first_live + len(seen.due))).to_numpy()
    end = seen.arrivals.loc[seen.arrivals["source"] == "backlog", "at"].max()
    found = pd.DataFrame({"due": seen.due, "latency": np.where(np.isnan(at), np.inf, at - seen.due)})
    within = found[(found["due"] >= seen.replay.began) & (found["due"] <= end)]
    return within.assign(due=within["due"] - seen.replay.began).reset_index(drop=True)


def quiet_interval(seen: Iterable[Seen]) -> float:
    """Between two live transactions while nothing of a backlog was before the sink, s, median over all arms; NaN of none."""
    gaps: list[float] = []
    for item in seen:
        backlog = item.arrivals[item.arrivals["source"] == "backlog"]
        asked = np.unique(
            item.arrivals.loc[item.arrivals["source"] == "live", "asked"]
        )  # one moment for each
        for part in (asked[asked < backlog["asked"].min()], asked[asked > backlog["at"].max()]):
            gaps += np.diff(part).tolist()
    return float(np.median(gaps)) if gaps else float("nan")


def p99(latency: pd.Series | NDArray[np.float64]) -> float:
    """99th percentile, s; NaN of nothing. Infinite values stay what they are."""
    values = np.sort(np.asarray(latency, dtype=float))
    return float(values[int(np.ceil(0.99 * len(values))) - 1]) if len(values) else float("nan")


def steps(params: Params, seen: Seen, most: float) -> pd.DataFrame:
    """Every try of a load: share (of saturation), rate, asked (rows/s that came), p99 (s), rows (live ones behind it).

    The first quarter of a try is left out: what waits from the one before is not its own.
    """
    waited, taken = latencies(seen), buckets(seen)
    rows = []
    for place, share in enumerate(STEPS * TRIES):
        begin, end = LEAD_S + (place + 0.25) * params.step_s, LEAD_S + (place + 1) * params.step_s
        own = waited[(waited["due"] >= begin) & (waited["due"] < end)]
        inside = taken[(taken["s"] >= begin) & (taken["s"] + BUCKET_S <= end)]
        rows.append(
            {"share": share, "rate": share * most, "asked": inside["asked"].mean() / BUCKET_S}
            | {"p99": p99(own["latency"]), "rows": len(own)}
        )
    return pd.DataFrame(rows).sort_values("share", kind="stable", ignore_index=True)


def safe_steps(params: Params, seen: Seen, most: float) -> pd.DataFrame:
    """The loads up to the largest that came and kept the alert in all tries, as every smaller one did; maybe none."""
    tried = steps(params, seen, most)
    kept = (tried["p99"] <= params.alert_ms / 1e3) & (tried["asked"] >= OFFERED * tried["rate"])
    held = kept.groupby(tried["share"]).all().cummin()
    return tried[tried["share"].map(held) & (tried["share"] < 1)]


def safe_capacity(params: Params, seen: Seen, most: float) -> float:
    """The largest safe load, rows/s. If none is, the smallest tried, so that the run goes on; the judge then can't tell."""
    safe = safe_steps(params, seen, most)
    return float(safe["rate"].max()) if len(safe) else STEPS[0] * most


def expected_versions(seen: Seen) -> list[int]:
    """All that was sent to this arm: its part of the backlog, and its live rows."""
    return [*range(seen.rows), *range(seen.first_live, seen.first_live + len(seen.due))]
