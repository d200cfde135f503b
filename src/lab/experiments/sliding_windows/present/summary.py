"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.sliding_windows.criteria import NO_DEDUPLICATION, NO_LATENESS
from lab.experiments.sliding_windows.present.findings import SHORT, Findings, findings, slide

_KEYS = ("1_min", "5_min", "1_h")


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, headline, decisions, alternatives; every figure from the run."""
    found = findings(treatment, controls)
    return Summary(
        answer=_answer(found),
        conditions=_conditions(found),
        headline=Metric(
            "accuracy",
            found.accuracy,
            "%",
            f"of windows with events up to {slide(found.params.max_delay_s)} late are right",
            better="higher",
        ),
        figure="accuracy",
        decisions=[_right(found), _late(found), _slide(found), _mode(found)],
        alternatives=_alternatives(treatment),
    )


def _answer(found: Findings) -> str:
    without, zero = found.query(NO_DEDUPLICATION), found.query(NO_LATENESS)
    narrow, wide = found.smallest, found.beside
    return (
        f"{_hold(found)}: {found.accuracy:.4g} % of the windows with events up to {_bound(found)} late equal the "
        f"truth, against {without.accuracy:.1f} % without deduplication and {zero.accuracy:.1f} % with a watermark of 0. "
        f"Later events are dropped as Spark's rule predicts, batch by batch. "
        f"Sliding 1 h by {slide(narrow.slide_s)} instead of {slide(wide.slide_s)} takes {found.times('state_rows'):.1f} times "
        f"the state."
    )


def _bound(found: Findings) -> str:
    return slide(found.params.max_delay_s)


def _hold(found: Findings) -> str:
    return "Yes" if found.accuracy == 100 and not found.own["over"].any() else "Not always"


def _conditions(found: Findings) -> list[str]:
    params = found.params
    return [
        f"copies carry their event's id and its very time; {params.duplicate_share:.0%} of the events were sent twice",
        "no event time lies in the future: one that does moves the watermark on, and all others are late",
        f"{params.users:,} users on one machine, in time lapse: a batch spans up to "
        f"{found.value('batch_span'):.0f} min of event time",
    ]


def _right(found: Findings) -> Decision:
    without = found.query(NO_DEDUPLICATION)
    return Decision(
        "Are sliding windows right when events come late or twice?",
        f"With dropDuplicatesWithinWatermark on user and id and a watermark of {_bound(found)}: {found.accuracy:.4g} "
        f"% right, {int(found.own['over'].sum())} counted too much. Without it {int(without.over):,} of "
        f"{int(without.windows):,} windows count too much.",
        "measured",
        ["accurate", "counted_once", *(f"accuracy.{key}" for key in _KEYS)],
        figure="accuracy",
    )


def _late(found: Findings) -> Decision:
    row, share = found.query(SHORT), found.value("late_let_in")  # both of that query
    return Decision(
        "How many late events does a watermark drop?",
        f"All that come two batches later than it allows, some that come sooner: a batch filters by the watermark of the one "
        f"before. Here, with up to {found.value('batch_span'):.0f} min of event time in a batch, {share:.0%} of the late still "
        f"counted in windows of {SHORT}; {row.dropped:,.0f} events were lost, {row.spark_counter:,} rows by Spark's counter.",
        "measured",
        [
            "drops_predicted",
            "watermark_predicted",
            "batch_span",
            "late_let_in",
            "dropped.1_min",
            "counter.1_min",
        ],
    )


def _slide(found: Findings) -> Decision:
    wide, narrow = found.beside, found.smallest
    return Decision(
        "How small a slide can I afford?",
        f"State grows with windows per event: 1 h by {slide(narrow.slide_s)} took {found.times('state_rows'):.1f} times the rows "
        f"and {found.times('checkpoint_mib'):.1f} times the checkpoint of {slide(wide.slide_s)}, a batch {narrow.seconds:.1f} s "
        f"instead of {wide.seconds:.1f} s.",
        "measured",
        ["state_predicted", *(f"price.state_rows.{int(row.per_event)}" for row in (wide, narrow))],
        figure="price",
    )


def _mode(found: Findings) -> Decision:
    return Decision(
        "Update or append mode?",
        f"Update for a display: rows that change, half of the events within {found.value('latency_event.p50'):.1f} s and 95 % "
        f"within {found.value('latency_event.p95'):.1f} s here, where five queries share the machine ({SHORT}). Append for a "
        f"ledger: each window once, {found.value('latency_final_5_min.p50'):.1f} s after it can be final.",
        "measured",
        ["emitted_once", "latency_event.p50", "latency_event.p95", "latency_final_5_min.p50"],
        figure="latency",
    )


def _alternatives(treatment: Result) -> list[Alternative]:
    spark = treatment.versions.get("Apache Spark", "")
    return [
        Alternative(
            "dropDuplicates with the event time among its columns",
            "Tells copies only if their times are equal too; without the event time its state is never let go.",
            f"Structured Streaming Programming Guide, Apache Spark {spark}",
        ),
        Alternative(
            "numRowsDroppedByWatermark",
            "Counts rows at the operator that drops them: without deduplication these are partial aggregates, one for many "
            "events or many for one.",
            f"Structured Streaming Programming Guide, Apache Spark {spark}",
        ),
        Alternative(
            "Apache Flink",
            "Drops by the watermark of the moment, event by event, keeps windows open by allowedLateness and hands what is "
            "later to a side output. Not tried here.",
            "Apache Flink documentation, Windows, 2.x",
        ),
        Alternative(
            "RocksDB state store",
            "State on local disk, changelog checkpoints; Spark's default store keeps state in the heap and writes a delta a "
            "batch. Not tried here.",
            f"Structured Streaming Programming Guide, Apache Spark {spark}",
        ),
    ]
