"""Metrics and tables of a run; none of a measurement that was not made."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from lab.evidence.frames import records
from lab.evidence.result import Metric
from lab.experiments.etl_drift.judge.observations import covered_lines, law
from lab.experiments.etl_drift.measure.seen import Seen, Story
from lab.experiments.etl_drift.workload.drifts import ASKED, FOLLOWED
from lab.experiments.etl_drift.workload.flights import OTHERWISE

OUTCOMES = ("right", "asked", "wrong")


def tables(seen: Seen) -> dict[str, pd.DataFrame]:
    """By name."""
    found = {
        "census": seen.census,
        "pair": seen.pair,
        "tried": seen.tried,
        "steps": seen.story.steps if seen.story else None,
        "log": seen.story.log if seen.story else None,
        "kills": seen.kills,
        "locks": seen.locks,
        "waits": seen.waits,
        "matchers": seen.matchers,
        "dlt": seen.dlt,
    }
    return {name: table for name, table in found.items() if table is not None}


def metrics(seen: Seen) -> list[Metric]:
    """In the order of the measurements."""
    return [
        *(_mapped(seen.census) if seen.census is not None else ()),
        *(_clock(seen) if seen.clock else ()),
        *(_tried(seen.tried) if seen.tried is not None else ()),
        *(_story(seen.story) if seen.story else ()),
        *(_tests(seen) if seen.tests else ()),
        *(_matchers(seen.matchers) if seen.matchers is not None else ()),
        *(_dlt(seen.dlt) if seen.dlt is not None else ()),
        *(_locks(seen) if seen.locks is not None and seen.waits is not None else ()),
    ]


def shares(table: pd.DataFrame) -> dict[str, float]:
    """Share of each of OUTCOMES."""
    counted = table["outcome"].value_counts(normalize=True)
    return {name: float(counted.get(name, 0.0)) for name in OUTCOMES}


def _mapped(census: pd.DataFrame) -> Iterator[Metric]:
    touched = census[census["touched"]]
    followed, others = (touched[touched["kind"].isin(kinds)] for kinds in (FOLLOWED, ASKED))
    wrong = float((census["outcome"] == "wrong").sum())
    yield Metric("wrong_columns", wrong, "columns", "decided wrongly without asking", better="lower")
    yield Metric("asked_share", shares(census)["asked"], "", "of all columns, a person is asked about")
    for name, part in (("followed", followed), ("others", others)):
        kinds = ", ".join(dict.fromkeys(part["kind"]))
        yield Metric(f"asked_{name}", shares(part)["asked"], "", f"asked, of the columns changed by {kinds}")


def _clock(seen: Seen) -> Iterator[Metric]:
    for table, parts in (seen.clock or {}).items():
        for name, share in parts.items():
            text = f"{table}: rows whose hour and minute are those of {name}"
            yield Metric(f"clock_{table}_{name}", share, "", text)
    if seen.pair is not None:
        for row in records(seen.pair[seen.pair["target"].isin(OTHERWISE)]):
            text = f"confidence that {row.target} is {row.target}, in the real pair"
            yield Metric(f"confidence_{row.target}", row.confidence, "", text)


def _tried(tried: pd.DataFrame) -> Iterator[Metric]:
    for (shared, threshold), part in tried.groupby(["shared", "threshold"]):
        found = shares(part)
        place, text = f"{shared}_at_{threshold:g}", f"{shared} shared rows, threshold {threshold:g}"
        wrong = float((part["outcome"] == "wrong").sum())
        yield Metric(f"automatic_{place}", 1 - found["asked"], "", f"decided without asking, {text}")
        yield Metric(f"wrong_{place}", wrong, "columns", f"wrong, {text}", better="lower")


def _story(story: Story) -> Iterator[Metric]:
    steps = story.steps
    decided = int(steps["accepted"].sum() + steps["unmapped"].sum())
    total = decided + int(steps["asked"].sum())
    yield Metric("held", float((steps["first"] == "held").sum()), "batches", "held because of questions")
    share = decided / total if total else 0.0
    yield Metric("automatic_story", share, "", "of all deliveries' columns, decided without asking")


def _tests(seen: Seen) -> Iterator[Metric]:
    assert seen.tests is not None
    covered, lines = covered_lines(seen.tests)
    every = np.array(list(seen.tests.covered.values())).sum(axis=0)
    yield Metric(
        "mapping_coverage", covered / lines, "", "lines of the mapping layer that the kit's tests run"
    )
    yield Metric("kit_coverage", float(every[0] / every[1]), "", "lines of the whole kit that they run")


def safe_share(part: pd.DataFrame, targets: int) -> float:
    """Share of the targets that are matched with a higher score than the first wrong match."""
    wrong = part.loc[~part["right"], "score"]
    return float((part["score"] > wrong.max()).sum() if len(wrong) else len(part)) / targets


def _matchers(table: pd.DataFrame) -> Iterator[Metric]:
    targets = len(table[["kind", "case"]].drop_duplicates()) * int(table["target"].nunique())
    for name, part in table.groupby("matcher"):
        short = str(name).split(",")[0].lower()
        right, safe = float(part["right"].mean()), safe_share(part, targets)
        yield Metric(f"precision_{short}", right, "", f"of all its one-to-one matches, {name}")
        yield Metric(f"safe_share_{short}", safe, "", f"of columns, before its first wrong match, {name}")


def _dlt(table: pd.DataFrame) -> Iterator[Metric]:
    for row in records(table):
        text = f"of {row.rows} that differ after {row.change}"
        yield Metric(f"dlt_wrong_{row.change}", float(row.wrong), "rows", text)


def _locks(seen: Seen) -> Iterator[Metric]:
    assert seen.locks is not None and seen.waits is not None
    drawn = law(seen.locks)
    yield Metric("lock_fixed_ms", 1e3 * drawn.fixed, "ms", "a, of a change of type, whatever its rows")
    yield Metric("lock_us_per_row", 1e6 * drawn.each, "µs", "b, of a change of type, for each row")
    for (change, rows), part in seen.locks.groupby(["change", "rows"]):
        name = f"lock_ms_{str(change).replace(' ', '_')}_{rows}"
        values = [1e3 * value for value in part["seconds"]]
        yield Metric(name, float(np.median(values)), "ms", f"{change}, {rows:,} rows", values, better="lower")
    for way, part in seen.waits.groupby("way"):
        name, values = str(way).replace(" ", "_"), [1e3 * value for value in part["wait"]]
        longest, seconds = float(np.median(values)), float(part["seconds"].median())
        yield Metric(
            f"wait_ms_{name}", longest, "ms", f"a reader's longest wait, {way}", values, better="lower"
        )
        yield Metric(f"change_s_{name}", seconds, "s", f"duration of the change, {way}", better="lower")
