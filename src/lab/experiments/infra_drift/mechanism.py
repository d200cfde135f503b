"""What is under test; a reader takes it home as the kit's folder `driftwatch`."""

from lab.experiments.infra_drift.kit.driftwatch.inventory import of_environment
from lab.experiments.infra_drift.kit.driftwatch.plan import (
    LockedError,
    Look,
    PartialError,
    TofuError,
    detect,
    look,
    tofu,
    whole,
)
from lab.experiments.infra_drift.kit.driftwatch.policy import Decision, PolicyError, checked, decide
from lab.experiments.infra_drift.kit.driftwatch.restore import RefusedError, restore
from lab.experiments.infra_drift.kit.driftwatch.s3 import Store, canonical
from lab.experiments.infra_drift.kit.driftwatch.shown import Drift, actions, managed

__all__ = [
    "Decision",
    "Drift",
    "LockedError",
    "Look",
    "PartialError",
    "PolicyError",
    "RefusedError",
    "Store",
    "TofuError",
    "actions",
    "canonical",
    "checked",
    "decide",
    "detect",
    "look",
    "managed",
    "of_environment",
    "restore",
    "tofu",
    "whole",
]
