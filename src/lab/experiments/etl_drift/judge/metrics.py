"""Metrics and tables of a run; none of a measurement that was not made."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from lab.evidence.result import Metric
from lab.experiments.etl_drift.judge import model
from lab.experiments.etl_drift.judge.observations import covered_lines
from lab.experiments.etl_drift.measure.seen import Seen, Story

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
    touched, asked = census[census["touched"]], census[census["outcome"] == "asked"]
    wrong = float((census["outcome"] == "wrong").sum())
    yield Metric("wrong_columns", wrong, "columns", "decided wrongly without asking", better="lower")
    yield _automatic(
        "asked_share", shares(census)["asked"], "share of the columns that a person is asked about"
    )
    yield _automatic(
        "automatic_touched", 1 - shares(touched)["asked"], "of columns that a drift concerns, decided unasked"
    )
    if len(known := asked[asked["confidence"] > 0]):
        right = float(known["right_guess"].mean())
        yield Metric("right_guess", right, "", "of questions with evidence, the guess is right")
    for kind, part in touched.groupby("kind", sort=False):
        yield _automatic(
            f"automatic_{kind}",
            1 - shares(part)["asked"],
            f"of columns that it concerns, decided unasked, {kind}",
        )


def _automatic(name: str, share: float, text: str) -> Metric:
    return Metric(name, share, "", text)


def _clock(seen: Seen) -> Iterator[Metric]:
    for table, parts in (seen.clock or {}).items():
        for name, share in parts.items():
            yield Metric(
                f"clock_{table}_{name}", share, "", f"{table}: rows whose hour and minute are those of {name}"
            )
    if seen.pair is not None:
        for row in seen.pair[seen.pair["outcome"] == "asked"].itertuples():
            yield Metric(
                f"confidence_{row.target}",
                float(str(row.confidence)),
                "",
                f"that {row.target} is {row.target}",
            )


def _tried(tried: pd.DataFrame) -> Iterator[Metric]:
    for (shared, threshold), part in tried.groupby(["shared", "threshold"]):
        found = shares(part)
        place, text = f"{shared}_at_{threshold:g}", f"{shared} shared rows, threshold {threshold:g}"
        yield Metric(
            f"automatic_{place}", 1 - found["asked"], "", f"decided without asking, {text}", better="higher"
        )
        yield Metric(
            f"wrong_{place}",
            float((part["outcome"] == "wrong").sum()),
            "columns",
            f"wrong, {text}",
            better="lower",
        )


def _story(story: Story) -> Iterator[Metric]:
    steps = story.steps
    decided = int(steps["accepted"].sum() + steps["unmapped"].sum())
    total = decided + int(steps["asked"].sum())
    yield Metric("held", float((steps["first"] == "held").sum()), "batches", "held because of questions")
    yield Metric(
        "automatic_story",
        decided / total if total else 0.0,
        "",
        "of all deliveries' columns, decided without asking",
    )


def _tests(seen: Seen) -> Iterator[Metric]:
    assert seen.tests is not None
    covered, lines = covered_lines(seen.tests)
    yield Metric(
        "mapping_coverage", covered / lines, "", "lines of the mapping layer that the kit's tests run"
    )
    every = np.array(list(seen.tests.covered.values())).sum(axis=0)
    yield Metric("kit_coverage", float(every[0] / every[1]), "", "lines of the whole kit that they run")


def of_matcher(part: pd.DataFrame, targets: int, most_wrong: float = 0.0) -> tuple[float, float]:
    """(share of the targets matched rightly, threshold) of the lowest threshold at which the share of wrong ones is allowed."""
    best = (0.0, float("inf"))
    for threshold in sorted(part["score"].unique(), reverse=True):
        over = part[part["score"] >= threshold]
        if (~over["right"]).mean() <= most_wrong:
            best = (float(over["right"].sum()) / targets, float(threshold))
    return best


def _matchers(table: pd.DataFrame) -> Iterator[Metric]:
    targets = len(table[["kind", "case"]].drop_duplicates()) * int(table["target"].nunique())
    for name, part in table.groupby("matcher"):
        short = str(name).split(",")[0].lower()
        yield Metric(
            f"precision_{short}", float(part["right"].mean()), "", f"of all its one-to-one matches, {name}"
        )
        yield Metric(
            f"safe_share_{short}",
            of_matcher(part, targets)[0],
            "",
            f"of columns, at its first threshold without a wrong one, {name}",
        )


def _dlt(table: pd.DataFrame) -> Iterator[Metric]:
    for row in table.itertuples():
        yield Metric(
            f"dlt_wrong_{row.change}",
            float(str(row.wrong)),
            "rows",
            f"of {row.rows} that differ after {row.change}",
        )


def _locks(seen: Seen) -> Iterator[Metric]:
    assert seen.locks is not None and seen.waits is not None
    law = model.fitted(seen.locks)
    yield Metric("lock_fixed_ms", 1e3 * law.fixed, "ms", "a, of a change of type, whatever its rows")
    yield Metric("lock_us_per_row", 1e6 * law.each, "µs", "b, of a change of type, for each row")
    for (change, rows), part in seen.locks.groupby(["change", "rows"]):
        name = f"lock_ms_{str(change).replace(' ', '_')}_{rows}"
        values = [1e3 * value for value in part["seconds"]]
        yield Metric(
            name, float(np.median(values)), "ms", f"{change}, {rows:,} rows", raw=values, better="lower"
        )
    for way, part in seen.waits.groupby("way"):
        name, values = str(way).replace(" ", "_"), [1e3 * value for value in part["wait"]]
        yield Metric(
            f"wait_ms_{name}",
            float(np.median(values)),
            "ms",
            f"a reader's longest wait, {way}",
            raw=values,
            better="lower",
        )
        yield Metric(
            f"change_s_{name}",
            float(part["seconds"].median()),
            "s",
            f"duration of the change, {way}",
            better="lower",
        )
