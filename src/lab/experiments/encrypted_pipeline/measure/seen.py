"""What one run saw."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from lab.experiments.encrypted_pipeline.measure.rotation import Rotation


@dataclass(frozen=True)
class Seen:
    """What was measured of one variant; None is what a control leaves out.

    needle_of: the arm whose text counts. differing: rows that differ, by arm. found: needle (an arm's name), place, file,
    form. keys: the same, needles being keys. searched: files and bytes. secrets: how many keys were searched. alarms of
    the rest: see the functions that measure them.
    """

    needle_of: str = ""
    differing: dict[str, int] | None = None
    found: pd.DataFrame | None = None
    keys: pd.DataFrame | None = None
    searched: tuple[int, int] = (0, 0)
    secrets: int = 0
    wrong_keys: pd.DataFrame | None = None
    tampered: pd.DataFrame | None = None
    rotation: Rotation | None = None
    rotations: pd.DataFrame | None = None
    revocation: pd.DataFrame | None = None
    impostors: pd.DataFrame | None = None
    rates: pd.DataFrame | None = None
    audit: dict[str, int] = field(default_factory=dict)
