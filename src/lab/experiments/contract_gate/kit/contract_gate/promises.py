"""A contract against the one before it: what consumers relied on and would no longer be promised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .document import Contract
from .rules import FRESHNESS, LENGTH, QUERY, RANGE, REQUIRED, SET, TYPE, Rule

_LOWER = ("minimum", "exclusiveMinimum", "minLength")


def weakened(old: Contract, new: Contract) -> list[str]:
    """What `old` promises and `new` does not, a sentence each. A stricter rule keeps the promise of a looser one."""
    found = []
    for rule in old.rules:
        after = [one for one in new.rules if _about(one) == _about(rule)]
        if not after:
            found.append(f"{rule.place}: {rule.kind} is no longer promised")
        elif not any(_implies(one, rule) for one in after):
            found.append(f"{rule.place}: {rule.kind} is weaker: {_told(rule)} became {_told(after[0])}")
    return found


def next_major(old: Contract, new: Contract) -> bool:
    """Whether the new version is a major one after the old: only then may promises go."""
    before, after = (one.version.lstrip("v").split(".")[0] for one in (old, new))
    return before.isdigit() and after.isdigit() and int(after) > int(before)


def _about(rule: Rule) -> tuple[object, ...]:
    query = " ".join(rule.limits["query"].split()) if rule.kind == QUERY else ""
    return (rule.kind, rule.table, frozenset(rule.columns), query)


def _implies(new: Rule, old: Rule) -> bool:
    """Whether whatever satisfies `new` satisfies `old`."""
    if new.kind == TYPE:
        return _same_or(new.limits["logicalType"], old.limits["logicalType"]) and (
            old.limits["physicalType"] in (None, new.limits["physicalType"])
        )
    if new.kind in (RANGE, LENGTH):
        return all(_as_strict(name, new.limits, limit) for name, limit in old.limits.items())
    if new.kind == FRESHNESS:
        return bool(new.limits["seconds"] <= old.limits["seconds"])
    if new.kind == SET and set(new.limits["validValues"]) <= set(old.limits["validValues"]):
        return _without(new.limits, "validValues") == _without(old.limits, "validValues")
    if new.kind == REQUIRED:
        # Without a comparison there is no such row at all, which satisfies every upper limit.
        return dict(new.limits) in ({}, dict(old.limits))
    return dict(new.limits) | {"query": ""} == dict(old.limits) | {"query": ""}


def _same_or(new: str | None, old: str | None) -> bool:
    return old in (None, new) or (old == "number" and new == "integer")


def _as_strict(name: str, limits: Mapping[str, Any], old: Any) -> bool:
    new = limits.get(name)
    if new is None or isinstance(new, str) != isinstance(old, str):
        return False
    return bool(new >= old if name in _LOWER else new <= old)


def _without(limits: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in limits.items() if key != name}


def _told(rule: Rule) -> str:
    return ", ".join(f"{name} {value}" for name, value in rule.limits.items()) or "given"
