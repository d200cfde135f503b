"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.etl_drift.criteria import AUTOMATIC
from lab.experiments.etl_drift.judge.metrics import shares
from lab.experiments.etl_drift.measure.locks import EXPAND, IN_PLACE
from lab.experiments.etl_drift.measure.mapped import THRESHOLDS
from lab.experiments.etl_drift.mechanism import wilson_low
from lab.experiments.etl_drift.present.findings import Findings, findings, least_rows, percent
from lab.experiments.etl_drift.workload.batches import CHANGES

ALTERNATIVES = (
    Alternative(
        "dlt",
        "A loader that evolves its target by name: a new name is a new column, another type a column beside the first. "
        "Contracts (evolve, freeze, discard) look at names and types.",
        "dlt 1.31, its merge run beside it here",
    ),
    Alternative(
        "valentine",
        "Matchers of columns by names or values (Coma, Jaccard, Cupid, distributions), a score for every pair; when to believe "
        "one is left to you.",
        "valentine 1.0.1, two of them run beside it here",
    ),
    Alternative(
        "Airbyte, Fivetran",
        "Propagate new and dropped columns by name, on demand; a rename is one of each.",
        "their documentation, 2025; not run here",
    ),
    Alternative(
        "A schema registry",
        "Avro or Protobuf with compatibility rules stops a change at its producer, by names, types and defaults; not of meaning.",
        "Confluent Schema Registry documentation; not run here",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    found = findings(treatment, controls)
    share, least = found.seen("mapped_automatically"), found.params.shared_tried[0]
    return Summary(
        answer=(
            f"Yes, if it maps columns by rows that are delivered twice: of {len(found.census):,} columns in {found.cases} drifts "
            f"{percent(share)} were decided unasked, {found.seen('accepted_is_right'):.0f} wrongly (by exact name "
            f"{found.wrong_by_name}). A person was asked about {percent(found.value('asked_followed'))} of the renamed, "
            f"exchanged, widened or dropped ones and {percent(found.value('asked_others'))} of those with another unit, meaning "
            f"or form. After {len(CHANGES)} deliveries, each twice, and a kill at every stage {found.seen('no_data_lost'):.0f} "
            "rows differed from what was sent."
        ),
        conditions=(
            f"{found.params.shared} of {found.params.rows:,} rows are delivered again; with {least} a person is asked about "
            f"{percent(found.tried(least, found.params.threshold)['asked'])} of the columns",
            "one table of flights with a key; drifts simulated one at a time, plus one real change of meaning",
            "a change that touches no row delivered twice can't be seen",
        ),
        headline=Metric(
            "mapped_automatically",
            100 * share,
            "%",
            f"of columns decided without a person, {found.seen('accepted_is_right'):.0f} wrongly",
            better="higher",
        ),
        figure="decided",
        decisions=(
            _names(found),
            _overlap(found),
            _threshold(found),
            _rerun(found),
            _widen(found),
            _tools(found),
            _matchers(found),
        ),
        alternatives=ALTERNATIVES,
    )


def _names(found: Findings) -> Decision:
    return Decision(
        "May I trust a column that kept its name?",
        f"No: two publications of the same flights have hour and minute under one name and type, equal in "
        f"{percent(found.equal('hour'))} and {percent(found.equal('minute'))} of rows, scheduled here and actual there.",
        "measured",
        ("meaning_is_asked", "accepted_is_right", "confidence_hour"),
        figure="decided",
    )


def _overlap(found: Findings) -> Decision:
    counts = found.params.shared_tried
    decided = {shared: 1 - found.tried(shared, found.params.threshold)["asked"] for shared in counts}
    enough = [one for one in counts if all(decided[more] >= AUTOMATIC for more in counts if more >= one)]
    begin = f"{enough[0]:,} or more" if enough else f"More than the {counts[-1]:,} that were tried"
    tried = ", ".join(f"{shared}: {percent(share)}" for shared, share in decided.items())
    wrong = sum(found.value(f"wrong_{shared}_at_{found.params.threshold:g}") for shared in counts)
    least = least_rows(found.params.threshold)
    return Decision(
        "How many rows should a source deliver again?",
        f"{begin}, if {AUTOMATIC:.0%} of columns should need no person: Wilson's lower end can't reach "
        f"{found.params.threshold:g} below {least:,.0f} rows, were all equal. Decided unasked, on {found.cases_tried} drifts, by "
        f"rows: {tried}; {wrong:.0f} columns wrong in all.",
        "measured",
        tuple(f"automatic_{shared}_at_{found.params.threshold:g}" for shared in counts),
        figure="evidence",
    )


def _threshold(found: Findings) -> Decision:
    tried = sorted({*THRESHOLDS, found.params.threshold})
    wrong = {one: found.value(f"wrong_{found.params.shared}_at_{one:g}") for one in tried}
    hour = found.value("confidence_hour")
    right = [one for one in tried if one > hour and not any(wrong[more] for more in tried if more >= one)]
    told = "; ".join(
        f"{one:g}: {percent(1 - found.tried(found.params.shared, one)['asked'])}, {wrong[one]:.0f}"
        for one in tried
    )
    begin = f"Of those tried from {right[0]:g} on" if right else "From none of those tried"
    most = wilson_low(found.params.shared, found.params.shared)
    return Decision(
        "From which confidence on may a match be accepted?",
        f"{begin}: the real pair's hour, another quantity, reaches {hour:.2f}; {found.params.shared:,} rows, all equal, reach "
        f"{most:.3f} and no more. Decided unasked and columns wrong, on {found.cases_tried} drifts: {told}; we take "
        f"{found.params.threshold:g}.",
        "measured",
        ("confidence_hour", *(f"wrong_{found.params.shared}_at_{one:g}" for one in tried)),
    )


def _rerun(found: Findings) -> Decision:
    return Decision(
        "How do I make a load repeatable?",
        f"One transaction with the batch's identity (source and content), a key, and the migration in it: "
        f"{found.seen('rerun_changes_nothing'):.0f} rows changed when every batch came again, by plain INSERT {found.doubled:,}. "
        f"{found.seen('killed_load_is_whole'):.0f} of {len(found.treatment.tables['kills'])} kills, one a stage, left half a "
        "load.",
        "measured",
        ("rerun_changes_nothing", "killed_load_is_whole", "other_source_kept"),
    )


def _widen(found: Findings) -> Decision:
    added, renamed = (found.lock_ms(change, found.largest) for change in ("add a column", "rename a column"))
    waits = [found.value(f"wait_ms_{way.replace(' ', '_')}") for way in (IN_PLACE, EXPAND)]
    return Decision(
        "May the load widen a column by itself?",
        f"While readers may wait for it: changed in place, a column of {found.largest:,} rows kept a reader waiting for "
        f"{waits[0]:.0f} ms, with expand and contract {waits[1]:.0f} ms. Adding or renaming one locked for {added:.1f} and "
        f"{renamed:.1f} ms.",
        "measured",
        ("expand_waits_less", "wait_ms_in_place", "wait_ms_expand_and_contract"),
        figure="locks",
    )


def _tools(found: Findings) -> Decision:
    names = ("drop", "rename", "unit", "exchange", "widen")
    told = ", ".join(f"{name} {found.value(f'dlt_wrong_{name}'):.0f}" for name in names)
    rows = int(found.treatment.tables["dlt"]["rows"].max())
    return Decision(
        "Does a loader that evolves its schema make this needless?",
        f"No: by name it can't know what a value means. After dlt's merge, which replaces whole rows and puts other types in a "
        f"column beside, of {rows} rows these differ in the columns that there were: {told}.",
        "measured",
        tuple(f"dlt_wrong_{name}" for name in names),
    )


def _matchers(found: Findings) -> Decision:
    table = found.treatment.tables["matchers"]
    names = {str(name): str(name).split(",")[0].lower() for name in sorted(set(table["matcher"]))}
    each = "; ".join(
        f"{name}: {percent(found.value(f'precision_{short}'))} of its matches are right, "
        f"{percent(found.value(f'safe_share_{short}'))}"
        for name, short in names.items()
    )
    own = shares(found.census.merge(table[["kind", "case"]].drop_duplicates()))
    return Decision(
        "Does a schema matcher do as well?",
        f"Not unasked. Valentine's matchers on {found.cases_tried} drifts of all kinds, and the share of columns before their "
        f"first wrong match: {each}; this mapping, which is given a key, decides {percent(1 - own['asked'])}.",
        "measured",
        tuple(f"{kind}_{short}" for short in names.values() for kind in ("precision", "safe_share")),
    )
