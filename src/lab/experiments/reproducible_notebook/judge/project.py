"""A fresh record against the baseline: invariants by value and outcome, ratios by outcome, controls by outcome."""

from __future__ import annotations

from typing import Any

import pandas as pd

from lab.evidence.record import Record

COLUMNS = ["name", "tier", "baseline", "fresh", "equal"]


def held(baseline: Record, fresh: Record) -> pd.DataFrame:
    """One row for each criterion and control of either record.

    Of an invariant with an exact limit the value counts too; `absolute` ones only show, so they are left out. An outcome
    that one of the two could not tell (`inconclusive`) is another outcome.
    """
    rows = []
    pairs = ((_criteria(baseline), _criteria(fresh)), (_controls(baseline), _controls(fresh)))
    for before, after in pairs:
        for name in dict.fromkeys([*before, *after]):
            old, new = before.get(name), after.get(name)
            tier = (new or old or {}).get("tier", "")
            rows.append((name, tier, _said(old), _said(new), _said(old) == _said(new)))
    return pd.DataFrame(rows, columns=COLUMNS)


def _criteria(record: Record) -> dict[str, Any]:
    return {item["name"]: item for item in record["criteria"] if item["tier"] != "absolute"}


def _controls(record: Record) -> dict[str, Any]:
    return {f"control: {item['name']}": item | {"tier": "control"} for item in record["control"]["variants"]}


def _said(item: dict[str, Any] | None) -> str:
    if item is None:
        return "not there"
    exact = item["tier"] == "invariant" and item["limit"]["relation"] == "=="
    return (
        f"{item['outcome']}, {item['observed']:g}"
        if exact and item["observed"] is not None
        else item["outcome"]
    )
