"""How time and memory go on growing, and what to change at which size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import psutil

from lab.evidence.result import FACTORS, Metric, Model, Prediction, Result
from lab.experiments.sql_windows.criteria import SMALL_ROWS
from lab.experiments.sql_windows.measure.engines import ENGINES
from lab.experiments.sql_windows.measure.sort_memory import FIT_ROWS, MIB
from lab.experiments.sql_windows.mechanism.complexity import Bound
from lab.experiments.sql_windows.mechanism.queries import queries
from lab.experiments.sql_windows.params import Params

QUERY = "running_total"
PATIENCE_S = 10.0
CLIFF = 1.5  # times as long, from which a spill is felt


@dataclass(frozen=True)
class Curve:
    """T(n) = fixed_s + per_unit_s * f(n), f from the query's note."""

    fixed_s: float
    per_unit_s: float
    bound: Bound

    def seconds(self, rows: float) -> float:
        return self.fixed_s + self.per_unit_s * self.bound.work(rows)

    def rows_in(self, seconds: float) -> int:
        """The largest table that is done in this time."""
        low, high = 1, 10**15
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.seconds(middle) <= seconds else (low, middle)
        return low


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """The law of this run; its spill point is checked against the one that was searched for."""
    params = treatment.of(Params)
    below = {engine: curve(treatment, engine, params.middle) for engine in ENGINES}
    full = {engine: curve(treatment, engine, params.top) for engine in ENGINES}
    per_row = treatment.metric("sort_bytes").value
    return Model(
        statement=(
            f"A window query costs a fixed time and a sort (here {QUERY}: n log n). PostgreSQL's sort needs "
            "β bytes a row; once they exceed `work_mem` it spills to disk. Times beyond the machine's memory are the "
            "law's, without what merging from a slow disk would add."
        ),
        formula=r"T(n) = T_0 + b\,n\log_2 n, \qquad n_{\text{spill}} = \frac{\text{work\_mem}}{\beta}",
        constants=_constants(full, per_row),
        check=Prediction(
            f"the smallest sort that spills at work_mem = {params.work_mem_mb} MiB "
            f"(β from a sort of {FIT_ROWS:,} rows)",
            treatment.metric("spill_predicted").value,
            treatment.metric("spill_first").value,
            "rows",
        ),
        projection=projection(params, full, per_row),
        advice=[_foresight(treatment, below), *_advice(treatment, full, per_row)],
    )


def curve(treatment: Result, engine: str, rows: int, query: str = QUERY) -> Curve:
    """T of one query through the timings at SMALL_ROWS and at `rows` alone."""
    timings = treatment.tables["timings"]
    own = timings[(timings["engine"] == engine) & (timings["query"] == query)]
    medians = own.groupby("rows")["seconds"].median()
    bound = queries()[query].complexity.on(engine)
    slope = (medians[rows] - medians[SMALL_ROWS]) / (bound.work(rows) - bound.work(SMALL_ROWS))
    return Curve(float(medians[SMALL_ROWS] - slope * bound.work(SMALL_ROWS)), float(slope), bound)


def projection(params: Params, curves: Mapping[str, Curve], per_row: float) -> pd.DataFrame:
    """One row per factor: rows, seconds on each engine, memory of the sort."""
    rows = []
    for factor in FACTORS:
        size = params.top * factor
        times: dict[str, object] = {f"{engine}, s": curves[engine].seconds(size) for engine in ENGINES}
        memory = {
            "sort memory on PostgreSQL, GiB": size * per_row / 2**30,
            "fits this machine": "yes" if size * per_row < psutil.virtual_memory().total else "no",
        }
        rows.append({"factor": factor, "rows": size} | times | memory)
    return pd.DataFrame(rows)


def _constants(curves: Mapping[str, Curve], per_row: float) -> list[Metric]:
    per_unit = [
        Metric(f"{engine}.b", item.per_unit_s * 1e9, "ns", f"b on {engine}")
        for engine, item in curves.items()
    ]
    return [*per_unit, Metric("beta", per_row, "bytes/row", "β")]


def _foresight(treatment: Result, below: Mapping[str, Curve]) -> str:
    params = treatment.of(Params)
    told = []
    for engine, item in below.items():
        measured = treatment.metric(f"{engine}.{QUERY}@{params.top}").value
        told.append(f"{engine} {item.seconds(params.top):.2f} s foreseen, {measured:.2f} s measured")
    return f"From {params.middle:,} rows to {params.top:,} the law foresees: {'; '.join(told)}."


