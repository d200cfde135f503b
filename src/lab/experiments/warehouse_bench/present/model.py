"""How the times grow, and the size from which a cluster pays."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Metric, Model, Prediction, Result
from lab.experiments.warehouse_bench.judge.linear_law import Line
from lab.experiments.warehouse_bench.judge.median_interval import label, spread
from lab.experiments.warehouse_bench.params import Params
from lab.experiments.warehouse_bench.present.crossover import GB, Crossing, crossing

CLUSTERS = ("Trino", "Spark")


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """The law with this run's constants; checked at the scale factor compared, on the engine that it fits worst."""
    fitted = fitted_lines(treatment)
    worst = max(fitted.values(), key=lambda line: abs(line.error))
    size, rounds = scale_factor_of(treatment), treatment.tables["lines_by_round"]
    return Model(
        statement=(
            "The mean query takes a fixed time, for planning and scheduling, and a time that grows with the stored "
            "bytes x of the tables. On n workers only the second part is shared. A cluster answers sooner than one "
            "machine where the two lines cross; if its part per byte is n times as large, they never do."
        ),
        formula=(
            r"\begin{gathered} T(x, n) = a + \frac{b\,x}{n} \\"
            r" x^{*} = \frac{a_c - a_1}{b_1 - b_c / n}, \qquad n > \frac{b_c}{b_1} \end{gathered}"
        ),
        constants=[metric for line in fitted.values() for metric in _constants(line, rounds)],
        check=Prediction(
            f"scale factor {size:g}, which no line was fitted to, on {worst.engine}, whose line fits worst",
            worst.at(worst.held_out_bytes),
            worst.held_out_s,
            "s",
        ),
        projection=_projection(fitted, compared_bytes(treatment)),
        advice=_advice(treatment),
    )


def fitted_lines(treatment: Result) -> dict[str, Line]:
    """The fitted line of each engine."""
    rows = treatment.tables["lines"].drop(columns="error").to_dict("records")
    return {str(row["engine"]): Line(**{str(name): value for name, value in row.items()}) for row in rows}


def scale_factor_of(treatment: Result) -> float:
    """The scale factor at which engines and formats are compared."""
    return treatment.of(Params).scale_factor


def compared_bytes(treatment: Result) -> float:
    """Bytes of the tables at that scale factor."""
    growth = treatment.tables["growth"]
    return float(growth.loc[growth["scale_factor"] == scale_factor_of(treatment), "bytes"].iloc[0])


def _constants(line: Line, rounds: pd.DataFrame) -> list[Metric]:
    own = rounds[rounds["engine"] == line.engine]
    fixed, slope = spread(own["fixed_s"].tolist()), spread((own["per_byte_s"] * GB).tolist())
    return [
        Metric(
            f"{line.engine}.fixed",
            line.fixed_s,
            "s",
            f"a of {line.engine}",
            interval=(fixed.low, fixed.high),
            method=fixed.label,
        ),
        Metric(
            f"{line.engine}.per_gb",
            line.per_byte_s * GB,
            "s/GB",
            f"b of {line.engine}",
            interval=(slope.low, slope.high),
            method=slope.label,
        ),
    ]


def _projection(fitted: Mapping[str, Line], here: float) -> pd.DataFrame:
    columns: dict[str, list] = {"factor": list(FACTORS), "stored (GB)": [here * f / GB for f in FACTORS]}
    for name, line in fitted.items():
        columns[f"{name}, this machine (s)"] = [line.at(here * factor) for factor in FACTORS]
    for name in CLUSTERS:
        if name in fitted:
            columns[f"{name}, 16 workers (s)"] = [fitted[name].at(here * factor, 16) for factor in FACTORS]
    return pd.DataFrame(columns)


def _advice(treatment: Result) -> list[str]:
    return [
        *crossings_told(treatment),
        "Beyond the measured sizes this is extrapolation: it assumes that data stay in the page cache, that memory "
        "suffices and that workers share the work evenly. Networks and object stores add to both sides. The ranges are those "
        "of the rounds; how far a straight line is wrong at other sizes is told by the check above and by the full run.",
        "Measure your own size before deciding: `-p queries=all -p scale_factor=1` runs the whole of TPC-H at 1 GB; "
        "with `TRINO_URL` and `SPARK_MASTER_URL` the same notebook asks a real cluster that sees the same files.",
    ]


def crossings(treatment: Result) -> dict[str, Crossing | None]:
    """For each engine that runs on clusters, the size from which one answers sooner than DuckDB on one machine."""
    fitted = fitted_lines(treatment)
    single, rounds = fitted.get("DuckDB"), treatment.tables["lines_by_round"]
    return {name: crossing(fitted[name], single, rounds) for name in CLUSTERS if single and name in fitted}


def crossings_told(treatment: Result) -> list[str]:
    """The same in words."""
    fitted = fitted_lines(treatment)
    return [_told(fitted[name], fitted["DuckDB"], found) for name, found in crossings(treatment).items()]


def _told(cluster: Line, single: Line, found: Crossing | None) -> str:
    if found is None:
        return f"{cluster.engine}: the times do not grow with the bytes in this run; no crossing can be computed."
    head = (
        f"{cluster.engine}: per byte it takes {cluster.per_byte_s / single.per_byte_s:.1f} times as long as DuckDB here, "
        f"so that {found.workers // 2} such machines are the least that can win. "
    )
    if not found.told:
        return head + (
            f"From which size {found.workers} of them answer sooner can't be told from this run: its rounds say {span(found)}."
        )
    return head + (
        f"{found.workers} of them answer sooner from {found.size / GB:,.2g} GB stored, where DuckDB takes "
        f"{single.at(found.size):,.2g} s, at {found.workers} times the price per hour: below that size a cluster costs more and "
        f"waits longer, above it buys time for money. The rounds say {span(found)}; {label(found.rounds)}."
    )


def span(found: Crossing) -> str:
    """From the least to the largest size that a round gives."""
    high = f"{found.high / GB:,.2g} GB" if math.isfinite(found.high) else "never"
    low = f"{found.low / GB:,.2g} GB" if math.isfinite(found.low) else "never"
    return f"{low} to {high}" if low != high else low
