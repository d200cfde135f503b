"""How time and memory go on growing, and what to change at which size."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Grade, Metric, Model, Prediction, Result
from lab.experiments.sql_windows.judge.growth_curve import PROJECTED, Curve, curve, top_seconds
from lab.experiments.sql_windows.measure.engines import ENGINES
from lab.experiments.sql_windows.mechanism.queries import queries
from lab.experiments.sql_windows.params import Params

PATIENCE_S = 10.0  # our threshold: a query that takes longer is no longer waited for
CLIFF = 1.5  # times as long, from which a spill is felt


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Time of the running total, checked at the largest size of the run; memory of its sort."""
    params, timings = treatment.of(Params), treatment.tables["timings"]
    below = {engine: curve(timings, engine, params.middle) for engine in ENGINES}
    full = {engine: curve(timings, engine, params.top) for engine in ENGINES}
    per_row = treatment.metric("sort_bytes").value
    table = projection(params, below, full, per_row)
    return Model(
        statement=(
            f"A window query costs a fixed time and a sort: {PROJECTED} takes T₀ + b n log n, while its sort stays in memory."
        ),
        formula=r"T(n) = T_0 + b\,n\log_2 n, \qquad n_{\text{spill}} = \frac{\text{work\_mem}}{\beta}",
        constants=_constants(full, per_row),
        check=_check(params, timings, below),
        projection=table,
        grades={str(name): _grade(str(name)) for name in table.columns[1:]},
        checked_to=1,
        changes_at=f"{_about(full['PostgreSQL'].rows_in(PATIENCE_S))} rows: {PATIENCE_S:.0f} s on PostgreSQL",
        advice=_advice(treatment, full, per_row),
    )


def projection(
    params: Params, below: Mapping[str, Curve], full: Mapping[str, Curve], per_row: float
) -> pd.DataFrame:
    """One row per factor: rows, seconds on each engine by both fits, memory of PostgreSQL's sort."""
    rows = []
    for factor in FACTORS:
        size = params.top * factor
        times = {
            f"{name}, s": _range(full[name].seconds(size), below[name].seconds(size)) for name in ENGINES
        }
        memory = {"work_mem that PostgreSQL's sort needs, GiB": size * per_row / 2**30}
        rows.append({"factor": factor, "rows": size} | times | memory)
    return pd.DataFrame(rows)


def _range(measured: float, predicted: float) -> str:
    """Seconds by the fit that ends at the top size, and by the one that ends before it."""
    low, high = sorted((measured, predicted))
    return f"{_three_digits(measured)} ({_three_digits(low)} to {_three_digits(high)})"


def _three_digits(seconds: float) -> str:
    return f"{float(f'{seconds:.3g}'):,.15g}"


def _grade(column: str) -> Grade:
    if column == "rows":
        return "arithmetic"
    # Memory is fitted and found right at sizes that spill early, far below the top.
    return "extrapolated" if column.startswith("work_mem") else "measured"


def _check(params: Params, timings: pd.DataFrame, below: Mapping[str, Curve]) -> Prediction:
    measured = top_seconds(timings, params.top)
    worst = max(ENGINES, key=lambda engine: abs(below[engine].seconds(params.top) / measured[engine] - 1))
    return Prediction(
        f"{params.top:,} rows on {worst}, the worst of the three, from {params.middle:,} rows and fewer",
        below[worst].seconds(params.top),
        measured[worst],
        "s",
        criterion="time_predicted",
    )


def _constants(curves: Mapping[str, Curve], per_row: float) -> list[Metric]:
    per_unit = [
        Metric(f"{engine}.b", item.per_unit_s * 1e9, "ns", f"b on {engine}")
        for engine, item in curves.items()
    ]
    return [*per_unit, Metric("beta", per_row, "bytes/row", "β, memory of PostgreSQL's sort")]


