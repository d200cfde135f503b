"""An observation for each criterion."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from lab.evidence import fit
from lab.evidence.criteria import Observation
from lab.evidence.statistics import Interval, none_seen_bound, wilson
from lab.experiments.backpressure import oracle, workload
from lab.experiments.backpressure.criteria import FAIR, LATE, RECOVERED
from lab.experiments.backpressure.judge import windows
from lab.experiments.backpressure.measure.seen import Burst, Killed, Seen
from lab.experiments.backpressure.params import BUDGET, BUDGET_MOST, Params
from lab.experiments.backpressure.workload import NONE

PUNCTUAL_S = 0.05
FORWARDED_S = 0.1
FEWEST = 100  # of which a hundredth is spoken of at all


def capacity(params: Params, seen: Seen) -> float:
    """Events/s of the control's saturated sink, side by side with the others; the declared one where that is not known."""
    return measured_capacity(params, seen) or params.capacity


def measured_capacity(params: Params, seen: Seen) -> float:
    """The same, or 0 if no control was run or its sink did next to nothing."""
    return windows.saturated(params, seen.bursts[NONE.name]) if NONE.name in seen.bursts else 0.0


def observe(params: Params, seen: Seen, arm: str) -> dict[str, Observation]:
    """By criterion, of one arm."""
    own, most = seen.bursts[arm], capacity(params, seen)
    found = {
        "sink_errors": sink_errors(params, own),
        "goodput_in_burst": goodput(params, own, most),
        "accepted_p99_bounded": accepted_p99(params, own),
        "rejections_fast": rejections_fast(params, own),
        "fair_by_client": fair(params, own, most),
        "recovered": recovered(params, own),
        "every_answer_done": every_answer_done(own),
        "retry_after_told": retry_after_told(own),
        "within_retry_budget": within_budget(own),
        "attempts_predicted": attempts_predicted(params, own, most),
        "load_reached": load_reached(own),
        "servers_not_bottleneck": not_bottleneck(params, own),
        "sidecar_prompt": prompt([own, *(one for name, one in seen.bursts.items() if name == NONE.name)]),
    }
    if seen.durable:
        found["nothing_lost"] = lost(seen.durable)
    if NONE.name in seen.bursts:
        rate = measured_capacity(params, seen)
        found["sink_as_declared"] = Observation(rate / params.capacity, f"{rate:.1f} events/s")
    return found


def sink_errors(params: Params, own: Burst) -> Observation:
    accepted = windows.accepted(params, own)
    errors, count = int(accepted["late"].sum()), len(accepted)
    # All of one burst, neither drawn nor independent: a count, which has no interval. Of too few to tell, those that would be
    # too many of a hundred refute it.
    rate = errors / count if count else math.nan
    return Observation(
        rate, f"{errors} of {count} events", conclusive=count >= FEWEST or errors > LATE * FEWEST
    )


def goodput(params: Params, own: Burst, most: float) -> Observation:
    rate = windows.goodput(params, own)
    return Observation(rate / most, f"{rate:.1f} of {most:.1f} events/s")


def accepted_p99(params: Params, own: Burst) -> Observation:
    took = windows.accepted(params, own)["took_s"]
    if len(took) < FEWEST:
        return Observation(math.nan, f"{len(took)} events accepted", conclusive=False)
    longest = float(np.quantile(took, 0.99, method="higher"))
    return Observation(longest * 1e3 / params.target_ms, f"{longest * 1e3:.0f} ms of {len(took)} events")


def rejections_fast(params: Params, own: Burst) -> Observation:
    took = windows.rejections(own)["took_s"]
    if len(took) < FEWEST:
        return Observation(math.nan, f"{len(took)} rejections", conclusive=False)
    p99 = float(np.quantile(took, 0.99))
    return Observation(p99 / params.timeout_s, f"{p99 * 1e3:.0f} ms of {len(took)} rejections")


def by_client(params: Params, own: Burst, most: float) -> pd.DataFrame:
    """Columns: client, offered, fair, goodput; events/s in the burst, all of it."""
    demand = workload.demand(params)
    fair = oracle.max_min_shares(demand, most)
    rows = [
        (name, demand[name], fair[name], windows.goodput(params, own, name, skip_s=0.0)) for name in demand
    ]
    return pd.DataFrame(rows, columns=["client", "offered", "fair", "goodput"])


def fair(params: Params, own: Burst, most: float) -> Observation:
    table = by_client(params, own, most)
    ratio = table["goodput"] / table["fair"]
    detail = ", ".join(f"{name} {value:.0%}" for name, value in zip(table["client"], ratio, strict=True))
    least, between = float(ratio.min()), _least_between(windows.good_by_second(params, own), table)
    # Some three events a second and client: whom the burst gives a little too little or enough may owe it to chance.
    return Observation(least, detail, between, conclusive=not between[0] < FAIR <= between[1])


def _least_between(seconds: pd.DataFrame, table: pd.DataFrame) -> Interval:
    """Of the least share: the interval that drawing other seconds of the burst gives."""
    fair = table.set_index("client")["fair"]
    counts = seconds[list(fair.index)].to_numpy() / fair.to_numpy()

    def drawn(rows: list[np.ndarray]) -> float:
        return float(np.mean(rows, axis=0).min())

    return fit.percentile_interval(fit.resampled([list(counts)], drawn))


