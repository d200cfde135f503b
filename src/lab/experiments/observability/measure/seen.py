"""What a run leaves: raw observations, without a judgement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lab.experiments.observability.workload.arms import Arm
from lab.experiments.observability.workload.faults import Case
from lab.experiments.observability.workload.streams import Stream
from lab.services.receiver import Delivery

Series = Sequence[Mapping[str, Any]]  # as Prometheus answers a range query


@dataclass(frozen=True)
class Days:
    """firing: by arm and kind, where its expression held. differing: minutes at which the oracle disagrees on the burn rate,
    of so many compared.

    samples: that were backfilled. bytes: of the blocks that they make.
    """

    streams: Mapping[str, Stream]
    arms: Sequence[Arm]
    firing: Mapping[tuple[str, str], Series]
    differing: int
    compared: int
    samples: int
    bytes: int


@dataclass(frozen=True)
class Live:
    """injected: by pipeline, s since 1970. journal: lines of the runbook's runner. gone: whether the fault is, at the end.

    series: of the dashboard's panels (panel, pipeline, seconds, value). late_s: by row, from due to written into its log.
    per_pipeline: series that Prometheus holds of one pipeline. begun, end: of what was watched.
    """

    cases: Sequence[Case]
    injected: Mapping[str, float]
    deliveries: Sequence[Delivery]
    journal: Sequence[Mapping[str, Any]]
    gone: Mapping[str, bool]
    series: pd.DataFrame
    empty_panels: Sequence[str]
    late_s: Sequence[float]
    per_pipeline: int
    begun: float
    end: float
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Seen:
    """checks: runs of promtool and amtool (check, passed, due). unlinked: alert rules without an entry of the runbook."""

    days: Days
    live: Live
    checks: pd.DataFrame
    unlinked: Sequence[str]
