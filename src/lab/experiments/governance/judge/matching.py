"""Findings held against what was seeded: a fault is found if a finding of its class names its object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from lab.experiments.governance.measure.seen import Round
from lab.experiments.governance.mechanism import Finding
from lab.experiments.governance.workload.fault import Fault

Pair = tuple[str, str]


def missed(faults: Iterable[Fault], found: Iterable[Finding]) -> list[Fault]:
    """Faults that no finding names."""
    named = {(one.check, one.subject) for one in found}
    return [fault for fault in faults if fault.check and (fault.check, fault.subject) not in named]


def wrong(faults: Iterable[Fault], found: Iterable[Finding]) -> list[Finding]:
    """Findings that follow from no fault."""
    right = {pair for fault in faults for pair in ((fault.check, fault.subject), *fault.also)}
    return [one for one in found if (one.check, one.subject) not in right]


def seeded(rounds: Sequence[Round], arm: str) -> pd.DataFrame:
    """A row for each seeded fault. Columns: round, kind, check, variant, subject, found."""
    rows = [
        (number, each.kind, fault.check, fault.variant, fault.subject, not missed([fault], each.found[arm]))
        for number, each in enumerate(rounds)
        if arm in each.found
        for fault in each.changes
        if fault.check
    ]
    return pd.DataFrame(rows, columns=["round", "kind", "check", "variant", "subject", "found"])


def findings(rounds: Sequence[Round], arm: str) -> pd.DataFrame:
    """A row for each finding. Columns: round, kind, check, subject, detail, right, changes (that were made)."""
    rows = [
        (
            number,
            each.kind,
            one.check,
            one.subject,
            one.detail,
            not wrong(each.changes, [one]),
            _told(each.changes),
        )
        for number, each in enumerate(rounds)
        if arm in each.found
        for one in each.found[arm]
    ]
    return pd.DataFrame(rows, columns=["round", "kind", "check", "subject", "detail", "right", "changes"])


def _told(changes: Iterable[Fault]) -> str:
    return "; ".join(change.variant for change in changes)
