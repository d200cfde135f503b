"""Metrics and tables of a run."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab.evidence.result import Metric
from lab.experiments.infra_drift.judge.detections import looks
from lab.experiments.infra_drift.judge.observations import law, mean_error, predicted_mean
from lab.experiments.infra_drift.measure.seen import Commands, Seen
from lab.experiments.infra_drift.params import Params
from lab.experiments.infra_drift.workload import KINDS


def metrics(params: Params, seen: Seen, table: pd.DataFrame) -> list[Metric]:
    """Detection times, remediation, run times, what each command sees."""
    return [
        *_detection(params, seen, table),
        *_remediation(seen, table),
        *_commands(seen.commands),
        *_sizes(seen),
        Metric("managed", float(seen.managed), "objects", "in the state that is watched"),
        Metric("apply_s", seen.apply_s, "s", "to make them"),
        Metric("lock_refused_s", seen.lock.seconds, "s", "until a second apply is told that there is a lock"),
        Metric("destroyed", float(len(seen.everything.lost)), "objects", "destroyed by applying everything"),
        Metric(
            "accepted",
            float(len(seen.everything.accepted)),
            "changes",
            "still there after applying everything, and told of by no look any more",
        ),
    ]


def _detection(params: Params, seen: Seen, table: pd.DataFrame) -> list[Metric]:
    times = table["detected_s"].dropna()
    found = looks(seen.live.events)
    reach = 1.96 * mean_error(params, table)
    mean = float(times.mean())
    runs = [look.ended - look.started for look in found]
    reads = [float(np.mean(list(look.reads.values()))) - look.started for look in found if look.reads]
    return [
        Metric(
            "detection_mean_s",
            mean,
            "s",
            "from a change to the receiver",
            list(times),
            (mean - reach, mean + reach),
            "95 %, stratified phases",
            "lower",
        ),
        Metric("detection_max_s", float(times.max()), "s", "longest", better="lower"),
        Metric("predicted_mean_s", predicted_mean(params, table), "s", "T/2 + R - r", grade="arithmetic"),
        Metric("run_s", float(np.median(runs)), "s", "R, run time of a look, median", runs, better="lower"),
        Metric("read_s", float(np.median(reads)), "s", "r, from its start to an object's read, median"),
    ]


def _remediation(seen: Seen, table: pd.DataFrame) -> list[Metric]:
    restored, tickets = (table[table["outcome"] == name] for name in ("restored", "ticket"))
    good = restored["declared"] == True  # noqa: E712
    return [
        Metric(
            "remediation_rate",
            float(good.mean()) if len(restored) else 0.0,
            "",
            f"of {len(restored)} restored changes are as declared",
            better="higher",
        ),
        Metric("restored", float(len(restored)), "changes", "put back by the detector"),
        Metric(
            "restored_s", float(restored["answered_s"].median()), "s", "from a change until put back, median"
        ),
        Metric("tickets", float(len(tickets)), "changes", "with a ticket"),
    ]


def _commands(commands: Commands) -> list[Metric]:
    seen = command_table(commands)
    return [
        Metric(
            f"seen_{number}",
            float(seen[seen["command"] == name]["seen"].sum()),
            "kinds",
            f"of {len(KINDS)} kinds of changes are told by: {name}",
        )
        for number, name in enumerate(commands.told, 1)
    ]


def _sizes(seen: Seen) -> list[Metric]:
    line = law(seen.sizes)
    return [
        Metric("run_fixed_s", line.fixed, "s", "a, run time of a look at nothing, by the line"),
        Metric("run_each_s", line.each, "s", "b, more for each role"),
        *(
            Metric(
                f"run_{one.objects}_s",
                float(np.median(one.seconds)),
                "s",
                f"at {one.objects} roles",
                one.seconds,
            )
            for one in seen.sizes
        ),
    ]


def tables(seen: Seen, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """By name."""
    return {
        "detections": table,
        "commands": command_table(seen.commands),
        "sizes": pd.DataFrame(
            [(one.objects, second, one.apply_s) for one in seen.sizes for second in one.seconds],
            columns=["objects", "seconds", "apply_s"],
        ),
        "everything": pd.DataFrame(
            [("lost", item) for item in seen.everything.lost]
            + [("accepted", item) for item in seen.everything.accepted],
            columns=["what", "item"],
        ),
    }


def command_table(commands: Commands) -> pd.DataFrame:
    """Kind by command: whether the command tells of it."""
    return pd.DataFrame(
        [
            (change.kind, name, change.address in told)
            for name, told in commands.told.items()
            for change in commands.changes
        ],
        columns=["kind", "command", "seen"],
    )
