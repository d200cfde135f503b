"""What changes with the rows of the data and the number of contracts: the time that the gate adds."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.fit import rough
from lab.evidence.result import FACTORS, Advice, Model, Prediction, Result
from lab.experiments.contract_gate.judge import metrics
from lab.experiments.contract_gate.measure.times import DBT, GATE
from lab.experiments.contract_gate.present.findings import Findings, findings

LIMIT_S = 60.0  # before every build, at most (our threshold)

CONTRACTS = 20  # one after another, in one process


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Seconds of the gate against orders, checked at a size between."""
    found = findings(treatment, controls)
    predicted, measured = metrics.predicted(found.timed)
    base, middle = found.params.sizes[0], metrics.middle(found.timed)
    return Model(
        statement="A contract costs a fixed time, to read it and to plan its queries, and one for each row that they read.",
        formula=r"t(n) = a + b\,n",
        constants=[
            treatment.metric(name)
            for name in ("gate_fixed_s", "gate_s_per_million", "command_s", "command_refused_s")
        ],
        check=Prediction(f"the gate at {middle:,} orders", predicted, measured, "s", "gate_predicted"),
        projection=pd.DataFrame([_row(found, base * factor, factor) for factor in FACTORS]),
        advice=_advice(found),
        grades={
            "orders": "arithmetic",
            "gate, s": "measured",
            f"{CONTRACTS} such contracts, s": "arithmetic",
        },
        checked_to=found.params.sizes[-1] / base,
        changes_at=f"{_limit(found)} orders: a minute before every build",
    )


def _limit(found: Findings) -> str:
    """Orders at which the gate takes LIMIT_S."""
    return rough(found.law.reaches(LIMIT_S))


def _row(found: Findings, orders: int, factor: int) -> dict[str, object]:
    seconds = found.law.at(orders)
    return {
        "factor": factor,
        "orders": orders,
        "gate, s": round(seconds, 2),
        f"{CONTRACTS} such contracts, s": round(CONTRACTS * seconds, 1),
    }


def _advice(found: Findings) -> list[Advice]:
    small, large = found.params.sizes[0], found.params.sizes[-1]
    sizes = f"line through {small:,} to {large:,} orders, DuckDB, two processors"
    command, refused = (found.treatment.metric(name).value for name in ("command_s", "command_refused_s"))
    share = found.seconds(GATE, large) / found.seconds(DBT, large)
    return [
        Advice(
            f"From {_limit(found)} orders on the gate takes more than a minute (our threshold): judge what is "
            "new (a partition, a staged batch) before it is appended, and the whole table once a night.",
            "extrapolated",
            sizes,
        ),
        Advice(
            f"A call of the command that judges few rows takes {command:.2f} s, one that ends before that {refused:.2f} s, "
            f"and in a process that runs already a contract costs {found.law.fixed:.2f} s: judge many contracts in one process, "
            "not by a call each.",
            "arithmetic",
            "measured for one contract with three tables; many in one process were not run",
        ),
        Advice(
            f"At {large:,} orders the gate takes {share:.1f} times as long as the run of two small marts after it; "
            "before many models it is a smaller part.",
            "arithmetic",
            "two marts were run",
        ),
    ]
