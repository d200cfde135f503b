"""What is under test; a reader takes it home as the kit's folder `driftwatch`."""

from lab.experiments.infra_drift.kit.driftwatch.inventory import of_environment
from lab.experiments.infra_drift.kit.driftwatch.plan import (
    Drift,
    LockedError,
    Look,
    TofuError,
    actions,
    detect,
    look,
    managed,
    tofu,
)
from lab.experiments.infra_drift.kit.driftwatch.policy import Decision, PolicyError, checked, decide
from lab.experiments.infra_drift.kit.driftwatch.restore import RefusedError, restore
from lab.experiments.infra_drift.kit.driftwatch.s3 import Store, canonical

__all__ = [
    "Decision",
    "Drift",
    "LockedError",
    "Look",
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
]
