"""What changes with the number of tables: the audit's time, what is found wrongly, what owners have to review."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Model, Prediction, Result
from lab.experiments.governance.judge.model import prediction
from lab.experiments.governance.params import CHECKED_AT
from lab.experiments.governance.present.findings import Findings, findings

HOUR = 3_600.0
REVIEWS = 4  # a year, of confidential datasets (the playbook's section 6)
MINUTES = 1.0  # that an owner takes for a grant; our assumption
DATASETS_EACH = 20  # of one owner; our assumption


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Time of an audit against the number of tables, checked at twice the largest that it was fitted to."""
    found = findings(treatment, controls)
    predicted, measured = prediction(treatment.tables["times"])
    largest = CHECKED_AT * found.params.sizes[-1]
    return Model(
        statement="An audit takes a fixed time and one for each table, from which it draws a sample that does not grow with it.",
        formula=r"t(n) = a + b\,n,\qquad r(n) = 4\,g\,n\,m / o",
        constants=[treatment.metric(name) for name in ("fixed_s", "table_ms")],
        check=Prediction(f"an audit of {largest} tables", predicted, measured, "s", "model_predicts"),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        advice=_advice(found),
        grades={
            "tables": "arithmetic",
            "audit, s": "measured",
            "grants to review a year": "arithmetic",
            "owners": "arithmetic",
            "hours of each a year": "arithmetic",
        },
        # The projection begins at the size that the line was checked at.
        checked_to=1,
        changes_at=f"about {_about(found.time.reaches(HOUR))} tables: an audit takes an hour",
    )


def _grants(found: Findings) -> float:
    """Approved grants of a dataset, in this company: two, and a third one on every third."""
    return 2 + 1 / 3


def _row(found: Findings, factor: int) -> dict[str, object]:
    tables = CHECKED_AT * found.params.sizes[-1] * factor
    grants, owners = REVIEWS * _grants(found) * tables, max(1, round(tables / DATASETS_EACH))
    return {
        "factor": factor,
        "tables": tables,
        "audit, s": round(found.time.at(tables), 1),
        "grants to review a year": round(grants),
        "owners": owners,
        "hours of each a year": round(grants * MINUTES / 60 / owners, 1),
    }


def _advice(found: Findings) -> list[Advice]:
    largest = CHECKED_AT * found.params.sizes[-1]
    hour = found.time.reaches(HOUR)
    return [
        Advice(
            f"From about {_about(hour)} tables on an audit takes an hour on one connection: sample "
            "only tables that changed since "
            "the last audit, and keep the checks of rights on all, which read a few catalogue tables.",
            "extrapolated",
            f"line checked at {largest} tables, drawn to {hour / largest:.0f} times that",
        ),
        Advice(
            "What people do grows with grants, not with tables: grant to group roles and review "
            "members apart, so that a dataset has "
            "a handful of grants whoever comes and goes.",
            "arithmetic",
            f"{MINUTES:g} minute a grant, {REVIEWS} reviews a year, {DATASETS_EACH} datasets an owner, our assumptions",
        ),
    ]


def _about(value: float) -> str:
    """A number to two digits."""
    return f"{float(f'{value:.2g}'):,.0f}"
