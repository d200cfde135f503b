"""What was claimed and what was seen, in one table: every criterion of the run, then every control."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from lab.evidence.record import Record
from lab.report import tables

Item = dict[str, Any]

_HEAD = ["criterion", "limit", "observed", "outcome"]


def fold(record: Record) -> str:
    """The table behind a line that counts."""
    return tables.fold(count(record), table(record))


def count(record: Record) -> str:
    """How many criteria and controls there are and did what they must, such as "11 criteria and 1 control: ..."."""
    criteria, controls = record["criteria"], record["control"]["variants"]
    missed = [item for item in criteria if item["outcome"] != "pass"]
    return f"{_held(len(criteria), missed, len(controls))}; {_failed(controls)}"


def _held(criteria: int, missed: Sequence[Item], controls: int) -> str:
    if not missed:
        return f"{tables.counted(criteria, 'criterion', 'criteria')} and {tables.counted(controls, 'control')}: all hold"
    decisive = any(item["tier"] != "absolute" for item in missed)
    rest = "" if decisive else ", among them all that decide"
    return f"{criteria - len(missed)} of {tables.counted(criteria, 'criterion', 'criteria')} hold{rest}"


def _failed(controls: Sequence[Item]) -> str:
    failed = sum(arm["outcome"] == "fail" for arm in controls)
    if len(controls) == 1:
        return "the control fails as it must" if failed else "the control does not fail as it must"
    if failed == len(controls):
        return f"the {failed} controls fail as they must" if failed else "there is no control"
    return f"{failed} of {len(controls)} controls fail as they must"


def table(record: Record) -> str:
    """A row for each criterion: what must be so, limit, what was seen, outcome and tier; below them the controls."""
    criteria = list(map(_criterion, record["criteria"]))
    controls = [_control(arm) for arm in record["control"]["variants"]]
    return tables.table(_HEAD, criteria + controls, label="criteria and controls: claimed and seen")


def alone(criteria: Sequence[Item]) -> str:
    """The criteria that a mechanism by itself was judged by; the names of those of which its run shows nothing."""
    seen = [item for item in criteria if item["outcome"] != "not run"]
    missing = [f"<code>{html.escape(item['name'])}</code>" for item in criteria if item not in seen]
    rest = f"<p>Not observed in such a run: {', '.join(missing)}.</p>" if missing else ""
    return tables.table(_HEAD, map(_criterion, seen), label="criteria: claimed and seen") + rest


def _criterion(item: Item) -> list[str]:
    return [*_claimed_and_seen(html.escape(item["text"]), item["name"], item), _outcome(item)]


def _control(arm: Item) -> list[str]:
    text = f"<strong>Control “{html.escape(arm['name'])}”.</strong> {html.escape(arm['text'])}"
    outcome = tables.badge(arm["outcome"])
    return [
        *_claimed_and_seen(text, arm["criterion"], arm),
        f"{outcome} as it must" if arm["outcome"] == "fail" else outcome,
    ]


def _claimed_and_seen(text: str, name: str, item: Item) -> list[str]:
    limit = f"{tables.relation(item['limit']['relation'])} {tables.quantity(item['limit']['bound'], item['unit'])}"
    seen = tables.quantity(item["observed"], item["unit"])
    if item["interval"]:
        seen += f" [{tables.quantity(item['interval'][0])}, {tables.quantity(item['interval'][1])}]"
    detail = f"<br><small>{html.escape(item['detail'])}</small>" if item["detail"] else ""
    return [f"{text}<br><small><code>{html.escape(name)}</code></small>", limit, seen + detail]


def _outcome(item: Item) -> str:
    """Outcome; tier; whether it is the exercise's own criterion, or what the run must have met to count."""
    kind = ", ".join([item["tier"]] + [name for name in ("acceptance", "precondition") if item[name]])
    return f"{tables.badge(item['outcome'])}<br><small>{kind}</small>"
