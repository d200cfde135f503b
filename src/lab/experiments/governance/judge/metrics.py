"""Metrics and tables of a run; none of a measurement that was not made."""

from __future__ import annotations

import pandas as pd

from lab.evidence.result import Metric
from lab.evidence.statistics import clopper_pearson, wilson
from lab.experiments.governance import oracle
from lab.experiments.governance.judge import matching, observations
from lab.experiments.governance.judge.model import fastest, law
from lab.experiments.governance.measure.rounds import ALL
from lab.experiments.governance.measure.seen import DRAWN, UNSEEN, VARIANTS, Seen

ANSWERED = ("check", "field", "person")


def tables(seen: Seen, arm: str = ALL) -> dict[str, pd.DataFrame]:
    """By name."""
    found = {
        "coverage": seen.coverage,
        "sections": seen.sections,
        "checklist": seen.checklist,
        "labels": seen.labels,
        "named": seen.named,
        "onboarded": seen.onboarded,
        "times": seen.times,
    }
    if seen.rounds:
        found["faults"] = matching.seeded(seen.rounds, arm)
        found["findings"] = matching.findings(seen.rounds, arm)
        variants = [each for each in seen.rounds if each.kind == VARIANTS and len(each.found) > 1]
        if variants and arm == ALL:
            found["removed"] = observations.removed(variants)
    return {name: table for name, table in found.items() if table is not None}


def metrics(seen: Seen, arm: str = ALL) -> list[Metric]:
    """In the order of the measurements."""
    made = tables(seen, arm)
    return [
        *(_documents(made["coverage"], made["checklist"]) if seen.checklist is not None else []),
        *(_faults(made["faults"], made["findings"]) if seen.rounds else []),
        *(_labels(made["labels"]) if seen.labels is not None else []),
        *(_named(made["named"]) if seen.named is not None else []),
        *(_onboarded(made["onboarded"]) if seen.onboarded is not None else []),
        *(_times(made["times"]) if seen.times is not None else []),
    ]


def share(name: str, right: int, of: int, text: str, exact: bool = False) -> Metric:
    """A share with its interval. exact: Clopper-Pearson's, else Wilson's."""
    interval = (clopper_pearson if exact else wilson)(right, of)
    method = "clopper-pearson 95 %" if exact else "wilson 95 %"
    return Metric(name, right / of, "", text, interval=interval, method=method, better="higher")


def _documents(coverage: pd.DataFrame, checklist: pd.DataFrame) -> list[Metric]:
    scope = coverage[coverage["in_scope"]]
    covered = int((scope["problem"] == "").sum())
    right = checklist[checklist["problem"] == ""]
    counts = right["kind"].value_counts()
    return [
        Metric(
            "coverage",
            covered / len(scope),
            "",
            "share of the frameworks' sections in scope that the playbook covers",
        ),
        Metric("sections_in_scope", len(scope), "sections", "of five frameworks, frozen before the playbook"),
        Metric("sections_out_of_scope", int((~coverage["in_scope"]).sum()), "sections", "with a reason each"),
        Metric(
            "completeness",
            len(right) / len(checklist),
            "",
            "share of the checklist's questions that something answers",
        ),
        *(
            Metric(
                f"answered_by_{kind}", int(counts.get(kind, 0)), "questions", f"of the checklist, by a {kind}"
            )
            for kind in ANSWERED
        ),
    ]


def _faults(faults: pd.DataFrame, findings: pd.DataFrame) -> list[Metric]:
    drawn, found = faults[faults["kind"] == DRAWN], []
    if len(drawn):
        found.append(
            share(
                "recall",
                int(drawn["found"].sum()),
                len(drawn),
                "of faults drawn at random that are found",
                True,
            )
        )
    for check, part in drawn.groupby("check", sort=False):
        found.append(
            share(f"recall_{check}", int(part["found"].sum()), len(part), f"of faults drawn, {check}", True)
        )
    variants = faults[faults["kind"] == VARIANTS]
    if len(variants):
        found.append(
            Metric(
                "variants_found",
                int(variants["found"].sum()),
                "faults",
                f"of {len(variants)}, each variant once",
            )
        )
    judged = findings[findings["kind"].isin([DRAWN, VARIANTS])]
    if len(judged):
        found.append(
            share(
                "precision",
                int(judged["right"].sum()),
                len(judged),
                "of findings that name a seeded fault",
                True,
            )
        )
    unseen = faults[faults["kind"] == UNSEEN]
    if len(unseen):
        text = f"of {len(unseen)} faults that it is known not to see"
        found.append(Metric("unseen", int((~unseen["found"]).sum()), "faults", text))
    return found


def _labels(labels: pd.DataFrame) -> list[Metric]:
    found = []
    for threshold, part in labels.groupby("threshold"):
        personal, said = part[part["label"] != oracle.NONE], part[part["said"] != oracle.NONE]
        right = int((personal["said"] == personal["label"]).sum())
        found.append(
            share(
                f"recall_at_{threshold:g}", right, len(personal), "columns with identifiers that are labelled"
            )
        )
        if len(said):
            true = int((said["said"] == said["label"]).sum())
            found.append(
                share(f"precision_at_{threshold:g}", true, len(said), "labelled columns that hold that")
            )
    return found


def _named(named: pd.DataFrame) -> list[Metric]:
    personal, other = named[named["label"] != oracle.NONE], named[named["label"] == oracle.NONE]
    right = personal["said"] == personal["label"]
    return [
        share(
            "names_told",
            int(right.sum()),
            len(personal),
            "names of public schemas for personal data that are told",
        ),
        share(
            "names_kept",
            int((other["said"] == oracle.NONE).sum()),
            len(other),
            "names of other things that are left alone",
        ),
    ]


def _onboarded(onboarded: pd.DataFrame) -> list[Metric]:
    totals = onboarded.groupby("dataset", sort=False)["ms"].sum()
    steps = onboarded.groupby("step", sort=False)["ms"].median()
    return [
        Metric(
            "onboarding_ms",
            float(totals.median()),
            "ms",
            "to onboard a dataset by the command, median; people's time is not in it",
            raw=[float(value) for value in totals],
            better="lower",
        ),
        *(
            Metric(f"onboarding_{step}_ms", float(ms), "ms", f"step {step}, median")
            for step, ms in steps.items()
        ),
    ]


def _times(times: pd.DataFrame) -> list[Metric]:
    fit, by_size = law(times), fastest(times)
    return [
        Metric("fixed_s", fit.fixed, "s", "a, of an audit, whatever it looks at"),
        Metric("table_ms", 1e3 * fit.each, "ms", "b, of an audit, for each table"),
        *(
            Metric(
                f"audit_s_at_{size}",
                float(seconds),
                "s",
                f"an audit of {size} tables, the fastest",
                raw=[float(value) for value in times[times["tables"] == size]["seconds"]],
                better="lower",
            )
            for size, seconds in by_size.items()
        ),
    ]
