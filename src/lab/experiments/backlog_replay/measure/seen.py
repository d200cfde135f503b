"""What is left of an arm, without a judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.experiments.backlog_replay.mechanism import Replay
from lab.experiments.backlog_replay.workload import Arm


@dataclass(frozen=True)
class Seen:
    """One arm. rows: of the backlog. first_live: version of the first live row. capacity: rows/s that its policy was told of.

    arrivals: source, version, asked, at of each row that the sink absorbed: when it was handed to the sink and when it was
    in it, s since 1970. held: version by key. due, late: of each live row in order, s since 1970, and s. replay: what
    the replayer told; of a killed one what the second told.
    absorbed_at_kill: rows of the backlog that were in the sink when the replayer was killed; None if it was not.
    """

    arm: Arm
    rows: int
    first_live: int
    capacity: float
    arrivals: pd.DataFrame
    held: Mapping[int, int]
    due: NDArray[np.float64]
    late: NDArray[np.float64]
    replay: Replay
    absorbed_at_kill: int | None = None


@dataclass(frozen=True)
class Run:
    """All arms by name, and the versions of what they ran on."""

    seen: dict[str, Seen] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
