"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.schema_evolution.judge.counts import lossy_refused
from lab.experiments.schema_evolution.params import Params

ALTERNATIVES = (
    Alternative(
        "BACKWARD",
        "Confluent's default: the new schema reads the latest version, older data are not looked at.",
        "Confluent Schema Registry 8.1, documentation of compatibility types",
    ),
    Alternative(
        "NONE",
        "Apicurio's default: no rule at all until one is set for all artifacts, a group or one artifact.",
        "Apicurio Registry 3.3.3, run beside ours here",
    ),
    Alternative(
        "Avro's own checker",
        "SchemaCompatibility (Java), avro.compatibility (Python): break or not; losses and logical types are not looked at.",
        "Avro 1.12.2; the registry's verdicts come from the Java one",
    ),
    Alternative(
        "Field ids",
        "Iceberg and Protobuf match fields by number: a rename is free, and a swapped position can't be mistaken.",
        "Iceberg specification, schema evolution; not run here",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    params, value = treatment.of(Params), {metric.name: metric.value for metric in treatment.metrics}
    table = treatment.tables["by_mode"].set_index("mode")
    full = table.loc["FULL_TRANSITIVE"]
    changes = treatment.tables["changes"]
    kept = int(changes[changes["mode"] == "FULL_TRANSITIVE"]["history"].iloc[0])
    skipped = controls["the writer's schema skipped"].tables["reading"]
    wrong, orders = int(skipped["silent"].sum()), int(skipped["orders"].sum())
    return Summary(
        answer=(
            f"Of {full['changes']} changes to a schema with a history of eight versions, {full['break']} break a reader under "
            f"FULL_TRANSITIVE, and our check refuses {full['ours']} of them, the registry {full['registry']}; "
            f"{full['only lossy']} more "
            f"lose values without breaking. A consumer that decodes with the writer's schema reads every version right; one that "
            f"skips it misreads {100 * wrong / orders:.0f} % of the orders without an error."
        ),
        conditions=(
            f"one record in eight versions; under FULL a change meets the {kept} latest, the others do not keep that mode",
            f"{params.values} messages for each pair of schemas: what none of them reaches is not seen",
            "Avro with a schema id in each message; two decoders in Python, none in Java",
        ),
        headline=Metric(
            "breaking_changes_refused",
            float(full["ours"]),
            f"of {full['break']}",
            "breaking changes refused, FULL_TRANSITIVE",
            better="higher",
        ),
        figure="versions",
        decisions=(
            _mode(treatment),
            _lossy(treatment, value),
            _library(value, len(treatment.tables["fuzzed"])),
            _policy(treatment),
            _parquet(treatment, value),
            _gate(treatment, params),
        ),
        alternatives=ALTERNATIVES,
    )


def _mode(treatment: Result) -> Decision:
    walks = treatment.tables["walks"]
    far = walks.iloc[-1]
    return Decision(
        "BACKWARD or BACKWARD_TRANSITIVE?",
        f"Transitive, if old messages are ever read again: with each step checked against the latest alone, "
        f"no neighbours break, but of versions {far['distance']:.0f} apart {100 * far['broken'] / far['pairs']:.0f} % do, by the "
        "same check.",
        "simulated",
        (f"broken_at_{int(far['distance'])}",),
        "random edits at equal odds stand in for a team's changes, the check's verdicts for decoding",
        "histories",
    )


def _lossy(treatment: Result, value: Mapping[str, float]) -> Decision:
    ours = lossy_refused(treatment.tables["fuzzed"])
    both = int((ours["registry"] == "compatible").sum())
    return Decision(
        "Is a registry's “compatible” enough?",
        f"No: of {value['lossy_pairs']:.0f} random pairs that read with a loss (rounded numbers, another scale or unit, replaced "
        f"symbols) it passes {value['registry_passes_loss']:.0f}, and {value['registry_passes_break']:.0f} of which a message "
        f"is refused; our check calls {both} of these lossy, no more. Have a check name losses, and let each be decided.",
        "measured",
        (
            *("lossy_pairs", "registry_passes_loss", "registry_passes_break"),
            *("lossy_refused", "no_missed_break"),
        ),
        figure="changes",
    )


def _library(value: Mapping[str, float], pairs: int) -> Decision:
    return Decision(
        "fastavro or avro, and may I trust its result?",
        f"Not bare: of {pairs} random pairs fastavro misreads {value['silent_fastavro']:.0f}, avro {value['silent_avro']:.0f}, "
        f"and of {value['aliased_pairs']:.0f} with an alias avro gets {value['aliased_wrong_avro']:.0f} wrong or not at all. "
        f"Within Reader they misread {value['silent_reader_on_fastavro']:.0f} and {value['silent_reader_on_avro']:.0f}; on avro "
        f"it refuses {value['refuses_readable_reader_on_avro']:.0f} that can be read.",
        "measured",
        (
            *("silent_fastavro", "silent_avro", "silent_reader_on_fastavro", "silent_reader_on_avro"),
            *(
                "aliased_pairs",
                "aliased_wrong_avro",
                "refuses_readable_reader_on_avro",
                "no_silent_corruption",
            ),
        ),
        figure="decoders",
    )


def _policy(treatment: Result) -> Decision:
    drills = treatment.tables["drills"]
    late = {str(policy): part for policy, part in drills.groupby("policy")["latest_s"]}
    halt, dead, came = late["halt"], late["dead letter"], drills["rolled_back"]
    told = "" if dead.max() < halt.min() else ", which these drills do not tell apart"
    return Decision(
        "Halt at an unreadable message, or put it aside?",
        f"Put it aside where order does not matter: halting stops all behind it until somebody comes, here a program "
        f"{came.min():.1f} to {came.max():.1f} s after the bad deploy. Good orders were up to {dead.max():.1f} s late, with "
        f"halting {halt.max():.1f} s{told}, this wait apart (only bad ones were due then); "
        f"{drills['lost'].sum():.0f} were lost.",
        "measured",
        (
            *("latest_halt", "latest_dead_letter"),
            *("rolled_back_halt", "rolled_back_dead_letter", "rolled_back"),
        ),
        figure="drill",
    )


def _parquet(treatment: Result, value: Mapping[str, float]) -> Decision:
    return Decision(
        "May I read Parquet files of several versions with union_by_name?",
        f"Not after a rename or with defaults: {value['wrong_cells_duckdb__union_by_name']:.0f} % of the cells were "
        "wrong, NULL for the "
        f"most part; put together by position {value['wrong_cells_union_all__by_position']:.0f} %.",
        "measured",
        ("wrong_cells_duckdb__union_by_name", "wrong_cells_union_all__by_position", "files_read_right"),
        figure="files",
    )


def _gate(treatment: Result, params: Params) -> Decision:
    row = treatment.tables["gate"].iloc[0]
    word = "refused" if row["refused"] else "let pass"
    bad = int(treatment.tables["drills"]["bad_orders"].median())
    return Decision(
        "What does a gate at registration save?",
        f"The whole drill: at {row['mode']} the registry {word} the bad version, and none of the {bad} orders that a "
        "drill had to repair "
        "would have been written.",
        "measured",
        ("gate_refuses", "rolled_back"),
        figure="drill",
    )
