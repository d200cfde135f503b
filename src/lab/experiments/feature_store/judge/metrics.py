"""Metrics and tables of a run; none of a measurement that was not made."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab.evidence.result import Metric
from lab.evidence.statistics import wilson
from lab.experiments.feature_store.judge import law
from lab.experiments.feature_store.judge.observations import arms
from lab.experiments.feature_store.measure.seen import Joined, Live, Outage, Rest, Seen
from lab.experiments.feature_store.params import Params
from lab.experiments.feature_store.workload.joins import FEAST_BOTH
from lab.load.histogram import encode, milliseconds

PERCENTILES = (50, 95, 99)


def slug(*parts: str) -> str:
    """A metric's name."""
    return "_".join(parts).replace(" ", "_").replace(",", "").lower()


def tables(params: Params, seen: Seen) -> dict[str, pd.DataFrame]:
    """By name."""
    found = {}
    if seen.joins:
        found["joins"] = pd.DataFrame(
            [(join.join, join.rows, len(join.wrong), len(join.leaked), join.seconds) for join in seen.joins],
            columns=["join", "rows", "wrong", "leaked", "seconds"],
        )
    if seen.live is not None:
        found["arms"] = pd.DataFrame(arms(params, seen.live))
        found["latency"] = pd.DataFrame(
            [
                (served.kind, percentile, milliseconds(served.latency, percentile))
                for served in seen.live.served
                for percentile in PERCENTILES
            ],
            columns=["kind", "percentile", "ms"],
        )
    if seen.outage is not None:
        found["outage"] = seen.outage.probes
    return found


def metrics(params: Params, seen: Seen) -> list[Metric]:
    """In the order of the measurements."""
    return [
        *(metric for join in seen.joins for metric in _join(join)),
        *(metric for join in seen.joins if join.join == FEAST_BOTH for metric in _corrected(join)),
        *(_live(params, seen.live) if seen.live else []),
        *(_outage(seen.outage) if seen.outage else []),
        *(_rest(seen.rest) if seen.rest else []),
    ]


def _rest(rest: Rest) -> list[Metric]:
    wrong = len(rest.differing)
    made = [
        Metric("entities_wrong_at_rest", wrong, "entities", "online not as by hand", better="lower"),
        Metric(
            "entities_too_old", rest.expired, "entities", "of these given beyond their TTL", better="lower"
        ),
    ]
    if np.isnan(rest.applied_per_s):
        return made
    text = "a stream job applies at least: one process, a replay with its start"
    return [*made, Metric("applied_per_s", rest.applied_per_s, "updates/s", text, better="higher")]


def _join(join: Joined) -> list[Metric]:
    return [
        Metric(
            slug(what, join.join),
            len(places) / join.rows,
            "",
            f"share of the rows {text}",
            interval=wilson(len(places), join.rows),
            method="wilson 95 %",
            better="lower",
        )
        for what, places, text in (
            ("wrong", join.wrong, "that differ from what had happened and was known"),
            ("leaked", join.leaked, "with values that were not known yet"),
        )
    ] + [Metric(slug("seconds", join.join), join.seconds, "s", "time of the join", better="lower")]


def _corrected(join: Joined) -> list[Metric]:
    """What Feast makes of events of which there are several versions."""
    rows = len(join.corrected)
    wrong = len(join.corrected.intersection(join.wrong))
    return [
        Metric("corrected_rows", rows, "rows", "rows at which a correction decides"),
        Metric(
            "feast_wrong_corrected", wrong, "rows", "of these wrong by Feast with its filter", better="lower"
        ),
    ]


def _live(params: Params, seen: Live) -> list[Metric]:
    made = []
    for row in arms(params, seen):
        hold = f"{row['hold_s']:g}s"
        made += [
            Metric(
                f"mismatch_held_{hold}",
                row["measured"],
                "",
                f"share of lookups that differ, updates held back {row['hold_s']:g} s",
                interval=(row["low"], row["high"]),
                method="bootstrap over moments, 95 %",
                better="lower",
            ),
            Metric(f"delay_held_{hold}", row["delay_s"], "s", "mean from known to applied", better="lower"),
        ]
    made += [
        Metric(
            slug(f"p{percentile}", served.kind),
            milliseconds(served.latency, percentile),
            "ms",
            f"{percentile}th percentile from when a {served.kind} lookup was due",
            better="lower",
            histogram=encode(served.latency) if percentile == 99 else "",
        )
        for served in seen.served
        for percentile in PERCENTILES
    ]
    own = min(seen.superseded)
    total = seen.superseded[own] + len(seen.delays_s[own])
    return [
        *made,
        Metric(
            "lambda",
            law.predicted(params, 1e-6) / 1e-6,
            "1/s",
            "λ, changes/s of an entity, mean over lookups, as the parameters have it",
            grade="arithmetic",
        ),
        Metric(
            "superseded_share", seen.superseded[own] / total, "", "updates that compare-and-set did not write"
        ),
    ]


def _outage(seen: Outage) -> list[Metric]:
    return [
        Metric("back_s", seen.back_s, "s", "from the kill of Redis to the end of the refill", better="lower"),
        Metric("start_s", seen.start_s, "s", "of that until Redis answers, waiting time included"),
        Metric("load_s", seen.load_s, "s", "of that until the offline store has the whole log"),
        Metric("refill_s", seen.refill_s, "s", "of that the refill", better="lower"),
        Metric(
            "refill_us_each", 1e6 * seen.refill_s / seen.entities, "µs", "refill, per entity", better="lower"
        ),
        Metric(
            "bytes_each",
            seen.bytes_each,
            "bytes",
            "Redis' memory per entity of three features",
            better="lower",
        ),
    ]
