"""Windows without drift, drifting ones, and four served models on the real path of an alert."""

from __future__ import annotations

import tempfile
from importlib import metadata
from pathlib import Path

from lab import wheels
from lab.evidence.result import Result
from lab.experiments.model_drift.judge.metrics import metrics
from lab.experiments.model_drift.judge.observations import dropped, family_wise, observe
from lab.experiments.model_drift.judge.tables import tables
from lab.experiments.model_drift.measure import beside, drifts, live, trials
from lab.experiments.model_drift.measure.seen import Seen
from lab.experiments.model_drift.params import Params
from lab.experiments.model_drift.workload.arms import UNCORRECTED, Arm
from lab.experiments.model_drift.workload.people import DISTRIBUTION, WHEEL, people
from lab.progress import steps
from lab.services.session import session


def run(params: Params, arm: Arm) -> Result:
    """False alarms of one rule, a reader's own too: `Arm("mine", function(ks, chi2, looks) -> alarms)`. No service."""
    quiet = trials.quiet(params, people(params))
    return Result(
        params, {"family_wise_at_most_nominal": family_wise(params, quiet, arm)}, versions=_versions()
    )


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """Treatment and controls: statistics while the servers come up, then the served models, then the restart."""
    with tempfile.TemporaryDirectory(dir=session().folder) as name, steps(7) as work:
        folder = Path(name)
        for part in ("served", "rules"):
            (folder / part).mkdir()
        base = folder / "base.joblib"
        work.next("people and the model")
        everybody = people(params)
        model = live.base_model(everybody, base)
        # Prometheus learns of its Alertmanager some five seconds after its start: meanwhile there is other work.
        with live.stack(params, folder / "served", base) as up:
            work.next("windows without drift")
            quiet, agreed = trials.quiet(params, everybody), trials.agreement(params, everybody)
            work.next("windows that drift")
            streams, power = drifts.streams(params, everybody, model), drifts.power(params, everybody)
            work.next("years")
            years = drifts.years(params, everybody, model)
            work.next("rules")
            rules = beside.rule_tests(folder / "rules")
            work.next("served models")
            served = live.episode(params, everybody, up)
            work.next("restart")
            restarted = beside.restarted(params, everybody, up)
    return results(params, Seen(quiet, agreed, streams, power, years, served, rules, restarted))


def results(params: Params, seen: Seen) -> tuple[Result, dict[str, Result]]:
    """Treatment and controls of what was seen."""
    made = tables(params, seen)
    versions = _versions() | dict(seen.live.versions)
    treatment = Result(params, observe(params, seen, made), metrics(params, seen, made), made, versions)
    uncorrected = {"family_wise_at_most_nominal": family_wise(params, seen.quiet, UNCORRECTED)}
    return treatment, {
        "uncorrected": Result(params, uncorrected, versions=_versions()),
        "restart": Result(params, {"no_request_dropped": dropped(seen.restarted)}, versions=versions),
    }


def _versions() -> dict[str, str]:
    libraries = {"scipy": "scipy", "scikit-learn": "scikit-learn", "prometheus-client": "prometheus-client"}
    return {f"{DISTRIBUTION} (the people)": wheels.version(WHEEL, DISTRIBUTION)} | {
        name: metadata.version(package) for name, package in libraries.items()
    }