def _advice(treatment: Result, curves: Mapping[str, Curve], per_row: float) -> list[Advice]:
    return [
        _spill(treatment, per_row),
        _frames(treatment),
        _partitions(treatment, curves),
        _aggregation(treatment),
        _approximation(treatment),
    ]


def _spill(treatment: Result, per_row: float) -> Advice:
    params, slow = treatment.of(Params), treatment.metric("spill_slowdown")
    first, predicted = (treatment.metric(f"spill_{name}").value for name in ("first", "predicted"))
    felt = "no cliff while its file stays in the page cache" if slow.value < CLIFF else "felt"
    return Advice(
        f"**work_mem.** From {first:,.0f} rows on (predicted: {predicted:,.0f}) a sort no longer fits "
        f"{params.work_mem_mb} MiB, at {per_row:.0f} bytes a row. The spill is {felt}: {slow.value:.2f} times the time. Raise "
        "it for the session, not for the server: each sort of each connection may take it.",
        "measured",
    )


def _frames(treatment: Result) -> Advice:
    params, data = treatment.of(Params), treatment.tables["sliding"]
    own = data[(data["engine"] == "PostgreSQL") & (data["aggregate"] == "max")]
    medians = own.groupby("width")["seconds"].median()
    narrow, wide = params.widths[0], params.widths[-1]
    per_step = (medians[wide] - medians[narrow]) / (params.sliding_rows * (wide - narrow))
    usual = queries()["sliding_max"].params["preceding_rows"]
    spare = PATIENCE_S - treatment.metric(f"PostgreSQL.sliding_max@{params.top}").value
    width = max(0.0, usual + spare / (per_step * params.top))
    return Advice(
        f"**Sliding maximum.** On PostgreSQL each row costs {per_step * 1e9:.0f} ns per row in its frame: at "
        f"{params.top:,} rows, frames beyond about {_about(width)} rows take more than {PATIENCE_S:.0f} s (our "
        "threshold). From there compute it on DuckDB, or from maxima of blocks (not tried).",
        "extrapolated",
        f"frames of {narrow} to {wide:,} were measured at {params.sliding_rows:,} rows, at {params.top:,} one of {usual}",
    )


def _partitions(treatment: Result, curves: Mapping[str, Curve]) -> Advice:
    halves, threads = (treatment.metric(f"aid_{name}").value for name in ("halves", "threads"))
    sizes = ", ".join(f"{engine} {_about(item.rows_in(PATIENCE_S))}" for engine, item in curves.items())
    return Advice(
        f"**Partitions by customer.** Two connections to PostgreSQL, each with half of the customers, made {PROJECTED} "
        f"{halves:.2f} times as fast, a second thread in DuckDB {threads:.2f} times. One thread takes {PATIENCE_S:.0f} s "
        f"from about: {sizes} rows. sliding_max and rfm_percentiles compare customers and can't be split so.",
        "extrapolated",
        f"the speed-ups are measured at {treatment.of(Params).top:,} rows; the sizes are the model's",
    )


def _aggregation(treatment: Result) -> Advice:
    factor, faster = (treatment.metric(f"aid_{name}").value for name in ("daily_rows", "daily"))
    return Advice(
        f"**Pre-aggregation.** A table of customer-days is {factor:.1f} times smaller here and makes rfm_percentiles "
        f"{faster:.2f} times as fast at {treatment.of(Params).middle:,} rows; cohorts, churn and streaks can read it as well.",
        "measured",
    )


def _approximation(treatment: Result) -> Advice:
    ratio, error = (treatment.metric(f"aid_{name}").value for name in ("approximate", "rank_error"))
    speed = f"{ratio:.1f} times as fast as" if ratio >= 1 else f"{1 / ratio:.1f} times slower than"
    return Advice(
        f"**Approximate percentiles.** DuckDB's approx_quantile was {speed} the exact one, its rank off by "
        f"{error:.2%}: at this size it saves no time worth the error.",
        "measured",
    )


def _about(rows: float) -> str:
    """A number of rows to two digits."""
    return f"{float(f'{rows:.2g}'):,.0f}"
