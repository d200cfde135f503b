"""A second run under load beside its baseline: what differed in words, and every criterion in a table."""

from __future__ import annotations

import html
from collections.abc import Mapping

from lab.evidence import baseline, sources
from lab.evidence.criteria import VerdictValue
from lab.evidence.reproduction import Compared, Overall, Reproduction, Seen
from lab.report import tables

# With whose sign, colour and exit status each outcome of a comparison is shown.
VERDICTS: dict[Overall, VerdictValue] = {
    "agrees": "pass",
    "inconclusive": "inconclusive",
    "differs": "fail",
    "error": "error",
}


def remarks(found: Reproduction) -> list[str]:
    """What came out otherwise than before, or the reasons of an error; then why the two runs are not quite alike."""
    differ = [_difference(item) for item in found.criteria if item.agrees not in ("yes", None)]
    cautions = {
        "the machines are of two classes": found.before.machine_class != found.after.machine_class,
        "the code is not the baseline's": found.before.source_hash != found.after.source_hash,
    }
    reasons = found.after.reasons if found.overall == "error" else []
    return [*reasons, *differ, *_true(cautions), *outdated(found)]


def outdated(found: Reproduction) -> list[str]:
    """What has changed since the comparison was made; nothing if it is of code and baseline as they are now."""
    known, slug = baseline.kept(found.experiment), found.experiment
    return _true(
        {
            "the code has changed since": found.after.source_hash != sources.digest(slug, found.params),
            "there is another baseline since": known is not None and known["run_id"] != found.before.run_id,
        }
    )


def _true(said: Mapping[str, bool]) -> list[str]:
    return [words for words, true in said.items() if true]


def _difference(item: Compared) -> str:
    arm = f" in the control “{item.control}”" if item.control else ""
    kind = "precondition" if item.precondition and not item.control else item.tier
    name = f"{kind} `{item.name}`{arm}"
    if not (item.before and item.after):
        return f"{name} is missing" if item.before else f"{name} is not in the baseline"
    return f"{name}: {_said(item.before, item.unit)}, now {_said(item.after, item.unit)}"


def _said(seen: Seen, unit: str) -> str:
    return f"{seen.outcome} at {tables.quantity(seen.observed, unit)}"


def table(found: Reproduction) -> str:
    """A row for each criterion, controls last: what either run saw, and whether the second confirms the first."""
    head = ["criterion", "baseline", "under load", "confirmed"]
    return tables.table(head, map(_row, found.criteria), label=f"{found.experiment}: baseline and second run")


def _row(item: Compared) -> list[str]:
    limit = f"{tables.relation(item.limit.relation)} {tables.quantity(item.limit.bound, item.unit)}"
    kind = f"control “{html.escape(item.control)}”" if item.control else item.tier
    claim = f"<code>{html.escape(item.name)}</code> {html.escape(limit)}<br><small>{kind}</small>"
    return [claim, _cell(item.before, item.unit), _cell(item.after, item.unit), item.agrees or "not compared"]


def _cell(seen: Seen | None, unit: str) -> str:
    if seen is None:
        return "–"
    edges = f" [{', '.join(map(tables.quantity, seen.interval))}]" if seen.interval else ""
    return f"{html.escape(tables.quantity(seen.observed, unit))}{edges} {tables.badge(seen.outcome)}"
