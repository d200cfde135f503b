"""How p-values become alarms: the exercise's rule, and the calibrated test with and without correction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.experiments.model_drift.params import ALPHA

Ps = NDArray[np.float64]
Alarms = NDArray[np.bool_]


def on_any(alarms: Alarms) -> Alarms:
    """By window: an alarm on any feature."""
    return np.asarray(alarms.any(axis=1))


@dataclass(frozen=True)
class Arm:
    """A rule. alarms: p-values by KS and by chi-square (windows x features), looks in a series -> alarms of that shape."""

    name: str
    alarms: Callable[[Ps, Ps, int], Alarms]


KS = Arm("KS, p < .01", lambda ks, chi2, looks: ks < ALPHA)
CORRECTED = Arm("chi-square, corrected", lambda ks, chi2, looks: chi2 * chi2.shape[-1] * looks < ALPHA)
UNCORRECTED = Arm("chi-square, uncorrected", lambda ks, chi2, looks: chi2 < ALPHA)
LABELS = "accuracy, with labels"
SLUGS = {
    KS.name: "ks",
    CORRECTED.name: "chi_square",
    UNCORRECTED.name: "chi_square_uncorrected",
    LABELS: "accuracy",
}
