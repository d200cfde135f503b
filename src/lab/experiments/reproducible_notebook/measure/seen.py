"""What the measurements of one run give, before anything is judged; a part that was not measured is None."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lab.evidence.record import Record
from lab.experiments.reproducible_notebook.mechanism import Comparison, Pair


@dataclass(frozen=True)
class Step:
    """A step of the workflow. said: the end of what it printed."""

    name: str
    status: int
    seconds: float
    said: str


@dataclass(frozen=True)
class Workflow:
    """steps: those that were run. left_out: names of those that need a network. pairs: artefacts against the expected ones.

    report: the notebook's results as HTML.
    """

    steps: Sequence[Step]
    left_out: Sequence[str]
    pairs: Sequence[Pair]
    report: str


@dataclass(frozen=True)
class Checked:
    """An artefact against the oracle. ulp: the largest distance of its numbers; wrong: values beyond its class, in words."""

    artefact: str
    values: int
    ulp: float
    wrong: Sequence[str]


@dataclass(frozen=True)
class Fresh:
    """Two records of one experiment of this project: the committed one, and one of a run made now."""

    baseline: Record
    made: Record


@dataclass(frozen=True)
class Seen:
    """seconds: of all executions of the analysis, side by side. missing: environments that this machine does not allow.

    condition: of the slope that is most sensitive to rounding in the sums that it is solved from, by the oracle.
    """

    analysis: Comparison | None = None
    seconds: float = 0.0
    missing: Mapping[str, str] = field(default_factory=dict)
    careless: Comparison | None = None
    workflow: Workflow | None = None
    checked: Sequence[Checked] = ()
    fresh: Fresh | None = None
    condition: float | None = None
