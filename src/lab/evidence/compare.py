"""What changed between two records of one experiment, metric by metric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.evidence.provenance import machine_class
from lab.evidence.record import Record

# A change smaller than this is within what one machine shows from run to run.
NOISE = 0.10


@dataclass(frozen=True)
class Change:
    """One figure, before and after. judged: "better", "worse", "about the same", "changed", "new", "gone"."""

    name: str
    before: Any
    after: Any
    unit: str
    judged: str

    @property
    def ratio(self) -> float | None:
        """after / before, where both are numbers."""
        numbers = isinstance(self.before, (int, float)) and isinstance(self.after, (int, float))
        return self.after / self.before if numbers and self.before else None


@dataclass(frozen=True)
class Drift:
    """Two runs of one experiment, compared."""

    experiment: str
    verdicts: tuple[str, str]
    same_machine: bool
    same_params: bool
    outcomes: list[Change]
    metrics: list[Change]
    versions: list[Change]

    @property
    def regressed(self) -> bool:
        """True if a run that passed passes no longer."""
        return self.verdicts[0] == "pass" and self.verdicts[1] != "pass"


def compare(before: Record, after: Record) -> Drift:
    """Drift from `before` to `after`. ValueError if they are of two experiments."""
    if before["experiment"] != after["experiment"]:
        raise ValueError(f"{before['experiment']} and {after['experiment']} are not the same experiment")
    machines = [machine_class(item["provenance"]["machine"]) for item in (before, after)]
    outcomes = [{item["name"]: item["outcome"] for item in run["criteria"]} for run in (before, after)]
    origin = [run["provenance"] for run in (before, after)]
    versions = [item["services"] | item["libraries"] for item in origin]
    return Drift(
        before["experiment"],
        (before["verdict"], after["verdict"]),
        machines[0] == machines[1],
        before["params"] == after["params"],
        _changed(*outcomes),
        _metrics(before, after),
        _changed(*versions),
    )


def _metrics(before: Record, after: Record) -> list[Change]:
    old, new = ({item["name"]: item for item in run["metrics"]} for run in (before, after))
    return [_metric(name, old.get(name), new.get(name)) for name in dict.fromkeys([*old, *new])]


def _metric(name: str, old: Record | None, new: Record | None) -> Change:
    unit = (new or old or {})["unit"]
    if old is None or new is None:
        return Change(
            name, (old or {}).get("value"), (new or {}).get("value"), unit, "gone" if old else "new"
        )
    change = Change(name, old["value"], new["value"], unit, "about the same")
    ratio = change.ratio
    if ratio is None or abs(ratio - 1) <= NOISE:
        return change
    if not new["better"]:
        return Change(name, old["value"], new["value"], unit, "changed")
    improved = (ratio > 1) == (new["better"] == "higher")
    return Change(name, old["value"], new["value"], unit, "better" if improved else "worse")


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    names = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    return [Change(name, old.get(name), new.get(name), "", "changed") for name in names]
