"""Figures of one run that pictures, model and summary share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from lab.evidence.fit import Line
from lab.evidence.result import Result
from lab.experiments.governance import oracle
from lab.experiments.governance.judge.model import fastest, fitted, law
from lab.experiments.governance.measure.seen import CLEAN, DRAWN, UNSEEN, VARIANTS
from lab.experiments.governance.params import Params

# The audit's checks in words, in the order of the page.
CHECKS = {
    "public_access": "granted to PUBLIC",
    "expired_access": "expired access",
    "superuser_use": "superuser use",
    "shared_login": "shared login",
    "orphaned_owner": "orphaned owner",
    "unclassified_personal_data": "unclassified personal data",
    "missing_retention": "missing retention",
    "undeclared_column": "undeclared column",
}


def percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f} %"


@dataclass(frozen=True)
class Findings:
    """One run, read by name."""

    params: Params
    treatment: Result
    controls: Mapping[str, Result]

    def value(self, metric: str) -> float:
        return self.treatment.metric(metric).value

    @cached_property
    def coverage(self) -> pd.DataFrame:
        return self.treatment.tables["coverage"]

    def faults(self, *kinds: str) -> pd.DataFrame:
        """Seeded faults of rounds of these kinds."""
        table = self.treatment.tables["faults"]
        return table[table["kind"].isin(kinds or (DRAWN, VARIANTS))]

    def findings(self, *kinds: str) -> pd.DataFrame:
        table = self.treatment.tables["findings"]
        return table[table["kind"].isin(kinds)]

    @property
    def clean(self) -> int:
        """Findings in databases without a fault."""
        return len(self.findings(CLEAN))

    @property
    def unseen(self) -> pd.DataFrame:
        return self.faults(UNSEEN)

    @cached_property
    def labels(self) -> pd.DataFrame:
        """Columns: threshold, share, measure: recall and precision of the classifier by threshold."""
        own = self.treatment.tables["labels"]
        rows = []
        for threshold, part in own.groupby("threshold"):
            personal, said = part[part["label"] != oracle.NONE], part[part["said"] != oracle.NONE]
            rows.append((threshold, float((personal["said"] == personal["label"]).mean()), "recall"))
            rows.append((threshold, float((said["said"] == said["label"]).mean()), "precision"))
        return pd.DataFrame(rows, columns=["threshold", "share", "measure"])

    def label(self, measure: str, threshold: float) -> float:
        """Recall or precision of the classifier at a threshold."""
        return self.value(f"{measure}_at_{threshold:g}")

    @cached_property
    def steps(self) -> pd.DataFrame:
        """Columns: step, begin, end (ms of the median onboarding)."""
        medians = self.treatment.tables["onboarded"].groupby("step", sort=False)["ms"].median()
        ends = medians.cumsum()
        return pd.DataFrame(
            {"step": medians.index, "begin": (ends - medians).to_numpy(), "end": ends.to_numpy()}
        )

    @cached_property
    def time(self) -> Line:
        """Of an audit, through all sizes: what is drawn out to larger ones."""
        return law(self.treatment.tables["times"])

    @cached_property
    def checked(self) -> Line:
        """Through all sizes but the largest, which it predicts."""
        return fitted(self.treatment.tables["times"])

    @cached_property
    def audits(self) -> dict[int, float]:
        """s by number of tables, the fastest."""
        return fastest(self.treatment.tables["times"])


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment.of(Params), treatment, controls)
