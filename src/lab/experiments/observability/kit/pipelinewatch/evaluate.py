"""Alerts against what was injected: precision, recall, delays. Needs nothing but Python.

An alert belongs to an injection by its *start*: with the same key, while the injection lasts or up to `grace_s` after it.
One that was firing before detects nothing. The first alert of an injection detects it; others repeat it, and count
neither for nor against the rule.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Moment = float | datetime  # s since 1970, or a time with its zone; Go's zero time, year 1, is none
_Z = 1.959963984540054  # of 95 %


class EvaluationError(ValueError):
    """What was given can't be evaluated."""


@dataclass(frozen=True)
class Alert:
    """key: what it is about, such as (alertname, pipeline). end: None while it is firing."""

    key: Hashable
    start: Moment
    end: Moment | None = None


@dataclass(frozen=True)
class Injection:
    """An anomaly that is known. due: whether an alert must come; a small one may, so it is in precision alone."""

    key: Hashable
    start: Moment
    end: Moment
    due: bool = True


@dataclass(frozen=True)
class Confusion:
    """detected: injections with the delay of their first alert, s. missed: those that were due and had none."""

    detected: tuple[tuple[Injection, float], ...]
    missed: tuple[Injection, ...]
    false_alerts: tuple[Alert, ...]
    repeats: int

    @property
    def precision(self) -> float:
        """Of what was alerted on (each injection once), the share that was injected; nan without alerts."""
        return _share(len(self.detected), len(self.detected) + len(self.false_alerts))

    @property
    def precision_interval(self) -> tuple[float, float]:
        """Wilson's, at 95 %."""
        return wilson(len(self.detected), len(self.detected) + len(self.false_alerts))

    @property
    def recall(self) -> float:
        """Of what was due, the share that was detected; nan if nothing was due."""
        return _share(self._found, self._found + len(self.missed))

    @property
    def recall_interval(self) -> tuple[float, float]:
        """Wilson's, at 95 %."""
        return wilson(self._found, self._found + len(self.missed))

    @property
    def _found(self) -> int:
        return sum(injection.due for injection, _ in self.detected)


def evaluate(alerts: Iterable[Alert], injections: Iterable[Injection], grace_s: float = 600.0) -> Confusion:
    """Precision, recall and delays. EvaluationError for a time without a zone, no number, or an end before its start."""
    if not 0 <= grace_s < math.inf:
        raise EvaluationError(f"grace_s = {grace_s!r}: seconds, from 0")
    known = sorted(((_span(each), each) for each in injections), key=lambda pair: pair[0][0])
    by_key: dict[Hashable, list[tuple[tuple[float, float], int]]] = {}
    for place, (span, each) in enumerate(known):
        by_key.setdefault(each.key, []).append((span, place))
    delays: dict[int, float] = {}
    false, repeats = [], 0
    for start, alert in sorted(((_span(each)[0], each) for each in alerts), key=lambda pair: pair[0]):
        own = [
            (place, start - first)
            for (first, last), place in by_key.get(alert.key, ())
            if first <= start <= last + grace_s
        ]
        fresh = {place: delay for place, delay in own if place not in delays}
        delays |= fresh
        repeats += bool(own) and not fresh
        false += [] if own else [alert]
    return Confusion(
        tuple((known[place][1], delay) for place, delay in sorted(delays.items())),
        tuple(each for place, (_, each) in enumerate(known) if each.due and place not in delays),
        tuple(false),
        repeats,
    )


def alerts_of(
    series: Iterable[Mapping[str, Any]],
    step_s: float,
    by: Sequence[str],
    for_s: float = 0.0,
    gap_s: float = 0.0,
) -> list[Alert]:
    """Alerts from a range query of an alert's expression (or of `ALERTS{alertstate="firing"}`), `series` as Prometheus answers.

    by: labels that make the key. for_s: the rule's `for`, where the query was its expression. gap_s: alerts of one key that
    are no further apart are one, as they are for whoever is paged. A sample fires whatever its value, as in Prometheus.
    EvaluationError for a step that is none, or a negative `for_s` or `gap_s`.
    """
    if not 0 < step_s < math.inf or not 0 <= for_s < math.inf or not 0 <= gap_s < math.inf:
        raise EvaluationError(
            f"step_s = {step_s!r}, for_s = {for_s!r}, gap_s = {gap_s!r}: seconds, the step's above 0"
        )
    moments: dict[Hashable, set[float]] = {}
    for each in series:
        key = tuple(each["metric"].get(name, "") for name in by)
        moments.setdefault(key, set()).update(float(at) for at, _ in each["values"])
    return [
        Alert(key, start, end)
        for key, own in moments.items()
        for start, end in _joined(_held(_runs(sorted(own), step_s), for_s), gap_s)
    ]


def _runs(moments: Sequence[float], step_s: float) -> list[tuple[float, float]]:
    """Evaluations in a row as first and last moment; a step and a half apart is no longer in a row."""
    found: list[list[float]] = []
    for at in moments:
        if found and at - found[-1][1] <= 1.5 * step_s:
            found[-1][1] = at
        else:
            found.append([at, at])
    return [(first, last) for first, last in found]


def _held(runs: list[tuple[float, float]], for_s: float) -> list[tuple[float, float]]:
    return [(first + for_s, last) for first, last in runs if last - first >= for_s]


def _joined(runs: list[tuple[float, float]], gap_s: float) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for first, last in runs:
        if found and first - found[-1][1] <= gap_s:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); (0, 1) of nothing."""
    if trials == 0:
        return 0.0, 1.0
    share, weight = successes / trials, _Z * _Z / trials
    middle = (share + weight / 2) / (1 + weight)
    reach = _Z / (1 + weight) * math.sqrt(share * (1 - share) / trials + weight / (4 * trials))
    # At none and at all of them the bound is the share itself, whatever rounding makes of it.
    low = 0.0 if successes == 0 else max(0.0, middle - reach)
    return low, 1.0 if successes == trials else min(1.0, middle + reach)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _span(item: Alert | Injection) -> tuple[float, float]:
    start, end = (_seconds(item, moment) for moment in (item.start, item.end))
    if math.isinf(start):
        raise EvaluationError(f"{item} has no start")
    if end < start:
        raise EvaluationError(f"{item} ends before it starts")
    return start, end


def _seconds(item: Alert | Injection, moment: Any) -> float:
    if moment is None:
        return math.inf
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise EvaluationError(f"{item}: a time without its zone")
        return moment.timestamp() if moment.year > 1 else math.inf
    try:
        seconds = float(moment)
    except (TypeError, ValueError):
        raise EvaluationError(f"{item}: {moment!r} is no time") from None
    if math.isnan(seconds):
        raise EvaluationError(f"{item}: {moment!r} is no time")
    return seconds
