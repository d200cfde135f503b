"""Changes by hand, a detector that looks every T, and what becomes of them; then each command, the lock, all applied."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.evidence.result import Result
from lab.experiments.infra_drift.judge.detections import detections
from lab.experiments.infra_drift.judge.metrics import metrics, tables
from lab.experiments.infra_drift.judge.observations import (
    nothing_destroyed,
    observe,
    of_live,
    one_apply,
    schedule_kept,
    unseen,
    worded,
)
from lab.experiments.infra_drift.measure import beside
from lab.experiments.infra_drift.measure.live import live
from lab.experiments.infra_drift.measure.seen import Seen
from lab.experiments.infra_drift.measure.stack import stack
from lab.experiments.infra_drift.mechanism import checked
from lab.experiments.infra_drift.params import Params
from lab.progress import steps
from lab.services.session import session


def run(params: Params, policy: Mapping[str, Sequence[str]] | None = None) -> Result:
    """The detector's run alone, with a reader's own `policy` (keys as in the kit's policy.json). PolicyError for a wrong one."""
    if policy is not None:
        checked(dict(policy))
    with tempfile.TemporaryDirectory(dir=session().folder) as name, stack(params.copies, Path(name)) as up:
        found = live(params, up, policy)
    table = detections(params, found)
    observed = of_live(params, found, table) | {"schedule_kept": schedule_kept(params, found)}
    return Result(params, observed, tables={"detections": table}, versions=up.versions)


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """Treatment and controls on one stack. Objects of one copy more are left to what comes after the detector's run."""
    spare = params.copies
    with (
        tempfile.TemporaryDirectory(dir=session().folder) as name,
        steps(7) as work,
    ):
        work.next("servers and a first apply")
        with stack(params.copies + 1, Path(name)) as up:
            work.next("a quiet world")
            quiet = beside.quiet(params, up, spare)
            work.next("the detector, and hands")
            watched = live(params, up, None)
            work.next("two applies at once")
            lock = beside.two_applies(up, spare, "-lock-timeout=0s")
            work.next("what each command sees")
            commands = beside.commands(up, spare)
            work.next("run time by size")
            sizes = beside.scale(params, up)
            work.next("controls")
            everything = beside.everything(up, [*watched.changes, *commands.changes])
            unlocked = beside.two_applies(up, spare, "-lock=false")
    found = (up.managed, up.apply_s, quiet, watched, lock, unlocked, commands, everything, sizes, up.versions)
    return results(params, Seen(*found))


def results(params: Params, seen: Seen) -> tuple[Result, dict[str, Result]]:
    """Treatment and controls of what was seen."""
    table = detections(params, seen.live)
    treatment = Result(
        params,
        observe(params, seen, table),
        metrics(params, seen, table),
        tables(seen, table),
        seen.versions,
    )
    controls = {
        "no refresh": {"detected_in_time": unseen(params, seen.commands)},
        "word by word": {"silent_without_change": worded(seen.quiet)},
        "apply everything": {"nothing_destroyed": nothing_destroyed(seen.everything.lost)},
        "no lock": {"one_apply_at_a_time": one_apply(seen.unlocked)},
    }
    return treatment, {
        name: Result(params, observed, versions=seen.versions) for name, observed in controls.items()
    }
