"""What changes with the number of tables: the audit's time, what is found wrongly, what owners have to review."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.fit import rough
from lab.evidence.result import FACTORS, Advice, Metric, Model, Prediction, Result
from lab.experiments.governance.judge.model import prediction
from lab.experiments.governance.params import CHECKED_AT
from lab.experiments.governance.present.findings import Findings, findings
from lab.experiments.governance.workload.company import described

HOUR = 3_600.0
REVIEWS = {
    "restricted": 4,
    "confidential": 4,
    "internal": 1,
    "public": 1,
}  # a year (the playbook's section 6)
MINUTES = 1.0  # that an owner takes for a grant; our assumption
DATASETS_EACH = 20  # of one owner; our assumption


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Time of an audit against the number of tables, checked at twice the largest that it was fitted to."""
    found = findings(treatment, controls)
    predicted, measured = prediction(treatment.tables["times"])
    largest = CHECKED_AT * found.params.sizes[-1]
    return Model(
        statement="An audit takes a fixed time and one for each table, from which it draws a sample that does not grow with it; "
        "reviews take each of o owners r(n) minutes a year.",
        formula=r"t(n) = a + b\,n,\qquad r(n) = (4\,g_{90} + g_{365})\,n\,m / o",
        constants=[*(treatment.metric(name) for name in ("fixed_s", "table_ms")), *reviews(largest)],
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
        changes_at=f"about {rough(found.time.reaches(HOUR))} tables: an audit takes an hour",
    )


def granted(tables: int, times: int) -> float:
    """Grants of a dataset that are reviewed so often a year, the mean in a company of so many datasets."""
    datasets = described(tables).values()
    return sum(len(one["access"]) for one in datasets if REVIEWS[one["class"]] == times) / len(datasets)


def reviewed(tables: int) -> float:
    """Grants of a dataset times the reviews of its class a year, in a company of so many datasets."""
    return sum(times * granted(tables, times) for times in sorted(set(REVIEWS.values())))


def reviews(tables: int) -> list[Metric]:
    """What the formula of the reviews is made of."""
    often, rarely = (granted(tables, REVIEWS[name]) for name in ("confidential", "internal"))
    return [
        Metric(
            "g90", often, "grants/table", "g₉₀, reviewed every 90 days, by the playbook", grade="arithmetic"
        ),
        Metric("g365", rarely, "grants/table", "g₃₆₅, reviewed once a year", grade="arithmetic"),
        Metric("m", MINUTES, "min", "m, of an owner for a grant, our assumption", grade="arithmetic"),
        Metric("n_o", DATASETS_EACH, "tables", "n/o, of each owner, our assumption", grade="arithmetic"),
    ]


def _row(found: Findings, factor: int) -> dict[str, object]:
    largest = CHECKED_AT * found.params.sizes[-1]
    tables = largest * factor
    grants, owners = reviewed(largest) * tables, max(1, round(tables / DATASETS_EACH))
    return {
        "factor": factor,
        "tables": tables,
        "audit, s": round(found.audits.get(tables, found.time.at(tables)), 2),
        "grants to review a year": round(grants),
        "owners": owners,
        "hours of each a year": round(grants * MINUTES / 60 / owners, 1),
    }


def _advice(found: Findings) -> list[Advice]:
    largest = CHECKED_AT * found.params.sizes[-1]
    hour = found.time.reaches(HOUR)
    return [
        Advice(
            f"From about {rough(hour)} tables on an audit takes an hour on one connection: sample "
            "only tables that changed since "
            "the last audit, and keep the checks of rights on all, which read a few catalogue tables.",
            "extrapolated",
            f"line through {found.params.sizes[0]} to {largest} tables, drawn to {rough(hour / largest)} times that",
        ),
        Advice(
            "What people do grows with grants, not with tables: grant to group roles and review "
            "members apart, so that a dataset has "
            "a handful of grants whoever comes and goes.",
            "arithmetic",
            f"{MINUTES:g} minute a grant, {DATASETS_EACH} datasets an owner, our assumptions; by the playbook "
            f"{REVIEWS['confidential']} reviews a year of confidential datasets, {REVIEWS['internal']} of internal ones; "
            "about half each here",
        ),
    ]
