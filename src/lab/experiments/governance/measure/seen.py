"""What the measurements of one run give, before anything is judged; a part that was not measured is None."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from lab.experiments.governance.mechanism import Finding
from lab.experiments.governance.workload.fault import Fault

DRAWN, VARIANTS, CLEAN, UNSEEN = "drawn", "every variant", "clean", "not seen"


@dataclass(frozen=True)
class Round:
    """One database as it was audited. found: by arm; seconds: of the first arm's audit."""

    kind: str
    changes: Sequence[Fault]
    found: Mapping[str, Sequence[Finding]]
    seconds: float


@dataclass(frozen=True)
class Seen:
    """coverage, sections, checklist: rows of the documents; gaps: what they lack, in words.

    labels: a row for each column and way to classify; named: for each name. onboarded: a row for each dataset and step;
    kept: what came out of each case, "" if right. times: a row for each timed audit.
    """

    rounds: Sequence[Round] = ()
    coverage: pd.DataFrame | None = None
    sections: pd.DataFrame | None = None
    checklist: pd.DataFrame | None = None
    gaps: Sequence[str] | None = None
    labels: pd.DataFrame | None = None
    named: pd.DataFrame | None = None
    onboarded: pd.DataFrame | None = None
    kept: Mapping[str, str] | None = None
    times: pd.DataFrame | None = None
