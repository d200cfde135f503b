"""What is under test; a reader takes it home as the kit's folder `monitor`."""

from lab.experiments.model_drift.kit.monitor.drift import DriftError, Feature, Report, detect
from lab.experiments.model_drift.kit.monitor.measures import (
    adjust,
    binned,
    chi_square,
    ks_p_value,
    ks_statistic,
    merge_rare,
)

__all__ = [
    "DriftError",
    "Feature",
    "Report",
    "adjust",
    "binned",
    "chi_square",
    "detect",
    "ks_p_value",
    "ks_statistic",
    "merge_rare",
]
