"""What is under test: the kit's alert rules, its evaluation of alerts, and its runbook; a reader takes them home."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from lab.experiments.observability.kit import FOLDER
from lab.experiments.observability.kit.pipelinewatch.evaluate import (
    Alert,
    Confusion,
    EvaluationError,
    Injection,
    alerts_of,
    evaluate,
)
from lab.experiments.observability.kit.pipelinewatch.runbook import RunbookError, entries

__all__ = [
    "ALERTS",
    "RULES",
    "Alert",
    "Confusion",
    "EvaluationError",
    "Injection",
    "RunbookError",
    "alerts_of",
    "entries",
    "evaluate",
    "inlined",
    "scaled",
]

RULES = FOLDER / "prometheus" / "rules.yml"
ALERTS = {"rejected": "RowsRejected", "late": "RowsLate", "missing": "RowsMissing"}
_SECOND_PAIR = re.compile(r"^ +or \(pipeline:\w+:ratio_rate6h .*\n", re.MULTILINE)
_RANGE = re.compile(r"\[(\d+)([mh])\]")


def inlined(expression: str, rules: Path = RULES) -> str:
    """An expression without recorded series: what it asks of days on which nothing was recorded."""
    groups = yaml.safe_load(rules.read_text())["groups"]
    recorded = {
        rule["record"]: rule["expr"] for group in groups for rule in group["rules"] if "record" in rule
    }
    names = re.compile("|".join(sorted(map(re.escape, recorded), key=len, reverse=True)) or "(?!)")
    return names.sub(lambda found: f"({recorded[found[0]]})", expression)


def scaled(rules: str, factor: float) -> str:
    """The text of the rule file with its windows divided by `factor`, for a trial of seconds, and the first pair alone: the
    second's would be longer than the trial, and judge by what little they hold.
    """
    seconds = {"m": 60, "h": 3600}
    return _RANGE.sub(
        lambda found: f"[{int(found[1]) * seconds[found[2]] * 1000 / factor:.0f}ms]",
        _SECOND_PAIR.sub("", rules),
    )
