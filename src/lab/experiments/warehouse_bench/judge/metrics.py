"""The figures of the record: of this run, and of the whole benchmark that is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from lab.evidence.result import Metric
from lab.experiments.warehouse_bench.judge import cost, linear_model, ranking
from lab.experiments.warehouse_bench.judge.median_interval import Spread, spread
from lab.experiments.warehouse_bench.judge.observations import CORES

WHOLE = "whole."  # the prefix of what is from all 22 queries at scale factor 1
_TOLD = (".latency", ".added", ".times", ".busy")
_SINGLE = "DuckDB"


def of_run(
    compared: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    rounds: ranking.Rounds,
    growth: Mapping[str, linear_model.Growth],
) -> list[Metric]:
    """compared: timings of the scale factor at which engines and formats are compared."""
    return [
        *(_latency(compared, group, rounds.mean(group)) for group in rounds.groups),
        *_added(tables["added"], rounds.many),
        *_times(rounds),
        *_used(compared, tables["costs"], rounds.many),
        *_slopes(growth),
        *_starts(tables["starts"]),
        _others(compared),
    ]


def as_whole(own: Sequence[Metric]) -> list[Metric]:
    """Of a run that is the whole benchmark: those figures by which other runs tell of it."""
    return [replace(one, name=WHOLE + one.name, raw=()) for one in own if one.name.endswith(_TOLD)]


def duration(seconds: float) -> Metric:
    return Metric("run", seconds, "s", "whole run, services included")


def _spread(name: str, seen: Spread, unit: str, text: str, better: str = "lower") -> Metric:
    return Metric(
        name, seen.median, unit, text, interval=(seen.low, seen.high), method=seen.label, better=better
    )


def _latency(timings: pd.DataFrame, group: ranking.Group, seen: Spread) -> Metric:
    engine, name = group
    chosen = timings[(timings["engine"] == engine) & (timings["format"] == name) & (timings["round"] > 0)]
    text = "geometric mean of the queries' latencies, median of the rounds"
    found = _spread(f"{engine}.{name}.latency", seen, "s", text)
    return replace(found, raw=chosen["seconds"].tolist())


def _added(added: pd.DataFrame, rounds: int) -> list[Metric]:
    text = "added to the geometric mean over plain Parquet"
    return [
        _spread(
            f"{row['engine']}.{row['format']}.added",
            Spread(1e3 * row["seconds"], 1e3 * row["low"], 1e3 * row["high"], rounds, 0),
            "ms",
            text,
        )
        for row in added.to_dict("records")
    ]


def _times(rounds: ranking.Rounds) -> list[Metric]:
    first = ranking.fastest(rounds)
    return [
        _spread(
            f"{engine}.times", seen, "times", f"geometric mean of latencies over Parquet, against {first}"
        )
        for engine, seen in ranking.times_fastest(rounds).items()
    ]


def _used(compared: pd.DataFrame, costs: pd.DataFrame, rounds: int) -> list[Metric]:
    """Processor time, its multiple of the cheapest engine's over Parquet, and bytes of the mean query."""
    found = []
    for (engine, name), own in cost.by_round(compared).groupby(level=cost.GROUP, sort=False):
        path = f"{engine}.{name}"
        found.append(
            _spread(f"{path}.cpu", spread(own["cpu_s"].tolist()), "s", "processor time of the mean query")
        )
        found.append(
            _spread(
                f"{path}.read",
                spread(own["read_bytes"].tolist()),
                "bytes",
                "bytes read by the mean query",
                "",
            )
        )
    for row in costs[costs["format"] == "parquet"].to_dict("records"):
        seen = Spread(row["busy"], row["busy_low"], row["busy_high"], rounds, 0)
        text = "processor time of the mean query over Parquet, against the cheapest engine"
        found.append(_spread(f"{row['engine']}.busy", seen, "times", text))
    return found


def _slopes(growth: Mapping[str, linear_model.Growth]) -> list[Metric]:
    if _SINGLE not in growth:
        return []
    text = f"time that a byte takes, against {_SINGLE}, by the fitted lines"
    return [
        Metric(
            f"{name}.slope",
            ratio,
            "times",
            text,
            interval=interval,
            method=linear_model.METHOD,
            better="lower",
        )
        for name, (ratio, interval) in linear_model.slopes_to(growth, _SINGLE).items()
    ]


def _starts(starts: pd.DataFrame) -> list[Metric]:
    return [
        Metric(f"{row['engine']}.{row['what']}", row["seconds"], "s", f"{row['what']} of {row['engine']}")
        for row in starts.to_dict("records")
    ]


def _others(compared: pd.DataFrame) -> Metric:
    """What compilers and collectors of the engines that are not asked take, and the rest of the machine."""
    sums = compared.loc[compared["round"] > 0, ["seconds", "cpu_s", "machine_s"]].sum()
    share = (sums["machine_s"] - sums["cpu_s"]) / (CORES * sums["seconds"])
    text = "of the cores' time during timed executions, what others than the engine asked took (also the other engines)"
    return Metric("others", float(share), "", text, better="lower")
