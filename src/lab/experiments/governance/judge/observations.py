"""An observation for each criterion whose measurement was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.statistics import clopper_pearson, wilson
from lab.experiments.governance import oracle
from lab.experiments.governance.judge import matching
from lab.experiments.governance.judge.model import error, error_between, fitted, prediction
from lab.experiments.governance.measure.rounds import ALL, WITHOUT
from lab.experiments.governance.measure.seen import CLEAN, DRAWN, UNSEEN, VARIANTS, Round, Seen
from lab.experiments.governance.params import Params
from lab.experiments.governance.workload.faults import CLASSES

LARGEST_ERROR = 0.25  # of the model, as in the criterion
SHOWN = 3  # examples of what is wrong


def observe(params: Params, seen: Seen, arm: str = ALL) -> dict[str, Observation]:
    """By criterion. arm: whose findings are judged."""
    found = {}
    if seen.coverage is not None:
        found["cases_covered"] = cases_covered(seen.coverage)
    if seen.gaps is not None:
        found["documents_complete"] = _listed(seen.gaps, "nothing lacks")
    if seen.rounds:
        found |= _audited(seen.rounds, arm)
    if seen.labels is not None:
        found |= classified(seen.labels, params.threshold)
    if seen.kept is not None:
        wrong = [f"{case}: {what}" for case, what in seen.kept.items() if what]
        found["onboarding_holds"] = _listed(wrong, f"of {len(seen.kept)} cases")
    if seen.times is not None:
        found["model_predicts"] = model_predicts(seen.times)
    return found


def model_predicts(times: pd.DataFrame) -> Observation:
    """Error of the line at the largest size; inconclusive if it hangs on one fastest audit of a size."""
    predicted, measured = prediction(times)
    low, high = error_between(times)
    clear = not low < LARGEST_ERROR < high
    detail = (
        f"{predicted:.3g} s predicted, {measured:.3g} s measured, {fitted(times).each * 1e3:.2g} ms a table; "
        f"{low:.0%} to {high:.0%} off with the second fastest of any sizes"
    )
    told = detail if clear else f"{detail}, with the limit between: too noisy a machine"
    return Observation(error(times), told, conclusive=clear)


def _listed(wrong: Sequence[str], right: str) -> Observation:
    return Observation(len(wrong), "; ".join(wrong[:SHOWN]) or right)


def cases_covered(coverage: pd.DataFrame) -> Observation:
    """Sections in scope that are not covered, and claims of sections that there are not."""
    wrong = coverage[coverage["problem"] != ""]
    told = [f"{row.framework} {row.id}: {row.problem}" for row in wrong.itertuples()]
    return _listed(told, f"all {int(coverage['in_scope'].sum())} in scope")


def _audited(rounds: Sequence[Round], arm: str) -> dict[str, Observation]:
    faults, findings = matching.seeded(rounds, arm), matching.findings(rounds, arm)
    faults, judged = faults[faults["kind"].isin([DRAWN, VARIANTS])], findings["kind"].isin([DRAWN, VARIANTS])
    found = {}
    if len(faults):
        found["faults_found"] = faults_found(faults)
    if any(each.kind == CLEAN for each in rounds):
        told = [f"{row.subject}: {row.detail}" for row in findings[findings["kind"] == CLEAN].itertuples()]
        count = sum(each.kind == CLEAN for each in rounds)
        found["mock_audit_passes"] = _listed(told, f"of {count} databases")
    if judged.any():
        found["findings_right"] = findings_right(findings[judged])
    variants = [each for each in rounds if each.kind == VARIANTS and len(each.found) > 1]
    if variants and arm == ALL:
        found["each_check_needed"] = each_check_needed(variants)
    return found


def faults_found(faults: pd.DataFrame) -> Observation:
    """Faults that were missed; the interval is that of the share that is missed, of those drawn at random."""
    missed = faults[~faults["found"]]
    drawn = faults[faults["kind"] == DRAWN]
    told = "; ".join(f"{row.check}, {row.variant}" for row in missed.head(SHOWN).itertuples())
    detail = f"of {len(faults)}" if missed.empty else f"{told} (of {len(faults)})"
    if len(drawn):
        low, _ = clopper_pearson(int(drawn["found"].sum()), len(drawn))
        detail += f"; recall of {len(drawn)} drawn at random at least {low:.3f} (95 %)"
    return Observation(len(missed), detail)


def findings_right(findings: pd.DataFrame) -> Observation:
    right = int(findings["right"].sum())
    told = [
        f"{row.check}, {row.subject}: {row.detail}"
        for row in findings[~findings["right"]].head(SHOWN).itertuples()
    ]
    detail = f"{right} of {len(findings)}" + (f"; not {'; '.join(told)}" if told else "")
    return Observation(right / len(findings), detail, clopper_pearson(right, len(findings)))


def removed(rounds: Sequence[Round]) -> pd.DataFrame:
    """Without which check how many of each class's variants are missed. Columns: removed, check, missed, of."""
    rows = []
    for name in CLASSES:
        table = matching.seeded(rounds, f"{WITHOUT}{name}")
        for check, part in table.groupby("check", sort=False):
            rows.append((name, str(check), int((~part["found"]).sum()), len(part)))
    return pd.DataFrame(rows, columns=["removed", "check", "missed", "of"])


