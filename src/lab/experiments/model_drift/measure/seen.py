"""What a run leaves: raw observations, without a judgement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.load.http import Answers
from lab.services.receiver import Delivery


@dataclass(frozen=True)
class Quiet:
    """p-values without drift, windows x features: of KS and of chi-square."""

    ks: NDArray[np.float64]
    chi2: NDArray[np.float64]


@dataclass(frozen=True)
class Live:
    """The served models. drift_at: s since 1970. truths: of each model label and score by row, with the version.

    compared: each window of the journals beside scipy's p-values. best: log-loss that could be had, by model. series: of
    the dashboard's panels. jobs: what retrain jobs said. loads: of everything that was sent. versions: of servers.
    """

    drift_at: float
    predictions: pd.DataFrame
    compared: pd.DataFrame
    deliveries: Sequence[Delivery]
    best: Mapping[str, float]
    series: pd.DataFrame
    jobs: pd.DataFrame
    answers: Answers
    versions: Mapping[str, str]
    empty_panels: Sequence[str] = ()


@dataclass(frozen=True)
class Seen:
    """agreement: our p-values beside scipy's. streams: looks at drifting data. power: windows that show one feature's drift.

    years: real ones against 2015. rules: promtool's runs. restarted: the load while a server was restarted.
    """

    quiet: Quiet
    agreement: pd.DataFrame
    streams: pd.DataFrame
    power: pd.DataFrame
    years: pd.DataFrame
    live: Live
    rules: pd.DataFrame
    restarted: Answers
    notes: Mapping[str, Any] = field(default_factory=dict)
