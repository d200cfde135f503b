"""What the measurements of one run give; a part that was not measured is None."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Seen:
    """Tables; for their columns see the functions of the same names.

    reading: orders on the topic by reader's and writer's version. gate: the closed gate of a registry.
    """

    fuzzed: pd.DataFrame | None = None
    versions: pd.DataFrame | None = None
    changes: pd.DataFrame | None = None
    walks: pd.DataFrame | None = None
    timing: pd.DataFrame | None = None
    files: pd.DataFrame | None = None
    migration: pd.DataFrame | None = None
    reading: pd.DataFrame | None = None
    drills: pd.DataFrame | None = None
    gate: pd.DataFrame | None = None
