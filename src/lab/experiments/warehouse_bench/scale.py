"""How the times grow, and the size from which a cluster pays."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import Law, Metric, Prediction, Result
from lab.experiments.warehouse_bench.lines import Line, crossover_bytes, least_workers
from lab.experiments.warehouse_bench.params import Params

CLUSTERS = ("Trino", "Spark")
FACTORS = (1, 10, 100, 1000)
GB = 1e9


def scale(treatment: Result, controls: Mapping[str, Result]) -> Law:
    """The law with this run's constants; checked at the scale factor compared, on the engine that it fits worst."""
    fitted = fitted_lines(treatment)
    worst = max(fitted.values(), key=lambda line: abs(line.error))
    size = scale_factor_of(treatment)
    return Law(
        statement=(
            "The mean query takes a fixed time, for planning and scheduling, and a time that grows with the stored "
            "bytes x of the tables. On n workers only the second part is shared. A cluster answers sooner than one "
            "machine where the two lines cross; if its part per byte is n times as large, they never do."
        ),
        formula=(
            r"\begin{gathered} T(x, n) = a + \frac{b\,x}{n} \\"
            r" x^{*} = \frac{a_c - a_1}{b_1 - b_c / n}, \qquad n > \frac{b_c}{b_1} \end{gathered}"
        ),
        constants=[metric for line in fitted.values() for metric in _constants(line)],
        check=Prediction(
            f"scale factor {size:g}, which no line was fitted to, on {worst.engine}, whose line fits worst",
            worst.at(worst.held_out_bytes),
            worst.held_out_s,
            "s",
        ),
        projection=_projection(fitted, compared_bytes(treatment)),
        advice=_advice(fitted),
    )


def fitted_lines(treatment: Result) -> dict[str, Line]:
    """The fitted line of each engine."""
    rows = treatment.tables["lines"].drop(columns="error").to_dict("records")
    return {str(row["engine"]): Line(**{str(name): value for name, value in row.items()}) for row in rows}


def scale_factor_of(treatment: Result) -> float:
    """The scale factor at which engines and formats are compared."""
    assert isinstance(treatment.params, Params)
    return treatment.params.scale_factor


def compared_bytes(treatment: Result) -> float:
    """Bytes of the tables at that scale factor."""
    growth = treatment.tables["growth"]
    return float(growth.loc[growth["scale_factor"] == scale_factor_of(treatment), "bytes"].iloc[0])


def _constants(line: Line) -> list[Metric]:
    return [
        Metric(f"{line.engine}.fixed", line.fixed_s, "s", f"a of {line.engine}"),
        Metric(f"{line.engine}.per_gb", line.per_byte_s * GB, "s/GB", f"b of {line.engine}"),
    ]


def _projection(fitted: Mapping[str, Line], here: float) -> pd.DataFrame:
    columns: dict[str, list] = {"factor": list(FACTORS), "stored (GB)": [here * f / GB for f in FACTORS]}
    for name, line in fitted.items():
        columns[f"{name}, this machine (s)"] = [line.at(here * factor) for factor in FACTORS]
    for name in CLUSTERS:
        if name in fitted:
            columns[f"{name}, 16 workers (s)"] = [fitted[name].at(here * factor, 16) for factor in FACTORS]
    return pd.DataFrame(columns)


def _advice(fitted: Mapping[str, Line]) -> list[str]:
    return [
        *crossings(fitted),
        "Beyond the measured sizes this is extrapolation: it assumes that data stay in the page cache, that memory "
        "suffices and that workers share the work evenly. Networks and object stores add to both sides.",
        "Measure your own size before deciding: `-p queries=all -p scale_factor=1` runs the whole of TPC-H at 1 GB; "
        "with `TRINO_URL` and `SPARK_MASTER_URL` the same notebook asks a real cluster that sees the same files.",
    ]


def crossings(fitted: Mapping[str, Line]) -> list[str]:
    """For each engine that runs on clusters, the size from which one answers sooner than DuckDB on one machine."""
    single = fitted.get("DuckDB")
    return [_crossover(fitted[name], single) for name in CLUSTERS if single and name in fitted]


def crossing(cluster: Line, single: Line) -> tuple[int, float] | None:
    """Workers, twice as many as the least that can win, and the bytes from which these answer sooner.

    None if the times do not grow with the bytes.
    """
    if min(single.per_byte_s, cluster.per_byte_s) <= 0:
        return None
    workers = 2 * least_workers(cluster, single)
    return workers, max(crossover_bytes(cluster, single, workers), 0.0)


def _crossover(cluster: Line, single: Line) -> str:
    found = crossing(cluster, single)
    if found is None:
        return f"{cluster.engine}: the times do not grow with the bytes in this run; no crossing can be computed."
    workers, size = found
    return (
        f"{cluster.engine}: per byte it takes {cluster.per_byte_s / single.per_byte_s:.1f} times as long as DuckDB here, "
        f"so that {workers // 2} such machines are the least that can win. {workers} of them answer sooner from "
        f"{size / GB:,.2g} GB stored, where DuckDB takes {single.at(size):,.2g} s, at {workers} times the price per "
        "hour: below that size a cluster costs more and waits longer, above it buys time for money."
    )
