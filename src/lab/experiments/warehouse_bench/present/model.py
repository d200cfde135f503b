"""How the times grow with the size of the tables, and what a cluster would have to make up for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from lab.evidence.fit import percentile_interval
from lab.evidence.result import FACTORS, Advice, Metric, Model, Prediction, Result
from lab.experiments.warehouse_bench.judge.linear_model import METHOD, Growth
from lab.experiments.warehouse_bench.present.findings import GB, Findings

WHOLE_FACTOR = 1  # the scale factor of the whole benchmark
_STORED = "stored (GB)"


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """A line for each engine, with this run's constants; checked at the largest size, on the engine that it fits worst."""
    found = Findings(treatment)
    growth, params = found.growth, found.params
    worst = max((own.line for own in growth.values()), key=lambda line: abs(line.error))
    table = _projection(found, growth)
    fitted = " and ".join(f"{size:g}" for size in params.sizes[:-1])
    return Model(
        statement=(
            f"On one machine {found.modelled} takes a fixed time, to plan and schedule, and a time that grows with the stored "
            "bytes x of the tables asked."
        ),
        formula=r"T(x) = a + b\,x",
        constants=[metric for name, own in growth.items() for metric in _constants(name, own)],
        check=Prediction(
            f"scale factor {params.sizes[-1]:g} on {worst.engine}, whose line fits worst; fitted at {fitted}",
            worst.at(worst.held_out_bytes),
            worst.held_out_s,
            "s",
            criterion="model_predicts",
        ),
        projection=table,
        grades={str(name): "arithmetic" if name == _STORED else "measured" for name in table.columns[1:]},
        checked_to=params.sizes[-1] / params.scale_factor,
        changes_at=_changes(found),
        advice=[*_beyond(found, growth), *_fixed(found, growth), _same_price()],
    )


def _constants(name: str, own: Growth) -> Iterator[Metric]:
    fixed = [line.fixed_s for line in own.draws]
    slopes = [line.per_byte_s * GB for line in own.draws]
    yield _constant(f"{name}.fixed", own.line.fixed_s, "s", f"a of {name}", fixed)
    yield _constant(f"{name}.per_gb", own.line.per_byte_s * GB, "s/GB", f"b of {name}", slopes)


def _constant(name: str, value: float, unit: str, text: str, draws: Sequence[float]) -> Metric:
    low, high = percentile_interval(draws)
    return Metric(name, value, unit, f"{text} ({low:.3g} to {high:.3g})", interval=(low, high), method=METHOD)


def _projection(found: Findings, growth: Mapping[str, Growth]) -> pd.DataFrame:
    """Seconds by the line, with its interval; beside the row at scale factor 1 what the whole benchmark took there."""
    here = found.stored(found.params.scale_factor)
    columns: dict[str, list] = {"factor": list(FACTORS), _STORED: [here * each for each in FACTORS]}
    for name, own in growth.items():
        cells = [_seconds(own, here * each * GB) for each in FACTORS]
        took = f"; whole benchmark: {found.whole_seconds(name):.3g}"
        columns[f"{name}, {found.modelled} (s)"] = [
            cell + took * _is_whole(found, each) for cell, each in zip(cells, FACTORS, strict=True)
        ]
    return pd.DataFrame(columns)


def _is_whole(found: Findings, factor: int) -> bool:
    """Whether a row is of the whole benchmark's size."""
    return round(factor * found.params.scale_factor, 6) == WHOLE_FACTOR


def _seconds(own: Growth, size: float) -> str:
    low, high = own.at(size)
    return f"{own.line.at(size):.3g} ({low:.3g} to {high:.3g})"


def _changes(found: Findings) -> str:
    """Who is first at each of the sizes measured."""
    growth = found.treatment.tables["growth"]
    first = growth.loc[growth.groupby("bytes")["seconds"].idxmin()].sort_values("bytes")
    largest = first["bytes"].iloc[-1] / GB
    if first["engine"].nunique() == 1:
        return f"no size up to {largest:.2g} GB stored: {first['engine'].iloc[0]} stays first"
    changed = first[first["engine"] != first["engine"].shift()].iloc[-1]
    return f"{changed['bytes'] / GB:.2g} GB stored, from where {changed['engine']} is first"


def _beyond(found: Findings, growth: Mapping[str, Growth]) -> Iterator[Advice]:
    """How the lines did at the whole benchmark's size, which is beyond those that they were checked at."""
    if found.params.whole:
        return  # the check tells it
    each = WHOLE_FACTOR / found.params.scale_factor
    size = found.stored(found.params.scale_factor) * each * GB
    took = {name: found.whole_seconds(name) for name in growth}
    inside = [name for name, own in growth.items() if own.at(size)[0] <= took[name] <= own.at(size)[1]]
    told = ", ".join(
        f"{name} {took[name]:.3g} s (line {own.line.at(size):.3g})" for name, own in growth.items()
    )
    others = float(found.treatment.tables["kept"]["others"].iloc[0])
    yield Advice(
        f"**Beyond the sizes measured.** Do not take a line's interval for that of a larger size: {found.modelled} at scale "
        f"factor {WHOLE_FACTOR}, row x{each:g}, took in the whole benchmark {told}; {len(inside)} of {len(growth)} lie within. "
        f"That was another run, all 22 queries in turn, and others took {others:.0%} of the cores.",
        "measured",
    )


def _fixed(found: Findings, growth: Mapping[str, Growth]) -> Iterator[Advice]:
    """Sizes below which more than half of the time is fixed, of the engines whose size is within what was measured."""
    low, high = (found.stored(size) for size in (found.params.sizes[0], found.params.sizes[-1]))
    sizes = {
        name: own.line.fixed_s / own.line.per_byte_s / GB
        for name, own in growth.items()
        if own.line.per_byte_s > 0
    }
    told = ", ".join(f"{name} {size:.2g} GB" for name, size in sizes.items() if low <= size <= high)
    if told:
        yield Advice(
            f"**Small tables.** More than half of the time of {found.modelled} is fixed below: {told} stored. There fewer bytes "
            "(sorting, partitions, compression) can at most halve it.",
            "measured",
        )


def _same_price() -> Advice:
    return Advice(
        "**A cluster.** When memory, hours or users outgrow one machine, hold a cluster against one machine of as many cores "
        "and the same price, not against one of its own nodes.",
        "arithmetic",
        "McSherry, Isard and Murray, Scalability! But at what COST?, HotOS 2015",
    )
