"""What changes with the number of tenants: planning, where each has a partition; logins and pools, where each has one."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Grade, Model, Prediction, Result
from lab.experiments.tenant_isolation.criteria import PLANNING_LIMIT
from lab.experiments.tenant_isolation.judge import Quadratic, planned
from lab.experiments.tenant_isolation.params import Params
from lab.experiments.tenant_isolation.present.calculator import MOST_MS, calculator


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Planning time against partitions, checked at a number between."""
    params = treatment.of(Params)
    law, middle, measured = planned(treatment.tables["planning"])
    base, error = params.partitions[0], float(treatment.observed["planning_predicted"].value)
    # Where the law misses what was measured between its ends, it is no summary of what was measured.
    grade: Grade = "measured" if error <= PLANNING_LIMIT else "extrapolated"
    return Model(
        statement="The policy's tenant is known only when a query runs, so the planner looks at every partition.",
        formula=r"t(p) = c + a\,p^{2}",
        constants=[treatment.metric(name) for name in ("planning_fixed_ms", "planning_each_us")],
        check=Prediction(
            f"planning with {middle} partitions", law.at(middle), measured, "ms", "planning_predicted"
        ),
        projection=pd.DataFrame([_row(law, base, factor, grade) for factor in FACTORS]),
        advice=_advice(law, params, middle, error),
        grades={
            "tenants": "arithmetic",
            "planning, a partition each, ms": grade,
            "pools, a login each": "arithmetic",
            "tables to migrate, a schema each": "arithmetic",
        },
        checked_to=params.partitions[-1] / base,
        changes_at=f"{law.reaches(MOST_MS):,.0f} tenants with a partition each",
        calculator=calculator(law, params.partitions, grade),
    )


def _row(law: Quadratic, base: int, factor: int, grade: Grade) -> dict[str, object]:
    tenants = base * factor
    seen = calculator(law, (base,), grade).answers(tenants=tenants)
    return {
        "factor": factor,
        "tenants": tenants,
        "planning, a partition each, ms": round(seen["planning"], 1),
        "pools, a login each": tenants,
        "tables to migrate, a schema each": 2 * tenants,
    }


def _advice(law: Quadratic, params: Params, middle: int, error: float) -> list[Advice]:
    held = "which its check allows" if error <= PLANNING_LIMIT else "so it failed its check"
    reached = (
        f"constant and square through {params.partitions[0]} and {params.partitions[-1]} partitions, {error:.0%} off at "
        f"{middle}, {held}"
    )
    return [
        Advice(
            f"From {law.reaches(MOST_MS):,.0f} tenants on a partition for each costs over {MOST_MS:g} ms of planning (our "
            "threshold): partition by hash into a few dozen, however many there are, or name the tenant in the query too.",
            "extrapolated",
            reached,
        ),
        Advice(
            "One table for all tenants, with the tenant first in every key and index, has nothing that grows with their number "
            "but rows; a tenant that asks for its own dump gets a database, for a region or point-in-time recovery a server.",
            "arithmetic",
            "a schema for each tenant multiplies tables, and each migration; not run here",
        ),
        Advice(
            "A login for each tenant is a pool for each: at 10,000 tenants keep direct SQL for the few who need it, and send the "
            "others through the application's one login.",
            "arithmetic",
            "PgBouncer documentation, pool per user and database; not run at this size",
        ),
    ]
