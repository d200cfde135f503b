"""Where this run and the full run that is kept say the same, and where not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.evidence.result import Result
from lab.experiments.warehouse_bench.judge.reproducibility import ORDERED
from lab.experiments.warehouse_bench.present.full_run import Full

SLOWER, FASTER, NEITHER = "slower", "faster", "not told apart"
COLUMNS = ["engine", "format", "here", "here_low", "here_high", "here_says"]
COLUMNS += ["full", "full_low", "full_high", "full_says", "agree"]


def format_effects(treatment: Result, full: Full) -> pd.DataFrame:
    """What a format costs against plain Parquet over the same bytes, by engine, in both runs.

    here, full: ratio of times to Parquet's, with low and high. ..._says: slower, faster, or not told apart. agree:
    both say the same.
    """
    there = _of_full(full.means)
    rows = []
    for engine, name, ratio, low, high, apart in _of_run(treatment.tables["formats"]):
        if (engine, name) not in there:
            continue
        says = _word(ratio) if apart else NEITHER
        other, least, most = there[engine, name]
        full_says = _word(other) if least > 1 or most < 1 else NEITHER
        rows.append(
            (engine, name, ratio, low, high, says, other, least, most, full_says, bool(says == full_says))
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def in_words(effects: pd.DataFrame, size: float, full_size: float) -> str:
    """The formats' cost in words: what holds in both runs, and what does not."""
    if effects.empty:
        return "No other format than Parquet was compared."
    agreed, other = effects[effects["agree"]], effects[~effects["agree"]]
    here, there = f"at scale factor {size:g}", f"over all queries at scale factor {full_size:g}"
    parts = []
    if len(agreed):
        listed = "; ".join(
            f"{_name(row)} {row['here_says']} ({row['here']:.2f} and {row['full']:.2f} times)"
            for row in agreed.to_dict("records")
        )
        parts.append(f"Against plain Parquet over the same bytes, both {here} and {there}: {listed}.")
    if len(other):
        listed = "; ".join(
            f"{_name(row)}: {row['here_says']} here ({row['here']:.2f} times), {row['full_says']} in the full run "
            f"({row['full']:.2f} times)"
            for row in other.to_dict("records")
        )
        parts.append(
            f"The two runs disagree on {listed}. Believe the one whose size and queries are nearer to yours."
        )
    return " ".join(parts)


def _name(row: Mapping[Any, Any]) -> str:
    return f"{str(row['format']).capitalize()} on {row['engine']}"


def engine_order(means: pd.DataFrame) -> list[str]:
    """Engines from fast to slow over the same Parquet files. means: engine, layout, format, seconds."""
    plain = means[(means["layout"] == "same") & (means["format"] == "parquet")]
    return [str(name) for name in plain.sort_values("seconds")["engine"]]


def reversed_pairs(pairs: pd.DataFrame, full: Full) -> list[str]:
    """Engines that this run ranks over the same Parquet files, and the full run the other way round.

    pairs: as `ranking.engine_pairs` gives. What this run does not tell apart can't be contradicted.
    """
    there, found = engine_order(full.means), []
    chosen = pairs[(pairs["layout_one"] == "same") & (pairs["format_one"] == "parquet")]
    for row in chosen[chosen["standing"] == ORDERED].to_dict("records"):
        one, other = str(row["engine_one"]), str(row["engine_other"])
        if {one, other} <= set(there) and (row["ratio"] < 1) != (there.index(one) < there.index(other)):
            found.append(f"{one} and {other}")
    return found


def _of_run(formats: pd.DataFrame) -> list[tuple[str, str, float, float, float, bool]]:
    """Ratios to Parquet, whichever way round the table has them."""
    found = []
    for row in formats[formats["layout_one"] == "same"].to_dict("records"):
        engine, ratio, low, high = row["engine_one"], row["ratio"], row["low"], row["high"]
        if row["format_other"] == "parquet":
            found.append((engine, row["format_one"], ratio, low, high, row["apart"]))
        elif row["format_one"] == "parquet":
            found.append((engine, row["format_other"], 1 / ratio, 1 / high, 1 / low, row["apart"]))
    return found


def _of_full(means: pd.DataFrame) -> dict[tuple[str, str], tuple[float, float, float]]:
    """Ratio and the widest range that the two ranges allow: which rounds belong together is not kept."""
    same = means[means["layout"] == "same"].to_dict("records")
    plain = {row["engine"]: row for row in same if row["format"] == "parquet"}
    return {
        (str(row["engine"]), str(row["format"])): (
            row["seconds"] / plain[row["engine"]]["seconds"],
            row["low"] / plain[row["engine"]]["high"],
            row["high"] / plain[row["engine"]]["low"],
        )
        for row in same
        if row["format"] != "parquet" and row["engine"] in plain
    }


def _word(ratio: float) -> str:
    return SLOWER if ratio > 1 else FASTER
