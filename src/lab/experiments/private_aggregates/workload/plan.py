"""What is published from the table, and how the budget is divided among it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from lab.experiments.private_aggregates.mechanism.bounding import Unit
from lab.experiments.private_aggregates.mechanism.queries import (
    Bounds,
    Count,
    Grouped,
    Histogram,
    Mean,
    Quantile,
    Query,
    Sum,
)
from lab.experiments.private_aggregates.params import (
    AGES,
    EDUCATION,
    INCOME_GRAIN,
    INCOME_STEP,
    QUANTILE,
    Params,
)


@dataclass(frozen=True)
class Question:
    """One line of the publication. share: of the budget; unit: of the answer."""

    name: str
    query: Query
    bounds: Bounds
    share: str
    unit: str

    def epsilon(self, params: Params) -> float:
        """Its part of the budget, as a decimal number, so that the parts add up to the whole."""
        return float(Decimal(repr(params.epsilon)) * Decimal(self.share))


def questions(params: Params) -> tuple[Question, ...]:
    """The six statistics; their shares add up to one.

    The sum gets the largest share because one person can move it the most, compared with its size.
    """
    income = (0.0, params.income_bound)
    return (
        Question("count", Count("out_of_work"), None, "0.10", "person-years out of work"),
        Question("sum", Sum("visits"), (0.0, float(params.visits_bound)), "0.35", "doctor visits"),
        Question("mean", Mean("income", INCOME_GRAIN), income, "0.15", "thousand marks"),
        Question("histogram", Histogram("age", AGES), None, "0.15", "person-years by age"),
        Question(
            "quantile", Quantile("income", QUANTILE, INCOME_STEP), income, "0.10", "person-years of rank"
        ),
        Question(
            "grouped", Grouped(Count(), "education", EDUCATION), None, "0.15", "person-years by education"
        ),
    )


def unknown_groups() -> Grouped:
    """People by visits to a hospital: few have many, and one person has the most."""
    return Grouped(Count(persons=True), "hospital_visits")


def unit(params: Params) -> Unit:
    return Unit("person", params.rows, params.groups)
