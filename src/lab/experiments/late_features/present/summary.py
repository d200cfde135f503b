"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.late_features.criteria import TARGET
from lab.experiments.late_features.present.findings import Findings, findings


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, headline, decisions, alternatives; every figure from the run."""
    found = findings(treatment, controls)
    return Summary(
        answer=_answer(found),
        conditions=_conditions(found),
        headline=Metric(
            "late_absorbed",
            100 * found.own.late_absorbed,
            "%",
            f"of late events are absorbed at {found.own.minutes} min; without the rest the mean is {-found.own.error:.0%} low",
            better="higher",
        ),
        figure="absorbed",
        decisions=[
            _which(found),
            _delays(found),
            _bias(found),
            _mode(found),
            _retention(found),
            _guard(found),
        ],
        alternatives=_alternatives(),
    )


def _answer(found: Findings) -> str:
    own, enough = found.own, found.enough
    least = (
        f"{enough.minutes} min is the shortest watermark tried that keeps {TARGET:.0%}"
        if enough is not None
        else f"no watermark tried keeps {TARGET:.0%}"
    )
    off = found.treatment.observed["share_predicted"].value
    return (
        f"{own.minutes} min keep {own.share:.1%} of the events, {own.late_absorbed:.0%} of the late ones, and {least}; Spark's "
        f"rule tells the share beforehand, within {off:.1%} of the events, the distribution of delays does not. "
        f"But the {1 - own.share:.1%} dropped are the latest, and the mean delay comes out {-own.error:.0%} too low. "
        f"A restatement of {found.value('restated'):,.0f} of {own.features} features from the log mends that."
    )


def _conditions(found: Findings) -> list[str]:
    params = found.params
    return [
        f"{params.days} day{'s' * (params.days > 1)} of flights from {params.day}: on {found.value('days_reaching'):.0%} of the "
        f"year's days {params.watermark_minutes} min reach {TARGET:.0%}",
        f"windows of {params.window_minutes} min, batches of {params.batch_events} events or {found.batch_minutes:.0f} min: "
        f"larger ones absorb more",
        f"{found.value('never'):.1%} of the year's flights never depart: no watermark brings them",
    ]


def _which(found: Findings) -> Decision:
    seen = ", ".join(
        f"{row.minutes} min {row.share:.1%} ({row.late_absorbed:.0%} of the late)" for row in found.rows
    )
    return Decision(
        "Which watermark?",
        f"The shortest whose predicted share suffices; seen: {seen}. Ask absorbed_share() with your own events, windows and "
        "batches.",
        "measured",
        ["target_absorbed", "share_predicted", *_at(found, "absorbed"), *_at(found, "late_absorbed")],
        figure="absorbed",
    )


def _delays(found: Findings) -> Decision:
    first, coarse = found.rows[0], found.coarse
    return Decision(
        "Can the watermark be read off the distribution of delays?",
        f"No: F({first.minutes} min) is {first.within:.0%} where {first.share:.0%} are absorbed, for what counts is the window's "
        f"end against the largest event time seen before the last batch. Larger batches (four times) took {coarse.share:.1%}.",
        "measured",
        ["drops_predicted", *_at(found, "within", 1), *_at(found, "absorbed", 1), "absorbed_larger_batches"],
        figure="absorbed",
    )


def _bias(found: Findings) -> Decision:
    seen = ", ".join(f"{-row.error:.0%} at {row.minutes} min" for row in found.rows)
    return Decision(
        "What do dropped events do to a feature?",
        f"They are no random sample: the mean delay is too low by {seen}. If lateness goes with the value, watch the "
        f"value's error, not the share absorbed.",
        "measured",
        _at(found, "error"),
        figure="bias",
    )


def _mode(found: Findings) -> Decision:
    own = found.own
    return Decision(
        "Append or update mode?",
        f"Update writes a feature {own.changes:.1f} times, at once; append once, {found.value('emission_delay'):.0f} min "
        f"(median) after its window's end, of which {own.minutes} are the watermark's. Both end at the same value.",
        "measured",
        ["emitted_once", "converged_in_time", "emission_delay", f"changes@{own.minutes}"],
        figure="stability",
    )


def _retention(found: Findings) -> Decision:
    own, longest = found.own, found.rows[-1]
    return Decision(
        "A longer watermark, or the log and a restatement?",
        f"{longest.minutes} min hold {longest.rows / own.rows:.1f} times the state and still leave {longest.wrong} features "
        f"wrong; a restatement rewrote {found.value('restated'):.0f} and left none. Keep the log from a window's beginning to "
        f"the run that restates it: the latest came after {found.value('oldest_dropped'):.1f} h.",
        "measured",
        ["restated_equal", "restated", "oldest_dropped", *_at(found, "state")],
        figure="state",
    )


def _guard(found: Findings) -> Decision:
    return Decision(
        "How to keep one wrong clock from stopping the job?",
        f"Refuse, before the watermark, what is ahead of its arrival by more than an honest event can be: of the year's flights "
        f"{found.value('earliest_year'):.0f} min at most, of those sent {found.value('earliest'):.0f}; the guard allowed "
        f"{found.params.max_future_minutes}. Without it, one event cost {found.value('lost_without_guard'):,.0f} others.",
        "measured",
        ["guard_keeps", "refused_rightly", "lost_without_guard", "earliest", "earliest_year"],
        figure="guard",
    )


def _at(found: Findings, metric: str, count: int | None = None) -> list[str]:
    return [f"{metric}@{row.minutes}" for row in found.rows[:count]]


def _alternatives() -> list[Alternative]:
    return [
        Alternative(
            "Spark's own",
            "Late rows are dropped without a side output; `numRowsDroppedByWatermark` counts partial aggregates, not events. No "
            "guard against times of the future.",
            "Apache Spark 4.1, Structured Streaming guide",
        ),
        Alternative(
            "Flink",
            "`allowedLateness` keeps a window after it has fired and fires it again; later events go to a side output "
            "(`sideOutputLateData`). Not tried here.",
            "Apache Flink 2.x, DataStream windows",
        ),
        Alternative(
            "Kafka Streams",
            "`TimeWindows.ofSizeAndGrace`: the grace period is held against stream time, record by record. "
            "`suppress(untilWindowCloses)` is append mode. Not tried here.",
            "Apache Kafka 4.x, Streams DSL",
        ),
        Alternative(
            "Beam",
            "Triggers and accumulation modes say how often a pane is fired, and whether it replaces the last. Not tried here.",
            "Akidau et al., The Dataflow Model, VLDB 2015",
        ),
    ]