def _advice(treatment: Result, curves: Mapping[str, Curve], per_row: float) -> list[str]:
    return [
        _spill(treatment, per_row),
        _frames(treatment),
        _partitions(treatment, curves),
        _aggregation(treatment),
        _approximation(treatment, per_row),
    ]


def _spill(treatment: Result, per_row: float) -> str:
    params, slow = treatment.of(Params), treatment.metric("spill_slowdown")
    need = params.top * per_row / MIB
    cliff = "no cliff while its file stays in the page cache" if slow.value < CLIFF else "felt"
    return (
        f"**work_mem.** From {treatment.metric('spill_first').value:,.0f} rows on, a sort no longer fits "
        f"{params.work_mem_mb} MiB; {params.top:,} rows need {need:,.0f} MiB. The spill itself is {cliff}: here "
        f"the query then took {slow.value:.2f} times as long ({slow.text.rpartition(', ')[2]}). Raise work_mem "
        "for the session, not for the server: each sort of each connection may take it."
    )


def _frames(treatment: Result) -> str:
    params, data = treatment.of(Params), treatment.tables["sliding"]
    own = data[(data["engine"] == "PostgreSQL") & (data["aggregate"] == "max")]
    medians = own.groupby("width")["seconds"].median()
    narrow, wide = params.widths[0], params.widths[-1]
    per_step = (medians[wide] - medians[narrow]) / (params.sliding_rows * (wide - narrow))
    width = PATIENCE_S / (per_step * params.top)
    return (
        f"**Sliding maximum.** On PostgreSQL each row costs {per_step * 1e9:.0f} ns per row in its frame: at "
        f"{params.top:,} rows frames beyond {_about(width)} rows take more than {PATIENCE_S:.0f} s, and twice the width "
        "twice that. From there compute it on DuckDB, or from maxima of blocks."
    )


def _partitions(treatment: Result, curves: Mapping[str, Curve]) -> str:
    halves, threads = (treatment.metric(f"aid_{name}").value for name in ("halves", "threads"))
    sizes = ", ".join(f"{engine} {_about(item.rows_in(PATIENCE_S))}" for engine, item in curves.items())
    return (
        f"**Partitions by customer.** One thread does {QUERY} within {PATIENCE_S:.0f} s up to: {sizes} rows. Beyond, "
        "work on customers side by side: eight of the ten never compare customers (churn and cohorts only add up "
        f"their counts). Here two connections to PostgreSQL made it {halves:.2f} times as fast, a second thread in "
        f"DuckDB {threads:.2f} times. sliding_max runs over the whole shop and rfm_percentiles ranks all customers: "
        "they can't be split that way."
    )


def _aggregation(treatment: Result) -> str:
    factor, faster = (treatment.metric(f"aid_{name}").value for name in ("daily_rows", "daily"))
    rfm = curve(treatment, "PostgreSQL", treatment.of(Params).top, "rfm_percentiles")
    return (
        f"**Pre-aggregation.** A table of customer-days is {factor:.1f} times smaller here and makes "
        f"rfm_percentiles {faster:.2f} times as fast; cohorts, churn and streaks can read it as well. It becomes "
        f"necessary from about {_about(rfm.rows_in(PATIENCE_S))} rows, where rfm_percentiles on PostgreSQL takes "
        f"{PATIENCE_S:.0f} s from single purchases."
    )


def _about(rows: float) -> str:
    """A number of rows to two digits."""
    return f"{float(f'{rows:.2g}'):,.0f}"


def _approximation(treatment: Result, per_row: float) -> str:
    ratio, error = (treatment.metric(f"aid_{name}").value for name in ("approximate", "rank_error"))
    memory = psutil.virtual_memory().total
    speed = f"{ratio:.1f} times as fast as" if ratio >= 1 else f"{1 / ratio:.1f} times slower than"
    return (
        f"**Approximate percentiles.** DuckDB's approx_quantile was {speed} the exact one here, its rank off by "
        f"{error:.2%}. What it saves is memory and passes: an exact percentile over more than "
        f"{_about(memory / per_row)} rows no longer sorts in this machine's {memory / 2**30:.0f} GiB, while digests of "
        "partitions stay small and can be merged."
    )
