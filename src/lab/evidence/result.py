"""What a run hands back, and what is told about it: metrics, tables, the model for larger sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from lab.evidence.calculator import Calculator
from lab.evidence.criteria import Observation
from lab.evidence.params import P, Parameters

FACTORS = (1, 10, 100, 1000)  # of this run's size: the rows of every projection


# How strong a statement is. measured: the run varied that very quantity. simulated: a stated model stood in for it.
# extrapolated: drawn beyond the measured range. arithmetic: from definitions or published numbers.
Grade = Literal["measured", "simulated", "extrapolated", "arithmetic"]


@dataclass(frozen=True)
class Metric:
    """One figure.

    value: in `unit`; raw: every single value behind it, in the same unit, where there are several.
    interval: (low, high) and what kind it is (`method`, e.g. "wilson 95 %").
    better: which direction is an improvement, for the drift report ("lower", "higher" or "").
    histogram: the whole distribution in HdrHistogram's text form, where there is one (unit: µs).
    """

    name: str
    value: float
    unit: str
    text: str = ""
    raw: Sequence[float] = ()
    interval: tuple[float, float] | None = None
    method: str = ""
    better: str = ""
    histogram: str = ""
    grade: Grade = "measured"


@dataclass(frozen=True)
class Result:
    """One variant of an experiment as it was run."""

    params: Parameters
    observed: Mapping[str, Observation]
    metrics: Sequence[Metric] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    files: Mapping[str, str | bytes] = field(
        default_factory=dict
    )  # what the run made to be taken home (.html, .xlsx), by name; the book offers them

    def of(self, model: type[P]) -> P:
        """The parameters as those of one experiment; TypeError if the result is another's."""
        if not isinstance(self.params, model):
            raise TypeError(
                f"this result has parameters of {type(self.params).__module__}, not {model.__module__}"
            )
        return self.params

    def metric(self, name: str) -> Metric:
        """The metric called `name`; KeyError if the run has none."""
        for metric in self.metrics:
            if metric.name == name:
                return metric
        raise KeyError(name)


@dataclass(frozen=True)
class Prediction:
    """The model held against one point of this run that lies outside of what it was fitted to.

    criterion: the name of the criterion that holds the prediction to a limit.
    """

    where: str
    predicted: float
    measured: float
    unit: str
    criterion: str = ""

    @property
    def error(self) -> float:
        """(predicted - measured) / measured."""
        return (self.predicted - self.measured) / self.measured if self.measured else float("inf")


@dataclass(frozen=True)
class Advice:
    """A sentence on what to change in a design, and from which size on.

    basis: how far beyond the measurement and with which interval (extrapolated), what stood in for the real thing
    (simulated), the source (arithmetic).
    """

    text: str
    grade: Grade
    basis: str = ""


@dataclass(frozen=True)
class Model:
    """How the result changes with size: a formula with this run's constants in it.

    statement: the model in one sentence. formula: LaTeX without delimiters.
    projection: the first column is the factor (FACTORS); grades: of each other column.
    checked_to: the factor up to which `check` covers the projection; what lies beyond is extrapolated, whatever its
    column's grade, unless that is arithmetic. changes_at: the size at which the advice changes, in a phrase.
    calculator: the same law for a reader's own numbers, where a page's script can carry it.
    """

    statement: str
    formula: str
    constants: Sequence[Metric]
    check: Prediction
    projection: pd.DataFrame
    advice: Sequence[Advice]
    grades: Mapping[str, Grade] = field(default_factory=dict)
    checked_to: float = 1
    changes_at: str = ""
    calculator: Calculator | None = None

    def grade(self, column: str, factor: float) -> Grade | None:
        """How strong one cell of the projection is; None where its column does not say."""
        own = self.grades.get(column)
        return own if own in (None, "arithmetic") or factor <= self.checked_to else "extrapolated"


@dataclass(frozen=True)
class Decision:
    """A question that a practitioner asks, with this run's answer: at most two sentences and 300 characters.

    rests_on: names of the metrics and criteria that the answer rests on; of an arithmetic one it may be empty.
    basis: as of Advice. figure: name of the figure that shows it.
    """

    question: str
    answer: str
    grade: Grade
    rests_on: Sequence[str] = ()
    basis: str = ""
    figure: str = ""


@dataclass(frozen=True)
class Alternative:
    """A default of the field or another way to do it, beside the result. source: with version or date."""

    name: str
    what: str
    source: str


@dataclass(frozen=True)
class Summary:
    """What the landing page and the top of the experiment's page say; every figure computed.

    answer: at most three sentences and 450 characters. conditions: the two or three facts of this run that would
    change it. headline: the number with its unit, a ratio where there is one. figure: name of the leading figure.
    """

    answer: str
    headline: Metric
    decisions: Sequence[Decision] = ()
    conditions: Sequence[str] = ()
    figure: str = ""
    alternatives: Sequence[Alternative] = ()
