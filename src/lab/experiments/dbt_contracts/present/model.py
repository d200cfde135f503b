"""What changes with the rows of the source: the time of the data tests."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.fit import rough
from lab.evidence.result import FACTORS, Advice, Model, Prediction, Result
from lab.experiments.dbt_contracts.judge import growth
from lab.experiments.dbt_contracts.present.findings import Findings, findings

CI_S = 600.0  # of data tests in a pull request's build, at most (our threshold)


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Seconds of all data tests against orders, checked at a size between."""
    found = findings(treatment, controls)
    predicted, measured = growth.predicted(found.timed)
    base = found.params.sizes[0]
    return Model(
        statement="Every data test costs a fixed time, for dbt and for a query of its own, and one for each row that it reads.",
        formula=r"t(n) = a + b\,n",
        constants=[treatment.metric(name) for name in ("tests_fixed_s", "tests_s_per_million")],
        check=Prediction(
            f"all data tests at {growth.middle(found.timed):,} orders",
            predicted,
            measured,
            "s",
            "tests_predicted",
        ),
        projection=pd.DataFrame([_row(found, base, factor) for factor in FACTORS]),
        advice=_advice(found),
        grades={
            "orders": "arithmetic",
            "data tests, s": "measured",
            "share that is fixed, %": "extrapolated",  # the line's intercept: no source was empty
        },
        checked_to=found.params.sizes[-1] / base,
        changes_at=f"{rough(_grown(found))} orders: half of the time is reading",
    )


def _grown(found: Findings) -> float:
    """Orders at which reading rows takes as long as the fixed part."""
    return found.law.fixed / found.law.each if found.law.each else float("inf")


def _row(found: Findings, base: int, factor: int) -> dict[str, object]:
    orders = base * factor
    seconds = found.law.at(orders)
    return {
        "factor": factor,
        "orders": orders,
        "data tests, s": round(seconds, 1),
        "share that is fixed, %": round(100 * found.law.fixed / seconds),
    }


def _advice(found: Findings) -> list[Advice]:
    sizes = f"{found.params.sizes[0]:,} to {found.params.sizes[-1]:,} orders"
    limit = found.law.reaches(CI_S)
    return [
        Advice(
            f"Below {rough(_grown(found))} orders most of the tests' time is fixed, for dbt and a query each, whatever the rows: "
            "a smaller sample saves little, so run them all in every pull request.",
            "extrapolated",
            f"fixed part: a line through {sizes}, drawn down to none; one thread",
        ),
        Advice(
            f"From {rough(limit)} orders on the data tests take {CI_S / 60:.0f} minutes (our threshold): test the newest "
            "partitions by `where`, and the whole table once a night.",
            "extrapolated",
            f"line through {sizes}",
        ),
        Advice(
            "Build only what a pull request changed (`state:modified+` with `--defer`), but not in the scheduled run: that "
            "selector compares code, so to a change of the source it selects nothing.",
            "arithmetic",
            "dbt documentation, node selection by state, 1.11; not run here",
        ),
    ]
