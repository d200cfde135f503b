"""Judge a stored record again from its own criteria and observations."""

from __future__ import annotations

from typing import Any

from lab.evidence.criteria import Limit, VerdictValue
from lab.evidence.record import Record


def disagreements(record: Record) -> list[str]:
    """What in `record` does not follow from what it says it observed; empty if all does."""
    items = [*record["criteria"], *record["control"]["variants"]]
    found = [f"{item['name']} is {item['outcome']}" for item in items if not _follows(item)]
    expected = _verdict(record)
    if expected and record["verdict"] != expected:
        found.append(f"verdict is {record['verdict']}, but {expected} follows from the outcomes")
    return found


def _follows(item: dict[str, Any]) -> bool:
    """`inconclusive` is the experiment's own judgement of its noise; the others can be recomputed."""
    if item["outcome"] == "inconclusive":
        return True
    if item["observed"] is None:
        return item["outcome"] in ("not run", "fail")
    limit = Limit(item["limit"]["relation"], item["limit"]["bound"])
    return item["outcome"] == ("pass" if limit.admits(item["observed"]) else "fail")


def _verdict(record: Record) -> VerdictValue | None:
    """The verdict that the rules of `lab.evidence.criteria.conclude` give, from stored outcomes alone."""
    if record["verdict"] == "error":
        return None
    controls = record["control"]["variants"]
    if all(item["outcome"] == "not run" for item in (*record["criteria"], *controls)):
        return "not run"
    gating = [item for item in record["criteria"] if item["tier"] != "absolute"]
    failed = [item for item in gating if item["outcome"] == "fail" and not item["precondition"]]
    if any(item["tier"] == "invariant" for item in failed):
        return "fail"
    doubtful = any(
        item["outcome"] in ("inconclusive", "not run") or (item["precondition"] and item["outcome"] == "fail")
        for item in gating
    )
    if doubtful or not controls or any(arm["outcome"] != "fail" for arm in controls):
        return "inconclusive"
    return "fail" if failed else "pass"
