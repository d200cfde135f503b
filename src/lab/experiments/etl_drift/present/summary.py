"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.etl_drift.measure.locks import EXPAND, IN_PLACE
from lab.experiments.etl_drift.measure.mapped import THRESHOLDS
from lab.experiments.etl_drift.present.findings import Findings, findings, percent
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
    share = found.seen("mapped_automatically")
    return Summary(
        answer=(
            f"Yes, if it maps columns by rows that are delivered twice: of {len(found.census):,} columns in {found.cases} drifts "
            f"{percent(share)} were decided without asking ({percent(found.value('automatic_touched'))} of those that a drift "
            f"concerns), {found.seen('accepted_is_right'):.0f} wrongly, by exact name {found.wrong_by_name}. After "
            f"{len(CHANGES)} deliveries, each sent twice, and kills at every stage, {found.seen('no_data_lost'):.0f} rows "
            "differed from what was sent. What it can't tell it asks, and holds the batch."
        ),
        conditions=(
            f"{found.params.shared} of {found.params.rows:,} rows are delivered again; without such rows everything is asked",
            "one table of flights with a key; drifts simulated one at a time, plus one real change of meaning",
            "a change that touches no row delivered twice can't be seen",
        ),
        headline=Metric(
            "mapped_automatically",
            100 * share,
            "%",
            "of columns decided without a person, none wrongly",
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
    tried = ", ".join(
        f"{shared}: {percent(1 - found.tried(shared, found.params.threshold)['asked'])}" for shared in counts
    )
    wrong = sum(found.value(f"wrong_{shared}_at_{found.params.threshold:g}") for shared in counts)
    return Decision(
        "How many rows should a source deliver again?",
        f"Some hundred. Decided without asking, by shared rows: {tried}; {wrong:.0f} columns wrong in all of these.",
        "measured",
        tuple(f"automatic_{shared}_at_{found.params.threshold:g}" for shared in counts),
        figure="evidence",
    )


def _threshold(found: Findings) -> Decision:
    others = [one for one in THRESHOLDS if one != found.params.threshold]
    told = "; ".join(
        f"{one:g}: {percent(1 - found.tried(found.params.shared, one)['asked'])}, "
        f"{found.value(f'wrong_{found.params.shared}_at_{one:g}'):.0f}"
        for one in others
    )
    return Decision(
        "From which confidence on may a match be accepted?",
        f"{found.params.threshold:g}; tried beside it on every twelfth drift (decided unasked, "
        f"wrong columns): {told}. The real pair's hour reaches {found.value('confidence_hour'):.2f}.",
        "measured",
        ("confidence_hour", *(f"wrong_{found.params.shared}_at_{one:g}" for one in others)),
        figure="evidence",
    )


def _rerun(found: Findings) -> Decision:
    return Decision(
        "How do I make a load repeatable?",
        f"One transaction with the batch's identity (source and content), a key, and the migration in it: "
        f"{found.seen('rerun_changes_nothing'):.0f} rows changed when every batch came again, by plain INSERT {found.doubled:,}. "
        "Kills at each stage lost nothing.",
        "measured",
        ("rerun_changes_nothing", "killed_load_is_whole", "other_source_kept"),
        figure="rerun",
    )


def _widen(found: Findings) -> Decision:
    waits = [found.value(f"wait_ms_{way.replace(' ', '_')}") for way in (IN_PLACE, EXPAND)]
    return Decision(
        "May the load widen a column by itself?",
        f"On small tables: in place a reader of {found.largest:,} rows waited {waits[0]:.0f} ms, with expand and contract "
        f"{waits[1]:.0f} ms. Adding or renaming needs neither.",
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
        f"No: by name it can't know what a value means. After dlt's merge, of {rows} rows these differ in the columns that "
        f"there were: {told}.",
        "measured",
        tuple(f"dlt_wrong_{name}" for name in names),
    )
