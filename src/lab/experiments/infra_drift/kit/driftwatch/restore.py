"""Put back what may be put back, and nothing else."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from .plan import TofuError, look, tofu, whole
from .shown import Drift


class RefusedError(TofuError):
    """The plan would do more than was decided."""


def restore(directory: Path, drifts: Sequence[Drift], allowed: Callable[[Drift], bool]) -> list[str]:
    """Apply the configuration to the addresses of `drifts`; the addresses that are now as it says.

    The plan that is applied is the one that was looked at: it is made for these addresses and what they need, refused
    (RefusedError) if it holds anything that is not `allowed`, and then carried out as it is. So nothing that happened since
    `drifts` were seen can turn an update into a replacement; and no drift of a neighbour that the configuration does not set
    is taken into the state, where no later plan would tell of it. What drifted meanwhile in what they need, and is `allowed`,
    is put back too. TofuError where planning or applying fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan"
        asked = [drift.address for drift in drifts]
        found = whole(look(directory, targets=asked, keep=file))
        others = {drift.address for drift in found.drifts if not allowed(drift)}
        others |= set(found.actions) - {drift.address for drift in found.drifts}
        if others:
            raise RefusedError(f"the plan would touch {', '.join(sorted(others))} too")
        tofu(directory, "apply", "-input=false", "-no-color", str(file))
        return sorted({*asked, *found.actions})
