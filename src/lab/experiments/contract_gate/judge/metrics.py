"""What is told of a run: counts by kind, times, tables; and the line of the gate's time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median

import pandas as pd

from lab.evidence.fit import Line, line
from lab.evidence.result import Metric
from lab.experiments.contract_gate.judge import kinds
from lab.experiments.contract_gate.judge.kinds import CAUGHT, CLI, FALSE, GATE, WRONG
from lab.experiments.contract_gate.measure.seen import DUCKDB, Pushed, Seen, Timed
from lab.experiments.contract_gate.measure.times import COMMAND
from lab.experiments.contract_gate.measure.times import GATE as GATE_STEP
from lab.experiments.contract_gate.workload.mutants import GOOD

JUDGED = (0, 1)  # statuses of a call that judged data


def medians(timed: Sequence[Timed], step: str) -> pd.Series:
    """Median seconds of a step by orders, ascending."""
    rows = pd.DataFrame([asdict(one) for one in timed if one.step == step])
    return rows.groupby("orders")["seconds"].median().sort_index()


def middle(timed: Sequence[Timed]) -> int:
    """The size that is predicted: with a larger and a smaller one."""
    sizes = sorted({one.orders for one in timed if one.step == GATE_STEP})
    return int(sizes[len(sizes) // 2])


def fitted(timed: Sequence[Timed]) -> Line:
    """Seconds of the gate by orders, from all sizes but the one in the middle."""
    used = medians(timed, GATE_STEP).drop(middle(timed))
    return line(list(used.index), list(used), relative=True).rising()


def predicted(timed: Sequence[Timed]) -> tuple[float, float]:
    """(predicted, measured) seconds of the gate at the size in the middle."""
    size = middle(timed)
    return fitted(timed).at(size), float(medians(timed, GATE_STEP)[size])


def slug(*words: object) -> str:
    """A metric's name."""
    return "_".join(map(str, words)).replace("-", "_").replace(" ", "_").lower()


def metrics(seen: Seen, shown: Mapping[str, pd.DataFrame]) -> list[Metric]:
    """Of the parts that were measured. shown: tables `confusion` and `fates`, of this run or of the census."""
    found = [*_by_kind(shown["confusion"]), *_fates(shown["fates"]), *_pushes(seen.pushed)]
    return [*found, *_times(seen.timed), *_calls(seen)] if seen.timed else found


def _by_kind(confusion: pd.DataFrame) -> list[Metric]:
    found = []
    for validator in (GATE, CLI) if len(confusion) else ():
        for kind, row in kinds.by_kind(confusion, validator).iterrows():
            due = int(row[[*kinds.OUTCOMES[:3]]].sum())
            text = f"{kind}, {validator}: of {due} that were broken; {int(row[FALSE])} false alarms"
            found.append(Metric(slug("caught", kind, validator), float(row[CAUGHT]), "rules", text))
    return found


def _fates(fates: pd.DataFrame) -> list[Metric]:
    found = []
    for how in ("with", "without"):
        # Of good changes no mart is compared: they may change it.
        for group, own in fates[fates["group"] != GOOD].groupby("group", sort=False):
            count = float((own[how] == WRONG).sum())
            text = f"{group}, {how} the gate: of {len(own)} changes a wrong mart and status 0 after"
            found.append(Metric(slug("wrong", how, group), count, "changes", text))
    wrong = kinds.let_through(fates, "without")
    stopped = float((wrong["with"] == kinds.STOPPED).sum())
    text = f"violations prevented: of {len(wrong)} that led to a wrong mart"
    return [*found, Metric("prevented", stopped, "changes", text, better="higher")] if len(wrong) else found


def _pushes(pushed: Sequence[Pushed]) -> list[Metric]:
    if not pushed:
        return []
    bad = [one for one in pushed if not one.push.good]
    refused = float(sum(not one.accepted for one in bad))
    return [
        Metric("pushes_refused", refused, "pushes", f"of {len(bad)} that break a contract", better="higher")
    ]


def _times(timed: Sequence[Timed]) -> list[Metric]:
    found = []
    steps = [asdict(one) for one in timed if one.step != COMMAND]
    for (step, orders), own in pd.DataFrame(steps).groupby(["step", "orders"], sort=False):
        raw = [float(value) for value in own["seconds"]]
        text = f"{step}, {orders:,} orders, median"
        found.append(
            Metric(
                slug(step, "s_at", orders), float(own["seconds"].median()), "s", text, raw=raw, better="lower"
            )
        )
    law = fitted(timed)
    return [
        *found,
        Metric("gate_fixed_s", law.fixed, "s", "a, on hardly any rows"),
        Metric("gate_s_per_million", law.each * 1e6, "s", "b, for each million orders"),
    ]


def _calls(seen: Seen) -> list[Metric]:
    """Calls of the command that judged data, apart from those that refused to: these end before there is much to do."""
    calls = [one for one in seen.timed if one.step == COMMAND]
    judged = [one.seconds for one in calls if seen.ended[one.round].status in JUDGED]
    refused = [one.seconds for one in calls if seen.ended[one.round].status not in JUDGED]
    told = {
        "command_s": (judged, "a call of the command that judges few rows, median"),
        "command_refused_s": (refused, "a call that ends before it judges, median"),
    }
    return [
        Metric(name, median(raw) if raw else math.nan, "s", text, raw=raw, better="lower")
        for name, (raw, text) in told.items()
        if calls
    ]


def judged_tables(seen: Seen) -> dict[str, pd.DataFrame]:
    """What became of each change on DuckDB: tables `confusion` and `fates`."""
    own = [one for one in seen.judged if one.place == DUCKDB]
    return {"confusion": kinds.confusion(own), "fates": kinds.fates(own, seen.built)}


def tables(seen: Seen, shown: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """What pictures and page are made from. shown: as of `metrics`."""
    pushes = [(one.push.name, one.push.good, one.accepted, "\n".join(one.said)) for one in seen.pushed]
    return {
        **shown,
        "kinds": _rates(shown["confusion"]),
        "pushes": pd.DataFrame(pushes, columns=["push", "good", "accepted", "said"]),
        "commands": pd.DataFrame([asdict(one) for one in seen.ended]),
        "timed": pd.DataFrame([asdict(one) for one in seen.timed]),
        "opinions": _opinions(seen),
        "plan": pd.DataFrame({"tried": [sum(one.mutant is not None for one in seen.built)]}),
    }


def _rates(confusion: pd.DataFrame) -> pd.DataFrame:
    """Precision and recall of each validator by kind of rule; NaN where there is nothing to divide by."""
    own = {validator: kinds.by_kind(confusion, validator) for validator in (GATE, CLI)}
    found = pd.DataFrame({"rules broken": own[GATE][[*kinds.OUTCOMES[:3]]].sum(axis=1)})
    for validator, counts in own.items():
        found[f"{validator}, precision"], found[f"{validator}, recall"] = (
            counts["precision"],
            counts["recall"],
        )
    return found.reset_index(names="kind")


def _opinions(seen: Seen) -> pd.DataFrame:
    """Rules of the data as agreed that each validator speaks of, by place and kind."""
    rows = [
        (one.place, validator, kind)
        for one in seen.judged
        if one.mutant is None
        for validator, said in ((GATE, one.gate), (CLI, one.cli))
        for kind, _, _ in said.holds | said.broken
    ]
    frame = pd.DataFrame(rows, columns=["place", "validator", "kind"])
    return frame.groupby(["place", "validator", "kind"], sort=False).size().rename("rules").reset_index()
