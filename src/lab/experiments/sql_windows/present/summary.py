"""What the landing page says about this experiment, computed from the run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Decision, Metric, Result, Summary
from lab.experiments.sql_windows.criteria import SLOPE_LIMIT
from lab.experiments.sql_windows.measure.engines import ENGINES
from lab.experiments.sql_windows.params import Params


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, headline and the questions that practitioners ask."""
    params = treatment.of(Params)
    timings = treatment.tables["timings"]
    medians = timings.groupby(["engine", "query", "rows"])["seconds"].median()
    typical = medians.groupby(["engine", "rows"]).median()
    differing, total = _rows(treatment)
    top = {engine: float(typical[engine, params.top]) for engine in ENGINES}
    told = ", ".join(f"{value:.2g} s on {engine}" for engine, value in top.items())
    apart = treatment.observed["slopes_agree"].value
    growth = "work grows as the notes say" if apart <= SLOPE_LIMIT else "not all work grows as its note says"
    return Summary(
        answer=(
            f"Ten SQL texts, unchanged on three engines, gave {differing:,} wrong rows of {total:,}. At "
            f"{params.top:,} rows the median query takes {told}, one thread each, and {growth}: the slope that is "
            f"farthest from its O() is {apart:.2f} away."
        ),
        headline=Metric("rows_that_differ", differing, f"of {total:,} rows differ", better="lower"),
        decisions=_decisions(treatment, controls, params, top),
    )


def _rows(treatment: Result) -> tuple[int, int]:
    both = [treatment.tables[name] for name in ("documented", "rows")]
    return sum(int(table["differing"].sum()) for table in both), sum(
        int(table["expected"].sum()) for table in both
    )


def _decisions(
    treatment: Result, controls: Mapping[str, Result], params: Params, top: Mapping[str, float]
) -> list[Decision]:
    spill, slope = (
        treatment.metric("spill_first").value,
        treatment.observed["sliding_max_counterexample"].value,
    )
    fastest = min(top, key=lambda engine: top[engine])
    return [
        Decision(
            "ROWS or RANGE in a moving average over time?",
            f"RANGE: with ROWS {_share(controls, 'ROWS for RANGE')} of the rows were wrong, without any error.",
        ),
        Decision(
            "Does a window need a tie-breaker?",
            f"Yes, if order matters: without it {_share(controls, 'no tie-breaker')} of the rows of a running total "
            "were wrong where purchases share a second.",
        ),
        Decision(
            "From how many rows does a PostgreSQL sort spill at the default work_mem?"
            if params.work_mem_mb == 4
            else f"From how many rows does a PostgreSQL sort spill at {params.work_mem_mb} MiB of work_mem?",
            f"From {spill:,.0f} rows of {treatment.metric('sort_bytes').value:.0f} bytes.",
        ),
        Decision(
            "May I use max() over a wide sliding frame on PostgreSQL?",
            f"Only while the frame is narrow: work grows with its width (slope {slope:.2f}); sum() and avg() don't mind.",
        ),
        Decision(
            f"Which engine answers window queries on {params.top:,} rows soonest?",
            f"{fastest}, {top[fastest]:.2g} s for the median query on one thread.",
        ),
    ]


def _share(controls: Mapping[str, Result], name: str) -> str:
    rows = controls[name].tables["rows"]
    return f"{rows['differing'].sum() / rows['expected'].sum():.0%}"