def recovered(params: Params, own: Burst) -> Observation:
    by_second = windows.good_after(params, own)
    good, count = int(by_second["good"].sum()), int(by_second["count"].sum())
    if not count:
        return Observation(math.nan, "nothing was sent so late", conclusive=False)
    grew = windows.growth(params, own)
    between = _good_between(by_second, good, count)
    # Two late answers of thirty prove nothing, nor do thirty good ones; eighty do.
    return Observation(
        good / count,
        f"{good} of {count} events; meanwhile the queue grew by {grew:+.1f} events/s",
        between,
        conclusive=not between[0] < RECOVERED <= between[1],
    )


def _good_between(by_second: pd.DataFrame, good: int, count: int) -> Interval:
    """Of the share answered. Events in a row are not independent: Wilson's interval is the least, and where other seconds would
    have given more or less, theirs counts; where all seconds are alike, that has no width.
    """

    def drawn(rows: list[np.ndarray]) -> float:
        answered, sent = np.sum(rows, axis=0)
        return float(answered / sent)

    pairs = (
        wilson(good, count),
        fit.percentile_interval(fit.resampled([list(by_second.to_numpy())], drawn)),
    )
    return min(low for low, _ in pairs), max(high for _, high in pairs)


def every_answer_done(own: Burst) -> Observation:
    promised = own.sent.loc[own.sent["status"] == windows.GOOD, "id"]
    gone = oracle.missing(promised, own.done["id"])
    return Observation(len(gone), f"of {len(promised)} answers with 200")


def retry_after_told(own: Burst) -> Observation:
    told = windows.rejections(own)["retry_after"]
    right = told.str.fullmatch(r"[1-9]\d*")
    return Observation(int((~right.astype(bool)).sum()), f"of {len(told)} rejections")


def within_budget(own: Burst) -> Observation:
    """Each client's retries against a share of all its requests and what a budget holds at its begin."""
    asked = own.sent.groupby("client").size()
    client = own.attempts["key"].map(own.sent.drop_duplicates("id").set_index("id")["client"])
    retries = client[own.attempts["number"] > 1].value_counts()
    beyond = {
        name: max(0, math.ceil(count - BUDGET * asked.get(name, 0) - BUDGET_MOST))
        for name, count in retries.items()
    }
    return Observation(
        int(sum(beyond.values())), f"{int(retries.sum())} retries, {int(asked.sum())} requests"
    )


def attempts_predicted(params: Params, own: Burst, most: float) -> Observation:
    predicted, measured = attempts(params, own, most)
    return Observation(
        abs(measured - predicted) / predicted, f"predicted {predicted:.1f}/s, measured {measured:.1f}/s"
    )


def attempts(params: Params, own: Burst, most: float) -> tuple[float, float]:
    """Attempts/s at the server in the burst: of throttled clients by the oracle, and as the side-car sent them."""
    rho = windows.offered(params, own) / most
    return oracle.throttled_attempts(rho, most, params.k), windows.attempts_rate(params, own)


def refused(params: Params, own: Burst, most: float) -> tuple[float, float]:
    """Share of the burst that is not served: by the overload limit, and as measured by the load tool."""
    rate = windows.offered(params, own)
    return oracle.overload_limit(rate / most), 1 - windows.goodput(params, own) / rate


def load_reached(own: Burst) -> Observation:
    late = own.sent["late"]
    return Observation(
        float((late <= PUNCTUAL_S).mean()), f"of {len(late)} requests, worst {late.max():.3f} s"
    )


def not_bottleneck(params: Params, own: Burst) -> Observation:
    shares = {name: spent / params.burst_s for name, spent in own.cpu.items()}
    detail = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    return Observation(max(shares.values()), detail)


def prompt(bursts: Sequence[Burst]) -> Observation:
    """How soon what the load tool sent was passed on: a side-car that waits for a processor would be measured for that."""
    shares = {}
    for one in bursts:
        first = one.attempts[one.attempts["number"] == 1].set_index("key")["began"]
        waited = first - one.sent.drop_duplicates("id").set_index("id")["at"].reindex(first.index).to_numpy()
        shares[one.arm] = float((waited <= FORWARDED_S).mean()) if len(waited) else 0.0
    return Observation(
        min(shares.values()), ", ".join(f"{name} {share:.1%}" for name, share in shares.items())
    )


def lost(killed: Killed) -> Observation:
    """Promised and never done, over all kills; where none was, their number bounds the share of kills with a loss."""
    promised = [name for one in killed.promised for name in one]
    if not promised:
        return Observation(0, "nothing was promised", conclusive=False)
    gone = oracle.missing(promised, killed.done)
    detail = f"of {len(promised)} events in {killed.kills} kills of ingestion and sink"
    if not gone:
        detail += (
            f"; a kill loses something in at most {none_seen_bound(killed.kills):.0%} of cases (exact, 95 %)"
        )
    return Observation(len(gone), detail)
