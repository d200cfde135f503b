"""Real people by year, and draws from them that drift by a known amount.

Massachusetts in the American Community Survey, 2015 to 2018 (US Census Bureau, public use microdata; the task is
`employment` of folktables, Ding et al. 2021), as the wheel `nannyml` (Apache-2.0) carries it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab import wheels
from lab.experiments.model_drift.params import Params

WHEEL, DISTRIBUTION, SLUG = "employment", "nannyml", "model_drift"
FEATURES = (
    *("AGEP", "SCHL", "MAR", "RELP", "DIS", "ESP", "CIT", "MIG"),
    *("MIL", "ANC", "NATIVITY", "DEAR", "DEYE", "DREM", "SEX", "RAC1P"),
)
TARGET, AGE = "employed", "AGEP"
TRAINED_ON = 12_000  # rows of 2015 that models are made from; all draws come from the others
WORKING = (25, 55)  # ages whose labels concept drift turns round
Ints = NDArray[np.int64]


def table() -> pd.DataFrame:
    """All rows with features as integers, target and year. ServiceError if set-up has not been there."""
    names = ("reference", "analysis", "analysis_target")
    files = [
        wheels.file(WHEEL, "nannyml", "datasets", "data", f"employment_MA_{name}.pq", slug=SLUG)
        for name in names
    ]
    first, later, labels = map(pd.read_parquet, files)
    later = later.merge(labels, on="id", validate="one_to_one")
    whole = pd.concat([part[[*FEATURES, TARGET, "year"]].astype("int64") for part in (first, later)])
    return whole.reset_index(drop=True)


@dataclass(frozen=True)
class People:
    """frame: rows of 2015 that no model was made from; trained: those that one was; later: of the other years."""

    frame: pd.DataFrame
    trained: pd.DataFrame
    later: pd.DataFrame

    @cached_property
    def coded(self) -> tuple[Ints, Ints]:
        """Each value as a number that is its own among all features, in order; and where each feature begins."""
        columns, starts = [], [0]
        for name in FEATURES:
            values, codes = np.unique(self.frame[name], return_inverse=True)
            columns.append(codes + starts[-1])
            starts.append(starts[-1] + len(values))
        return np.array(columns).T, np.array(starts)

    def counts(self, rows: Ints) -> Ints:
        """How often each value of each feature occurs in these rows."""
        codes, starts = self.coded
        return np.bincount(codes[rows].ravel(), minlength=int(starts[-1]))

    def weights(self, kind: str, dose: float) -> NDArray[np.float64] | None:
        """Chance of each row under a drift of that size; None for all alike.

        covariate: odds of being drawn grow e^dose-fold with a standard deviation of age. label: those of the employed
        fall by e^(-2 dose). concept: none, for features stay as they are.
        """
        if kind in ("none", "concept") or not dose:
            return None
        age, employed = self.frame[AGE].to_numpy(dtype=float), self.frame[TARGET].to_numpy(dtype=float)
        tilt = dose * (age - age.mean()) / age.std() if kind == "covariate" else -2 * dose * employed
        weights = np.exp(tilt)
        return np.asarray(weights / weights.sum())

    def draw(
        self,
        random: np.random.Generator,
        size: int,
        kind: str = "none",
        dose: float = 0.0,
        half: int | None = None,
    ) -> Ints:
        """Rows of the pool: without a drift in features each at most once, with one by weights, so that its size is exact.

        half: 0 or 1, of two halves without a common row.
        """
        rows = np.arange(len(self.frame)) if half is None else np.arange(half, len(self.frame), 2)
        weights = self.weights(kind, dose)
        if weights is None:
            return random.choice(rows, size, replace=False)
        return random.choice(rows, size, p=weights[rows] / weights[rows].sum())

    def labels(self, random: np.random.Generator, rows: Ints, kind: str, dose: float) -> Ints:
        """What comes true of these rows; under concept drift turned round for a share of 2 dose of working age."""
        truth = self.frame[TARGET].to_numpy()[rows]
        if kind != "concept":
            return truth
        age = self.frame[AGE].to_numpy()[rows]
        turned = (age >= WORKING[0]) & (age < WORKING[1]) & (random.random(len(rows)) < min(1.0, 2 * dose))
        return np.where(turned, 1 - truth, truth)


def people(params: Params) -> People:
    """2015 split at random into what models are made from and the others; the years after it."""
    whole = table()
    year = whole["year"] == 2015
    first = whole[year].sample(frac=1, random_state=params.seed).reset_index(drop=True)
    return People(
        first.iloc[TRAINED_ON:].reset_index(drop=True),
        first.iloc[:TRAINED_ON],
        whole[~year].reset_index(drop=True),
    )
