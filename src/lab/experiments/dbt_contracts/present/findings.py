"""Figures of one run that pictures, model and summary share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from lab.evidence.fit import Line
from lab.evidence.result import Result
from lab.evidence.statistics import Counted
from lab.experiments.dbt_contracts.judge import growth
from lab.experiments.dbt_contracts.judge.layers import BUILD, GROUPS, NAMING, NOBODY
from lab.experiments.dbt_contracts.params import Params
from lab.experiments.dbt_contracts.workload.arms import CASTS, CONTRACTS, LAYERS, NEITHER, TESTS, Arm

NAMES, RULES, MEANING, BENIGN = GROUPS
ARMS = (LAYERS, CONTRACTS, TESTS, CASTS, NEITHER)


@dataclass(frozen=True)
class Findings:
    """One run, read by name. Changes are those of the census, on DuckDB, where there is one."""

    params: Params
    treatment: Result

    def changes(self, arm: Arm, group: str | None = None) -> pd.DataFrame:
        census = self.treatment.tables["census"]
        own = census[(census["arm"] == arm.name) & (census["engine"] == "DuckDB")]
        return own if group is None else own[own["group"] == group]

    def noticed(self, arm: Arm, group: str, *layers: str) -> Counted:
        """Changes that one of `layers` noticed, or anybody."""
        own = self.changes(arm, group)
        seen = own["layer"].isin(layers) if layers else own["layer"] != NOBODY
        return Counted(int(seen.sum()), len(own))

    def wrong(self, arm: Arm) -> Counted:
        """Violations after which dbt ended with status 0 and the marts were wrong."""
        own = self.changes(arm)
        own = own[own["group"] != BENIGN]
        return Counted(int(own["wrong"].astype(bool).sum()), len(own))

    @cached_property
    def named(self) -> Counted:
        """Violations that end in a failure whose words name model and column, with all layers on."""
        own = self.changes(LAYERS)
        own = own[own["group"] != BENIGN]
        return Counted(int((own["layer"].isin(NAMING) & own["named"].astype(bool)).sum()), len(own))

    @cached_property
    def missed(self) -> pd.DataFrame:
        """Violations that no layer notices, or only an error of the build."""
        own = self.changes(LAYERS)
        return own[(own["group"] != BENIGN) & own["layer"].isin((NOBODY, BUILD))]

    @cached_property
    def timed(self) -> pd.DataFrame:
        return self.treatment.tables["timed"]

    @cached_property
    def law(self) -> Line:
        """Seconds of all data tests by orders."""
        return growth.fitted(self.timed)

    def seconds(self, part: str, orders: int) -> float:
        return float(growth.medians(self.timed, part)[orders])

    @property
    def tried(self) -> int:
        """Changes that this run itself has made, on DuckDB."""
        return int(self.treatment.tables["plan"]["tried"].iloc[0])


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment.of(Params), treatment)
