"""Generated days with known anomalies, judged by Prometheus itself; and live faults on the real path of an alert."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from lab.evidence.result import Result
from lab.experiments.observability.judge.metrics import metrics
from lab.experiments.observability.judge.observations import observe, precision, recall, unresolved
from lab.experiments.observability.judge.tables import confusion, tables
from lab.experiments.observability.kit import FOLDER
from lab.experiments.observability.measure import checks, live
from lab.experiments.observability.measure.days import measured
from lab.experiments.observability.measure.seen import Days, Seen
from lab.experiments.observability.mechanism import RULES
from lab.experiments.observability.params import Params
from lab.experiments.observability.workload.arms import Arm, burn_rate, static
from lab.experiments.observability.workload.streams import stream
from lab.progress import steps
from lab.services.session import session


def run(params: Params, arm: Arm) -> Result:
    """One rule on the generated days, a reader's own too: `Arm("mine", {"rejected": "pipeline:rejected:ratio_rate5m > 0.05"})`.

    Judged by the kinds of anomaly that it has an expression for.
    """
    with tempfile.TemporaryDirectory(dir=session().folder) as name:
        seen = _days(params, [arm], Path(name), ("test",))
    found = confusion(seen, arm, "test")
    return Result(params, {"precision": precision(found), "recall": recall(found)}, versions=_versions())


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """Treatment and controls: the rules' tests, the live faults, then the generated days."""
    with tempfile.TemporaryDirectory(dir=session().folder) as name, steps(4) as work:
        folder = Path(name)
        for part in ("rules", "live", "days"):
            (folder / part).mkdir()
        work.next("tests of the rules")
        checked = checks.checks(folder / "rules")
        work.next("live faults")
        with live.stack(params, folder / "live") as up:
            lived = live.episode(params, up)
        work.next("thresholds of the control")
        arms = [burn_rate(), *static(params)]
        work.next("generated days")
        days = _days(params, arms, folder / "days")
    missing = checks.unlinked(RULES.read_text(), (FOLDER / "runbook.md").read_text())
    return results(params, Seen(days, lived, checked, missing))


def results(params: Params, seen: Seen) -> tuple[Result, dict[str, Result]]:
    """Treatment and controls of what was seen."""
    made = tables(seen)
    versions = _versions() | dict(seen.live.versions)
    treatment = Result(params, observe(seen, made), metrics(seen, made), made, versions)
    _, naive, _ = seen.days.arms
    return treatment, {
        "static_threshold": Result(
            params, {"precision": precision(confusion(seen.days, naive, "test"))}, versions=versions
        ),
        "runbook_off": Result(
            params,
            {"alert_fires_and_runbook_resolves": unresolved(made["live"], attended=False)},
            versions=versions,
        ),
    }


def _days(params: Params, arms: Sequence[Arm], folder: Path, names: Sequence[str] = ("test", "rare")) -> Days:
    return measured({name: stream(params, name) for name in names}, arms, folder)


def _versions() -> dict[str, str]:
    return {"prometheus-client": metadata.version("prometheus-client")}
