"""The figures of the record: of this run, and of the whole benchmark that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from lab.evidence.result import Metric
from lab.experiments.warehouse_bench.judge import cost, linear_model, ranking
from lab.experiments.warehouse_bench.judge.median_interval import Spread, spread
from lab.experiments.warehouse_bench.judge.observations import CORES
from lab.experiments.warehouse_bench.measure.kept_run import Kept
from lab.experiments.warehouse_bench.mechanism.dataset import PARQUET

WHOLE = "whole."  # the prefix of what is from all 22 queries at scale factor 1
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


def whole(kept: Kept) -> list[Metric]:
    """The whole benchmark's figures. Which rounds belong together is not kept, so the intervals are the widest possible."""
    means = {(row["engine"], row["format"]): row for row in kept.means.to_dict("records")}
    plain = {engine: row for (engine, name), row in means.items() if name == PARQUET}
    first = min(plain, key=lambda engine: plain[engine]["seconds"])
    cpu = kept.queries.groupby("engine")["cpu_s"].sum()
    ends = ("seconds", "seconds"), ("low", "high"), ("high", "low")
    found = []
    for (engine, name), row in means.items():
        path, base = f"{WHOLE}{engine}.{name}", plain[engine]
        text = "geometric mean of latencies"
        found.append(_kept(kept, f"{path}.latency", "s", text, row["seconds"], row["low"], row["high"]))
        if name != PARQUET:
            longer = [1e3 * (row[own] - base[other]) for own, other in ends]
            text = "added to the geometric mean over plain Parquet"
            found.append(_kept(kept, f"{path}.added", "ms", text, *longer))
    for engine, row in plain.items():
        ratios = [row[own] / plain[first][other] for own, other in ends] if engine != first else [1.0] * 3
        text = f"geometric mean of latencies over Parquet, against {first}"
        found.append(_kept(kept, f"{WHOLE}{engine}.times", "times", text, *ratios))
        text = f"processor time of the queries over Parquet, against {first}"
        found.append(_kept(kept, f"{WHOLE}{engine}.busy", "times", text, float(cpu[engine] / cpu[first])))
    return found


def _kept(kept: Kept, name: str, unit: str, text: str, value: float, *interval: float) -> Metric:
    told = f"{text}; 22 queries at scale factor 1, run of {kept.about['finished']}"
    if not interval:
        return Metric(name, value, unit, told)
    low, high = interval
    method = f"the widest that the ranges of {kept.about['rounds']} rounds allow"
    return Metric(name, value, unit, told, interval=(low, high), method=method)


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
