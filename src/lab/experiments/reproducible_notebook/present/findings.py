"""Figures of one run that pictures, model and summary share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from lab.evidence.result import Result
from lab.experiments.reproducible_notebook.judge.model import Cost
from lab.experiments.reproducible_notebook.params import Params

STATUSES = ("same bytes", "within", "differs")


@dataclass(frozen=True)
class Findings:
    """One run, read by name."""

    params: Params
    treatment: Result

    def value(self, name: str) -> float:
        return self.treatment.metric(name).value

    @cached_property
    def pairs(self) -> pd.DataFrame:
        return self.treatment.tables["pairs"]

    @cached_property
    def environments(self) -> list[str]:
        """All but the first, in order."""
        return list(dict.fromkeys(self.pairs["environment"]))

    @cached_property
    def other_bytes(self) -> list[str]:
        """Environments in which a byte differs."""
        return list(dict.fromkeys(self.pairs[self.pairs["status"] != "same bytes"]["environment"]))

    @property
    def cost(self) -> Cost:
        return Cost(self.value("execution_s"), int(self.value("environments")), int(self.value("at_once")))

    @property
    def differing(self) -> int:
        return int((self.pairs["status"] == "differs").sum())

    @property
    def planted(self) -> int:
        """Of the careless notebook's files those that are wrong."""
        return int(self.value("caught_by_changing"))

    @property
    def allowed(self) -> float:
        """Steps by which the model's numbers may differ."""
        return self.params.ulp * math.ceil(self.value("condition"))

    @property
    def beyond(self) -> int:
        """Comparisons that are within their class for the condition number alone."""
        return int(((self.pairs["status"] == "within") & (self.pairs["ulp"] > self.params.ulp)).sum())

    @property
    def compared(self) -> str:
        """In words, how the comparison ended."""
        count = f"{len(self.pairs):,} comparisons"
        if self.differing:
            return f"{self.differing} of {count} differ beyond their class"
        return f"none of {count} differs beyond its class"

    def setting(self, environment: str) -> str:
        """What is set there, by the values alone; empty where the run had no such environment."""
        table = self.treatment.tables["settings"]
        return ", ".join(table[table["environment"] == environment]["value"])


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment.of(Params), treatment)


def listed(names: Sequence[str], most: int = 4) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "none"


def steps(count: float) -> str:
    return f"{count:.0f} step{'' if count == 1 else 's'}"
