"""The truth, found another way: scipy on rows, and a model made from plenty of drifted rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from scipy import stats
else:
    from lab.lazy import module

    stats = module("scipy.stats")

BINNED = "AGEP"


def ks(reference: pd.Series, current: pd.Series, method: str = "asymp") -> float:
    """scipy's two-sample test on the rows themselves."""
    return float(stats.ks_2samp(reference, current, method=method).pvalue)


def chi_square(reference: pd.Series, current: pd.Series) -> float:
    """scipy's test of the contingency table, rare values merged, one with many values by tenths of the pooled rows."""
    side = np.repeat([0, 1], [len(reference), len(current)])
    values = pd.concat([reference, current], ignore_index=True)
    if reference.name == BINNED and values.nunique() > 30:
        rank = values.rank(method="max").astype(int)
        values = ((rank - 1) * 10) // len(values)
    crossed = pd.crosstab(side, values)
    share = min(len(reference), len(current)) / len(values)
    rare: list[object] = []
    for value, total in crossed.sum().sort_values(kind="stable").items():
        left = crossed[rare].to_numpy().sum() * share if rare else 0
        if total * share >= 5 and (not rare or left >= 5):
            break
        rare.append(value)
    merged = crossed.drop(columns=rare)
    if rare:
        merged["rare"] = crossed[rare].sum(axis=1)
    return float(stats.chi2_contingency(merged, correction=False).pvalue)


def best_loss(train: pd.DataFrame, labels: pd.Series, test: pd.DataFrame, truth: pd.Series) -> float:
    """Log-loss of boosted trees with scikit-learn's own settings, made from many rows of the drifted kind."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import log_loss

    fitted = HistGradientBoostingClassifier(learning_rate=0.05, random_state=0).fit(train, labels)
    return float(log_loss(truth, fitted.predict_proba(test)))
