"""What a run hands back, and what is told about it: metrics, tables, the law for larger sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.params import P, Parameters

FACTORS = (1, 10, 100, 1000)  # of this run's size: the rows of every projection


@dataclass(frozen=True)
class Metric:
    """One measured figure.

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


@dataclass(frozen=True)
class Result:
    """One arm of an experiment as it was run."""

    params: Parameters
    observed: Mapping[str, Observation]
    metrics: Sequence[Metric] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()

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
    """The law held against one point of this run that was not used to fit it."""

    where: str
    predicted: float
    measured: float
    unit: str

    @property
    def error(self) -> float:
        """(predicted - measured) / measured."""
        return (self.predicted - self.measured) / self.measured if self.measured else float("inf")


@dataclass(frozen=True)
class Law:
    """How the result changes with size: a formula with this run's constants in it.

    formula: LaTeX without delimiters. projection: first column is the factor (1, 10, 100, 1000).
    advice: computed sentences: what to change in the design, and from which size.
    """

    statement: str
    formula: str
    constants: Sequence[Metric]
    check: Prediction
    projection: pd.DataFrame
    advice: Sequence[str]


@dataclass(frozen=True)
class Decision:
    """A question that a practitioner asks, with the measured answer."""

    question: str
    answer: str


@dataclass(frozen=True)
class Summary:
    """What the landing page and the top of the experiment's page say; every figure computed.

    headline: the number with its unit. sparkline: a few values that show the finding's shape.
    """

    answer: str
    headline: Metric
    sparkline: Sequence[float]
    decisions: Sequence[Decision] = ()
