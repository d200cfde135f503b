"""A drift report as Markdown, for a terminal and for a workflow's summary."""

from __future__ import annotations

from collections.abc import Iterable

from lab.evidence.compare import Change, Drift
from lab.report.tables import SIGNS, quantity


def report(drifts: Iterable[Drift]) -> str:
    """All experiments: verdicts first, then whatever changed."""
    drifts = list(drifts)
    head = ["# Drift report", "", "| experiment | before | now | machine |", "|---|---|---|---|"]
    rows = [
        f"| {item.experiment} | {_verdict(item.verdicts[0])} | {_verdict(item.verdicts[1])} | "
        f"{'same class' if item.same_machine else 'another class: absolute figures are not comparable'} |"
        for item in drifts
    ]
    return "\n".join([*head, *rows, *(_details(item) for item in drifts)]) + "\n"


def _details(drift: Drift) -> str:
    parts = [f"\n## {drift.experiment}\n"]
    if not drift.same_params:
        parts.append("The two runs had different parameters.\n")
    parts.append(_table("Criteria whose outcome changed", drift.outcomes))
    moved = [item for item in drift.metrics if item.judged != "about the same"]
    parts.append(_table("Metrics that moved by more than 10 %", moved))
    parts.append(_table("Versions", drift.versions))
    same = len(drift.metrics) - len(moved)
    parts.append(f"{same} of {len(drift.metrics)} metrics are about the same.")
    return "\n".join(part for part in parts if part)


def _table(title: str, changes: list[Change]) -> str:
    if not changes:
        return ""
    rows = [
        f"| {item.name} | {_value(item.before, item.unit)} | {_value(item.after, item.unit)} | "
        f"{_ratio(item)} | {item.judged} |"
        for item in changes
    ]
    return "\n".join([f"### {title}\n", "| | before | now | ratio | |", "|---|---|---|---|---|", *rows, ""])


def _ratio(item: Change) -> str:
    if item.ratio is not None:
        return f"× {abs(item.ratio):.2f}"  # to zero from below it is -0.0
    return "from 0" if item.before == 0 and isinstance(item.after, (int, float)) else ""


def _value(value: object, unit: str) -> str:
    return str(value) if isinstance(value, str) else quantity(value, unit)


def _verdict(value: str) -> str:
    return f"{SIGNS[value]} {value}"
