"""Rates and shares of one arm, from what the load tool, the side-car and the sink say. All times count from the arm's start."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab.experiments.backpressure.measure.seen import Burst
from lab.experiments.backpressure.params import Params

GOOD = 200
SETTLING_S = 1.0  # after the begin of the burst: queues fill
STEP_S = 0.5  # of a curve
BACK = 0.9  # share answered in time from which on an arm counts as recovered
MOST_SPARE_S = 1.0  # a window in which that share is taken


def sent(seen: Burst) -> pd.DataFrame:
    """The load tool's report with `at` and `ended` from the start, and whether each was `good`."""
    at = seen.sent["at"] - seen.start
    return seen.sent.assign(at=at, ended=at + seen.sent["latency"], good=seen.sent["status"] == GOOD)


def in_burst(params: Params, times: pd.Series, skip_s: float = 0.0) -> pd.Series:
    """Which of them lie in the burst, its first `skip_s` left out."""
    return times.between(params.before_s + skip_s, params.before_s + params.burst_s, inclusive="left")


def goodput(params: Params, seen: Burst, client: str | None = None, skip_s: float = SETTLING_S) -> float:
    """Good answers/s that ended in the burst, of one client if it is named."""
    report = sent(seen)
    chosen = report["good"] & in_burst(params, report["ended"], skip_s)
    if client is not None:
        chosen &= report["client"] == client
    return float(chosen.sum()) / (params.burst_s - skip_s)


def good_by_second(params: Params, seen: Burst) -> pd.DataFrame:
    """Good answers in each whole second of the burst (rows), of each client (columns)."""
    report = sent(seen)
    own = report[report["good"] & in_burst(params, report["ended"])]
    second = (own["ended"] - params.before_s).astype(int)
    found = pd.crosstab(second, own["client"])
    return found.reindex(range(int(params.burst_s)), columns=sorted(report["client"].unique()), fill_value=0)


def offered(params: Params, seen: Burst) -> float:
    """Events/s that the load tool sent in the burst."""
    report = sent(seen)
    return float(in_burst(params, report["at"], SETTLING_S).sum()) / (params.burst_s - SETTLING_S)


def saturated(params: Params, seen: Burst) -> float:
    """Events/s that the sink of this arm did while more was waiting: from the burst's second second to the end."""
    done = seen.done["done"] - seen.start
    busy = done[done.between(params.before_s + SETTLING_S, params.total_s)]
    return (len(busy) - 1) / float(busy.max() - busy.min()) if len(busy) > 1 else 0.0


def accepted(params: Params, seen: Burst) -> pd.DataFrame:
    """Events that came in during the burst and went into the queue: received, took_s until done (infinite if never), late."""
    events = seen.events[in_burst(params, seen.events["received"] - seen.start)]
    first = seen.done.drop_duplicates("ref").set_index("ref")["done"]
    done = events["ref"].map(first).astype(float).fillna(np.inf)
    return events.assign(took_s=done - events["received"], late=done > events["deadline"])


def rejections(seen: Burst) -> pd.DataFrame:
    """Attempts that the server refused, with `took_s`."""
    refused = seen.attempts[seen.attempts["status"] == 429]
    return refused.assign(took_s=refused["ended"] - refused["began"])


def attempts_per_event(params: Params, seen: Burst) -> float:
    """Attempts that reached the server in the burst, per event that the load tool sent in it."""
    tried = in_burst(params, seen.attempts["began"] - seen.start).sum()
    return float(tried) / max(1, int(in_burst(params, sent(seen)["at"]).sum()))


def attempts_rate(params: Params, seen: Burst) -> float:
    """Attempts/s that reached the server from the burst's second second on."""
    tried = in_burst(params, seen.attempts["began"] - seen.start, SETTLING_S).sum()
    return float(tried) / (params.burst_s - SETTLING_S)


def good_after(params: Params, seen: Burst) -> pd.DataFrame:
    """Of the events sent once all should have settled after the burst, by whole seconds (rows): good, count."""
    report, begin = sent(seen), params.before_s + params.burst_s + params.settled_s
    late = report[report["at"] >= begin]
    found = late.groupby((late["at"] - begin).astype(int))["good"].agg(["sum", "count"])
    return found.set_axis(["good", "count"], axis=1)


def answered_after(params: Params, seen: Burst) -> tuple[int, int]:
    """Of the events sent once all should have settled after the burst: how many were answered in time, and how many all are."""
    by_second = good_after(params, seen)
    return int(by_second["good"].sum()), int(by_second["count"].sum())


def time_to_recover(params: Params, seen: Burst) -> float:
    """From the end of the burst to the end of the last second of which less than `BACK` was answered; infinite if that lasts.

    At most so long: within that second recovery may have come at any time.
    """
    report, end = sent(seen), params.before_s + params.burst_s
    edges = np.arange(end, params.total_s - MOST_SPARE_S + 1e-9, STEP_S / 2)
    shares = [report.loc[report["at"].between(at, at + MOST_SPARE_S), "good"].mean() for at in edges]
    bad = [at for at, share in zip(edges, shares, strict=True) if not share >= BACK]
    if not bad:
        return 0.0
    return float("inf") if bad[-1] == edges[-1] else float(bad[-1] + MOST_SPARE_S - end)


def backlog(seen: Burst, at_s: float) -> int:
    """Events in the queue at a moment."""
    received, done = seen.events["received"] - seen.start, seen.done["done"] - seen.start
    return int((received <= at_s).sum() - (done <= at_s).sum())


def growth(params: Params, seen: Burst) -> float:
    """Events/s by which the queue grew once all should have settled: retries of the burst itself are over then."""
    begin = params.before_s + params.burst_s + params.settled_s
    return (backlog(seen, params.total_s) - backlog(seen, begin)) / (params.total_s - begin)


def curve(params: Params, seen: Burst) -> pd.DataFrame:
    """By steps, events/s: offered by the load tool, attempts at the server, accepted into the queue, goodput; and the backlog."""
    report = sent(seen)
    edges = np.arange(0, params.total_s + 1e-9, STEP_S)
    sources = {
        "offered": report["at"],
        "attempts": seen.attempts["began"] - seen.start,
        "accepted": seen.events["received"] - seen.start,
        "goodput": report.loc[report["good"], "ended"],
    }
    counted = {name: np.histogram(times, edges)[0] / STEP_S for name, times in sources.items()}
    middle = (edges[:-1] + edges[1:]) / 2
    waiting = [backlog(seen, at) for at in edges[1:]]
    return pd.DataFrame({"arm": seen.arm, "seconds": middle, **counted, "backlog": waiting})