def each_check_needed(rounds: Sequence[Round]) -> Observation:
    """Classes that are not wholly missed without their check, or not wholly found without another one."""
    table = removed(rounds)
    due = table["of"].where(table["removed"] == table["check"], 0)
    wrong = table[table["missed"] != due]
    told = [
        f"without {row.removed} {row.missed} of {row.of} of {row.check} missed" for row in wrong.itertuples()
    ]
    return _listed(told, f"{len(CLASSES)} checks removed in turn, {len(CLASSES)} classes each")


def fewest_missed(rounds: Sequence[Round]) -> Observation:
    """Of the audits with a check removed, the one that misses least."""
    table = removed(rounds).groupby("removed", sort=False)["missed"].sum()
    return Observation(
        int(table.min()),
        f"without {table.idxmin()}; with each removed in turn from {table.min()} to {table.max()}",
    )


def classified(labels: pd.DataFrame, threshold: float) -> dict[str, Observation]:
    """Recall over columns with identifiers, precision over columns that were labelled."""
    own = labels[labels["threshold"] == threshold]
    return {"classifier_recall": recall(own), "classifier_precision": precision(own)}


def recall(labels: pd.DataFrame) -> Observation:
    personal = labels[labels["label"] != oracle.NONE]
    right = personal["said"] == personal["label"]
    worst = right.groupby(personal["kind"]).mean().sort_values()
    detail = f"{int(right.sum())} of {len(personal)}; least of {worst.index[0]}, {worst.iloc[0]:.0%}"
    return _share(int(right.sum()), len(personal), detail)


def precision(labels: pd.DataFrame) -> Observation:
    said = labels[labels["said"] != oracle.NONE]
    if said.empty:
        return Observation(float("nan"), "no column was labelled")
    right = said["said"] == said["label"]
    others = said[~right]["kind"].value_counts()
    told = (
        f"; wrong: {', '.join(f'{kind} ({count})' for kind, count in others.items())}" if len(others) else ""
    )
    return _share(int(right.sum()), len(said), f"{int(right.sum())} of {len(said)}{told}")


def _share(right: int, of: int, detail: str) -> Observation:
    return Observation(right / of, detail, wilson(right, of))


def unseen(rounds: Sequence[Round]) -> Mapping[str, bool]:
    """Whether the audit sees what it is known not to see, by variant."""
    table = matching.seeded([each for each in rounds if each.kind == UNSEEN], ALL)
    return dict(zip(table["variant"], table["found"], strict=True))
