"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.sql_windows.measure.engines import ENGINES
from lab.experiments.sql_windows.params import Params
from lab.experiments.sql_windows.workload.purchases import TIE_SHARE


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, headline and the questions that practitioners ask."""
    params = treatment.of(Params)
    differing, total = _rows(treatment)
    return Summary(
        answer=_answer(treatment, params, differing, total),
        headline=Metric("rows_that_differ", differing, f"of {total:,} rows differ", better="lower"),
        decisions=_decisions(treatment, controls, params),
        conditions=(
            f"{params.rows_per_customer} rows of each customer at every size; one thread, no index",
            f"{TIE_SHARE:.0%} of a customer's gaps are zero: ties decide how many rows a slip changes",
            "tables and results in memory; PostgreSQL's sort does not spill",
        ),
        figure="time_by_rows",
        alternatives=_alternatives(),
    )


def _answer(treatment: Result, params: Params, differing: int, total: int) -> str:
    timings = treatment.tables["timings"]
    top = timings[timings["rows"] == params.top].groupby(["engine", "query"])["seconds"].median()
    told = ", ".join(f"{top[engine].median():.2g} s on {engine}" for engine in ENGINES)
    largest, floats = (_times_a_sum(treatment, name) for name in ("max", "sum of floats"))
    return (
        f"Ten SQL texts, unchanged on three engines, gave {differing:,} wrong rows of {total:,}. At {params.top:,} rows the "
        f"median query takes {told}. On PostgreSQL a sliding max() and a sum() of floats read their whole frame for each "
        f"row: over {params.widths[-1] + 1:,} rows they take {largest:.0f} and {floats:.0f} times as long as a sum() of "
        "integers."
    )


def _times_a_sum(treatment: Result, aggregate: str) -> float:
    """How many times as long as a sum of integers the aggregate takes on PostgreSQL over the widest frame."""
    data = treatment.tables["sliding"]
    widest = data[(data["engine"] == "PostgreSQL") & (data["width"] == data["width"].max())]
    medians = widest.groupby("aggregate")["seconds"].median()
    return float(medians[aggregate] / medians["sum of integers"])


def _rows(treatment: Result) -> tuple[int, int]:
    both = [treatment.tables[name] for name in ("documented", "rows")]
    return sum(int(table["differing"].sum()) for table in both), sum(
        int(table["expected"].sum()) for table in both
    )


def _decisions(treatment: Result, controls: Mapping[str, Result], params: Params) -> list[Decision]:
    spill = treatment.metric("spill_first").value
    slope, floats = (
        treatment.observed[f"{name}_counterexample"].value for name in ("sliding_max", "float_sum")
    )
    return [
        Decision(
            "ROWS or RANGE in a moving average over time?",
            "RANGE. With ROWS in its place the same number counts rows, and the frame took in all that the customer had "
            f"bought before: other averages in {_share(controls, 'ROWS for RANGE')} of these rows, without an error.",
            "measured",
            ["rows_match"],
            figure="controls",
        ),
        Decision(
            "Does a window need a tie-breaker?",
            f"Yes, if order matters: without one {_share(controls, 'no tie-breaker')} of a running total's rows were wrong. "
            f"About {1 - (1 - TIE_SHARE) ** 2:.0%} tie with another, by these purchases' generator, and an engine may take "
            "either first.",
            "measured",
            ["rows_match"],
            figure="controls",
        ),
        Decision(
            f"From how many rows does a PostgreSQL sort spill at {params.work_mem_mb} MiB of work_mem?",
            f"From {spill:,.0f} rows of four integers, which is what running_total sorts: with pointer and padding one takes "
            f"{treatment.metric('sort_bytes').value:.0f} bytes of memory. Wider rows spill sooner.",
            "measured",
            ["spill_first", "sort_bytes"],
            figure="sort_memory",
        ),
        Decision(
            "Which sliding aggregates get slow with a wide frame on PostgreSQL?",
            f"max() and sum() of double precision: their work grows with the width (slopes {slope:.2f} and {floats:.2f} with "
            "the fixed cost), while sum() of integers stays flat. pg_aggregate.aggmtransfn names what has a moving mode: "
            "min(), and avg() and sum() of any float, have none.",
            "measured",
            ["sliding_max_counterexample", "float_sum_counterexample", "others_stay_flat"],
            figure="sliding",
        ),
    ]


def _share(controls: Mapping[str, Result], name: str) -> str:
    rows = controls[name].tables["rows"]
    return f"{rows['differing'].sum() / rows['expected'].sum():.0%}"


def _alternatives() -> list[Alternative]:
    manual = "PostgreSQL 15 documentation"
    told = [
        (
            "RANGE by default",
            "ORDER BY without a frame means RANGE up to the current row and its peers",
            "SQL:2003",
        ),
        (
            "work_mem = 4 MB",
            "what a sort may use before it spills, unless set",
            f"{manual}, Resource Consumption",
        ),
        (
            "moving aggregates",
            "an inverse transition lets sum and avg of exact numbers drop what leaves the frame",
            f"{manual}, User-defined Aggregates",
        ),
        (
            "numeric instead of float8",
            "exact sums, so that the moving mode is used; slower for each row; not tried here",
            f"{manual}, User-defined Aggregates",
        ),
        (
            "segment trees",
            "partial results in a tree: any frame costs log w a row",
            "Leis et al., PVLDB 8 (2015)",
        ),
        (
            "an index on (customer, time)",
            "spares the sort at the price of upkeep and random reads; not tried here",
            f"{manual}, Indexes and ORDER BY",
        ),
    ]
    return [Alternative(*each) for each in told]
