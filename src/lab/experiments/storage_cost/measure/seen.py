"""All that a run saw, before anything is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from lab.experiments.storage_cost.mechanism import Bill, Prices, Trace
from lab.experiments.storage_cost.workload.arms import Candidate


@dataclass(frozen=True)
class Compared:
    """One trace: bill by policy (the first one all hot), the optimum's, and what deletion would do.

    quick: the optimum among the classes whose wait is acceptable.
    """

    trace: Trace
    bills: Mapping[str, Bill]
    optimum: Bill
    quick: Bill
    retention: Mapping[str, Bill] = field(default_factory=dict)


@dataclass(frozen=True)
class Checks:
    """hand, meter: what, expected, found. least: least of all schedules, and what the dynamic program gives."""

    hand: pd.DataFrame
    meter: pd.DataFrame
    least: pd.DataFrame


@dataclass(frozen=True)
class Bound:
    """Break-even against the optimum: worst object where the bound is a theorem, all together there, and as billed."""

    worst: float
    together: float
    objects: int


@dataclass(frozen=True)
class InStore:
    """Sample objects: key, due (what should become of each), found, same (content). transition_refused: the store's words."""

    objects: pd.DataFrame
    transition_refused: str


@dataclass(frozen=True)
class Sheet:
    """cells: those recalculated; differing: that don't equal the model; xlsx: the file."""

    cells: int
    differing: int
    xlsx: bytes


@dataclass(frozen=True)
class Scale:
    """The law: dollars a month of a GB and of an object, of all hot and of the chosen policy.

    moved: by factor, shares of bytes and of objects that are large enough to be moved, with objects that much smaller.
    predicted, billed: for many more, smaller objects. bills: by factor, what a GB that is kept is billed a month, all hot and
    by the chosen policy, with objects that much smaller: no law.
    """

    per_gb: Mapping[str, float]
    per_object: Mapping[str, float]
    moved: Mapping[int, tuple[float, float]]
    predicted: float
    billed: float
    bills: Mapping[int, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """chosen: policy chosen on the tuning trace; rule: the rule of age chosen there. tuning, test: every candidate there.

    dense: the optimum's saving with films as objects.
    """

    prices: Prices
    max_wait_s: float
    chosen: Candidate
    rule: Candidate
    compared: Compared
    tuning: pd.DataFrame
    test: pd.DataFrame
    dense: float | None = None
    checks: Checks | None = None
    bound: Bound | None = None
    sensitivity: pd.DataFrame | None = None
    store: InStore | None = None
    sheet: Sheet | None = None
    scale: Scale | None = None
