"""When events and windows reached the sink, by the clock of a reader outside Spark."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.experiments.sliding_windows.judge.verdicts import Judged
from lab.experiments.sliding_windows.measure.seen import Query, Seen
from lab.experiments.sliding_windows.params import HOUR_S, Params
from lab.experiments.sliding_windows.workload.log import BEGIN_MS, clock

POINTS = 60  # of a distribution that is drawn


def of_events(judged: Judged) -> NDArray[np.int64]:
    """In update mode, for each event that counts: from its intended send until the first row of its newest window that
    has it, ns.

    A user's events are in one partition and in order, and a row tells the largest offset in it: it has an event if it
    goes at least as far.
    """
    seen, query = judged.seen, judged.query
    slide = query.arm.slide_s * 1_000
    firsts = seen.log.drop_duplicates("event_id")  # in order of arrival
    firsts = firsts[np.isin(firsts["event_id"], judged.counting)]
    events = firsts.assign(start_ms=firsts["event_ms"] // slide * slide).sort_values("offset")
    # Rows that go equally far: the first of them counts, which is what a stable order keeps.
    rows = query.rows.sort_values("upto", kind="stable")[["user", "start_ms", "upto", "arrival_ns"]]
    found = pd.merge_asof(
        events, rows, left_on="offset", right_on="upto", by=["user", "start_ms"], direction="forward"
    ).dropna(subset=["arrival_ns"])
    return (found["arrival_ns"] - seen.start_ns - found["due_ns"]).to_numpy(np.int64)


def of_windows(params: Params, seen: Seen, query: Query) -> NDArray[np.int64]:
    """In append mode, for each window: from the moment at which an event of window end + allowed lateness is due, when
    it may be final at the earliest, until it is in the sink, ns. Windows that only the sentinel closes are left out."""
    ends_ms = query.final["end_ms"].to_numpy() - BEGIN_MS + params.max_delay_s * 1_000
    own = ends_ms <= params.hours * HOUR_S * 1_000
    floor_ns = clock(params).due_s(ends_ms[own]) * 1e9
    return (query.final["arrival_ns"].to_numpy()[own] - seen.start_ns - floor_ns).astype(np.int64)


def distribution(name: str, values_ns: NDArray[np.int64]) -> pd.DataFrame:
    """what, share, seconds: an empirical distribution in a few points."""
    shares = np.linspace(0.01, 0.99, POINTS)
    seconds = np.quantile(values_ns, shares) / 1e9 if len(values_ns) else np.full(POINTS, np.nan)
    return pd.DataFrame({"what": name, "share": shares, "seconds": seconds})
