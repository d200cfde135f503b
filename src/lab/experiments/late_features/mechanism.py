"""What a reader takes home: share that a watermark absorbs, features, guard, restatement. The code is the kit's."""

from lab.experiments.late_features.kit import FOLDER as KIT
from lab.experiments.late_features.kit.late.absorbed import (
    ABSORBED,
    DROPPED,
    NEVER,
    ON_TIME,
    absorbed_share,
    classify,
    share_within,
)
from lab.experiments.late_features.kit.late.features import VALUES, features, guard, restatement

__all__ = [
    "ABSORBED",
    "DROPPED",
    "KIT",
    "NEVER",
    "ON_TIME",
    "VALUES",
    "absorbed_share",
    "classify",
    "features",
    "guard",
    "restatement",
    "share_within",
]
