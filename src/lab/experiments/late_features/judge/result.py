"""Treatment and controls of what was seen: observations, metrics, tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from lab.evidence.frames import records
from lab.evidence.result import Metric, Result
from lab.experiments.late_features.criteria import BY_DELAY, SHORT, TARGET
from lab.experiments.late_features.criteria import UNGUARDED as CONTROL
from lab.experiments.late_features.judge import observations as observed
from lab.experiments.late_features.judge import tables
from lab.experiments.late_features.judge.outcome import Outcome
from lab.experiments.late_features.measure.seen import Seen
from lab.experiments.late_features.params import Params
from lab.experiments.late_features.workload import flights
from lab.experiments.late_features.workload.arms import APPEND, COARSE, UNGUARDED, named
from lab.experiments.late_features.workload.stream import NOBODY


def treatment(params: Params, seen: Seen, versions: Mapping[str, str]) -> Result:
    """The sweep, with the chosen watermark's guard, append mode and restatement."""
    every = {name: Outcome(params, seen, run) for name, run in seen.runs.items()}
    swept, own = _swept(params, every), every[named(params.watermark_minutes)]
    found = {
        "features_equal_batch": observed.features_equal_batch(swept),
        "converged_in_time": observed.converged_in_time(swept),
        "late_accounted": observed.late_accounted(swept),
        "drops_predicted": observed.drops_predicted(list(every.values())),
        "guard_keeps": observed.guard_keeps(own),
        "refused_rightly": observed.refused_rightly(own),
        "emitted_once": observed.emitted_once(every[APPEND], own),
        "restated_equal": observed.restated_equal(own),
        "target_absorbed": observed.target_absorbed(own),
        "share_predicted": observed.share_predicted(swept, seen.predicted.share),
        "state_predicted": observed.state_predicted(swept),
        "late_events_came": observed.late_events_came(own),
        "log_as_sent": observed.log_as_sent(params, seen),
    }
    made = _tables(params, every, seen)
    return Result(params, found, list(_metrics(params, every, seen, made)), made, versions)


def controls(params: Params, seen: Seen) -> dict[str, Result]:
    """Of the same queries: the shortest watermark; the job without a guard; F(d) for the prediction."""
    every = {name: Outcome(params, seen, run) for name, run in seen.runs.items()}
    swept = _swept(params, every)
    return {
        SHORT: Result(params, {"target_absorbed": observed.target_absorbed(swept[0])}),
        CONTROL: Result(params, {"guard_keeps": observed.guard_keeps(every[UNGUARDED])}),
        BY_DELAY: Result(params, {"share_predicted": observed.share_predicted(swept, seen.predicted.within)}),
    }


def _swept(params: Params, every: Mapping[str, Outcome]) -> list[Outcome]:
    return [every[named(minutes)] for minutes in params.watermarks]


def _tables(params: Params, every: Mapping[str, Outcome], seen: Seen) -> dict[str, pd.DataFrame]:
    swept, own = _swept(params, every), every[named(params.watermark_minutes)]
    return {
        "watermarks": tables.watermarks(swept, seen.predicted),
        "larger_batches": tables.watermarks([every[COARSE]], seen.predicted),
        "stability": tables.stability(swept),
        "updates": tables.updates(own),
        "state": tables.state(swept),
        "poison": tables.poison(own, every[UNGUARDED]),
        "retention": tables.retention(own),
        "fates": tables.fates(own, seen.predicted.cancelled),
        "year": seen.predicted.year,
        "days": seen.predicted.days,
    }


def _metrics(
    params: Params, every: Mapping[str, Outcome], seen: Seen, made: Mapping[str, pd.DataFrame]
) -> Iterator[Metric]:
    yield from _sweep(made["watermarks"])
    coarse = next(records(made["larger_batches"]))
    text = f"share of the flights in their features at {coarse.minutes} min, larger batches"
    yield Metric("absorbed_larger_batches", coarse.share, "", text, better="higher")
    own, unguarded = every[named(params.watermark_minutes)], every[UNGUARDED]
    lost = len(unguarded.missing - unguarded.undisturbed.dropped)
    yield Metric("lost_without_guard", lost, "events", "missing because of one event from the future")
    keys = len(own.flights[["carrier", "origin"]].drop_duplicates())
    yield Metric("keys", keys, "keys", "pairs of carrier and origin")
    again = int((seen.restated["carrier"] != NOBODY).sum())
    yield Metric("restated", again, "features", "written again from the log")
    delays = tables.emission(every[APPEND])
    text = "from a window's end to its feature in append mode, median"
    yield Metric("emission_delay", float(delays.median()), "min", text, better="lower")
    yield Metric(
        "oldest_dropped",
        float(made["retention"]["hours"].iloc[-1]),
        "h",
        "from a window's beginning to its latest event",
    )
    earliest = flights.earliest(own.flights)
    yield Metric(
        "earliest", earliest, "min", "by which a real event was ahead of its arrival, days that were sent"
    )
    # What was sent is a part of the year.
    of_year = max(earliest, seen.predicted.earliest)
    text = "by which a real event was ahead of its arrival, the whole year's flights"
    yield Metric("earliest_year", of_year, "min", text, grade="arithmetic")
    yield from _year(seen, made["days"], params)


def _sweep(table: pd.DataFrame) -> Iterator[Metric]:
    for row in records(table):
        at, text = f"@{row.minutes}", f"at a watermark of {row.minutes} min"
        yield Metric(
            f"absorbed{at}", row.share, "", f"share of the flights in their features {text}", better="higher"
        )
        text_late = f"share of the late events absorbed {text}"
        yield Metric(f"late_absorbed{at}", row.late_absorbed, "", text_late, better="higher")
        yield Metric(
            f"within{at}", row.within, "", f"F: delayed by at most {row.minutes} min", grade="arithmetic"
        )
        yield Metric(f"dropped{at}", row.dropped, "events", text, better="lower")
        stable = 1 - row.wrong / row.features
        text_stable = f"features that end at the value over all flights {text}"
        yield Metric(f"stable{at}", stable, "", text_stable, better="higher")
        yield Metric(f"error{at}", row.error, "", f"of the mean delay {text}")
        yield Metric(f"state{at}", row.rows, "rows", f"of state, mean {text}", better="lower")
        yield Metric(f"partials{at}", row.partials, "rows", f"numRowsDroppedByWatermark {text}")
        yield Metric(f"changes{at}", row.changes, "", f"times that a feature is written {text}")
    state, batches = int(table["as_replayed"].sum()), int(table["batches"].sum())
    yield Metric("state_as_replayed", state / batches, "", "batches whose rows of state are the replay's")


def _year(seen: Seen, days: pd.DataFrame, params: Params) -> Iterator[Metric]:
    reach = float((days["share"] >= TARGET).mean())
    text = f"days of the year on which {params.watermark_minutes} min reach {TARGET:.0%}"
    yield Metric("days_reaching", reach, "", text, grade="simulated")
    yield Metric(
        "never", seen.predicted.never, "", "of the year's flights never departed", grade="arithmetic"
    )
    for row in records(seen.predicted.year):
        text = f"of the year's flights, {row.minutes} min, events one by one"
        yield Metric(f"year@{row.minutes}", row.share, "", text, grade="simulated")
