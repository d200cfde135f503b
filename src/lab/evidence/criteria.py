"""Criteria, observations and the verdict that follows from them.

A criterion is declared before any run: a sentence, a limit, a tier. A run delivers observations by the
criteria's names. Judging is a pure function of the two, so a verdict can be recomputed by anybody.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Relation = Literal["<=", ">=", "=="]
Tier = Literal["invariant", "ratio", "absolute"]
Outcome = Literal["pass", "fail", "inconclusive", "not run"]
VerdictValue = Literal["pass", "fail", "inconclusive", "error", "not run"]


@dataclass(frozen=True)
class Limit:
    """What an observed value must satisfy."""

    relation: Relation
    bound: float | int | bool

    def admits(self, value: float | int | bool) -> bool:
        """True if `value` satisfies the limit; NaN satisfies none."""
        if isinstance(value, float) and math.isnan(value):
            return False
        if self.relation == "<=":
            return value <= self.bound
        if self.relation == ">=":
            return value >= self.bound
        return value == self.bound


def at_most(bound: float) -> Limit:
    return Limit("<=", bound)


def at_least(bound: float) -> Limit:
    return Limit(">=", bound)


def exactly(bound: float | int | bool) -> Limit:
    return Limit("==", bound)


@dataclass(frozen=True)
class Criterion:
    """One thing that must be so.

    tier: `invariant` (exact) and `ratio` (within one run) gate the verdict; `absolute` is only shown.
    acceptance: True for the exercise's own acceptance criterion.
    precondition: the measurement counts only if this holds; if not, the verdict is `inconclusive`.
    """

    name: str
    text: str
    limit: Limit
    tier: Tier
    unit: str = ""
    acceptance: bool = False
    precondition: bool = False


@dataclass(frozen=True)
class Observation:
    """What a run saw for one criterion.

    interval: (low, high) at 95 %, where there is one.
    conclusive: False if the measurement can't tell (noise too large); `detail` then says why.
    """

    value: float | int | bool
    detail: str = ""
    interval: tuple[float, float] | None = None
    conclusive: bool = True


@dataclass(frozen=True)
class Control:
    """An arm with the mechanism removed: the criterion `breaks` must fail there."""

    name: str
    text: str
    breaks: str


@dataclass(frozen=True)
class Judged:
    """A criterion with what was seen and what follows."""

    criterion: Criterion
    observation: Observation | None
    outcome: Outcome


@dataclass(frozen=True)
class Verdict:
    """The experiment's verdict, and in words what brought it about."""

    value: VerdictValue
    reasons: tuple[str, ...]


def judge(criterion: Criterion, observed: Mapping[str, Observation]) -> Judged:
    """The outcome of one criterion; one that was not observed is `not run`."""
    seen = observed.get(criterion.name)
    if seen is None:
        return Judged(criterion, None, "not run")
    if not seen.conclusive:
        return Judged(criterion, seen, "inconclusive")
    return Judged(criterion, seen, "pass" if criterion.limit.admits(seen.value) else "fail")


def judge_all(criteria: Iterable[Criterion], observed: Mapping[str, Observation]) -> list[Judged]:
    """Every criterion judged. An observation that no criterion asked for is a mistake: ValueError."""
    criteria = list(criteria)
    strangers = set(observed) - {criterion.name for criterion in criteria}
    if strangers:
        raise ValueError(f"observed but not declared as criteria: {sorted(strangers)}")
    return [judge(criterion, observed) for criterion in criteria]


def judge_control(
    control: Control, criteria: Iterable[Criterion], observed: Mapping[str, Observation]
) -> Judged:
    """The named criterion, judged on what the control arm showed."""
    named = {criterion.name: criterion for criterion in criteria}
    return judge(named[control.breaks], observed)


def conclude(treatment: Iterable[Judged], controls: Mapping[str, Judged]) -> Verdict:
    """The verdict.

    0. Where nothing was observed, in treatment and controls, there was no experiment: `not run`.
    1. An invariant that is broken fails the experiment, whatever else happened.
    2. Else an unmet precondition, anything that could not be told, or a control that did not fail
       makes it inconclusive: a ratio measured at the wrong load says nothing, good or bad.
    3. Else a gating criterion that failed fails the experiment.
    """
    treatment = list(treatment)
    if all(item.outcome == "not run" for item in (*treatment, *controls.values())):
        return Verdict("not run", ("nothing was observed",))
    gating = [item for item in treatment if item.criterion.tier != "absolute"]
    broken = [item for item in gating if item.outcome == "fail" and not item.criterion.precondition]
    invariants = [item for item in broken if item.criterion.tier == "invariant"]
    if invariants:
        return Verdict("fail", tuple(_reason(item) for item in invariants))
    doubts = [_reason(item) for item in gating if item.criterion.precondition and item.outcome == "fail"]
    doubts += [_reason(item) for item in gating if item.outcome in ("inconclusive", "not run")]
    doubts += [
        f"control “{name}” did not fail its criterion {item.criterion.name}"
        for name, item in controls.items()
        if item.outcome != "fail"
    ]
    if not controls:
        doubts.append("no control was run")
    if doubts:
        return Verdict("inconclusive", tuple(doubts))
    if broken:
        return Verdict("fail", tuple(_reason(item) for item in broken))
    return Verdict("pass", ("every gating criterion holds and every control failed as it must",))


def _reason(item: Judged) -> str:
    seen = item.observation
    if seen is None:
        return f"{item.criterion.name}: not observed"
    unit = f" {item.criterion.unit}" if item.criterion.unit else ""
    limit = item.criterion.limit
    sign = {"<=": "≤", ">=": "≥", "==": "="}[limit.relation]
    text = f"{item.criterion.name}: observed {_short(seen.value)}{unit}, limit {sign} {_short(limit.bound)}{unit}"
    return f"{text} ({seen.detail})" if seen.detail else text


def _short(value: float | int | bool) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
