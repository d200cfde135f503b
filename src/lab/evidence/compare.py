"""What changed between two records of one experiment, metric by metric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.errors import EvidenceError
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
        """after / before, where both are numbers of one sign; from zero there is none."""
        if {_kind(self.before), _kind(self.after)} != {"number"} or not self.before:
            return None
        return self.after / self.before if self.after == 0 or (self.after < 0) == (self.before < 0) else None


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
    """Drift from `before` to `after`. EvidenceError if they are of two experiments."""
    if before["experiment"] != after["experiment"]:
        raise EvidenceError(f"{before['experiment']} and {after['experiment']} are not the same experiment")
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
    judged = _judge(old["value"], new["value"], new["better"])
    return Change(name, old["value"], new["value"], unit, judged)


def _judge(before: Any, after: Any, better: str) -> str:
    """What became of a figure. From one kind to another, such as from None to a number, it can only change."""
    kinds = {_kind(before), _kind(after)}
    # From zero every change is one: no share of it is small.
    small = kinds == {"number"} and abs(after - before) <= NOISE * abs(before)
    if small or (len(kinds) == 1 and before == after):
        return "about the same"
    if len(kinds) == 2 or "other" in kinds or not better:
        return "changed"
    return "better" if (after > before) == (better == "higher") else "worse"


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "truth"
    return "number" if isinstance(value, (int, float)) else "other"


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    names = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    return [Change(name, old.get(name), new.get(name), "", "changed") for name in names]
