"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.backlog_replay.present.findings import FREE, Findings, findings


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, headline, decisions, alternatives; every figure from the run."""
    found = findings(treatment, controls)
    free, worst = found.of(FREE), found.arms.loc[["fixed", "ramp"], "peak_share"].max()
    return Summary(
        answer=(
            f"Replay at a rate that leaves the sink room: aimed at {found.params.target:.0%} of its safe capacity, the largest "
            f"100 ms asks {worst:.0%} of it, and 99 % of live rows wait at most "
            f"{found.arms.loc[['fixed', 'ramp'], 'p99_ms'].max():,.0f} ms. Unthrottled that is {free.peak_share:.0%} while all "
            f"connections open at once, {free.load_share:.0%} on average, and {free.p99_ms:,.0f} ms. What is safe, the live "
            f"latency tells: {found.edge}."
        ),
        conditions=[
            f"a sink of one lane, held {found.params.row_ms:g} ms for each row, really waited; commits do not wait for the disk",
            f"{found.params.live_rate:,} live rows/s in a topic of their own, alert at {found.params.alert_ms:g} ms",
            "one broker, one PostgreSQL, all on the same machine",
        ],
        headline=Metric(
            "peak",
            float(worst),
            "of safe capacity",
            f"largest 100 ms, fixed and ramp; unthrottled {free.peak_share:.0%}",
            better="lower",
        ),
        figure="load",
        decisions=[_rate(found), _policy(found), _aimd(found), _lane(found)],
        alternatives=_alternatives(),
    )


def _rate(found: Findings) -> Decision:
    above = found.above
    if not found.some_safe:
        return Decision(
            "How fast may a backlog be replayed?",
            f"This run can't tell: {found.edge}, the smallest {found.safe_share:.0%} of saturation.",
            "measured",
            ["safe_capacity", "saturation", "live_within_alert"],
            figure="search",
        )
    return Decision(
        "How fast may a backlog be replayed?",
        f"Up to the load at which live rows still keep their alert, of those tried {found.safe:,.0f} rows/s, "
        f"{found.safe_share:.0%} of saturation; at {above['share'].iloc[0]:.0%} 99 % of them wait "
        f"{1e3 * above['measured'].min():,.0f} ms or more. Aim below it.",
        "measured",
        ["safe_capacity", "saturation", "live_within_alert"],
        figure="search",
    )


def _policy(found: Findings) -> Decision:
    fixed, ramp = found.of("fixed"), found.of("ramp")
    return Decision(
        "A fixed rate or a ramp?",
        f"Both keep the sink within its capacity; the ramp takes {ramp.drain_s - fixed.drain_s:+.1f} s here. It asks less of "
        f"the sink at first, where a wrong capacity would show, which was not tried.",
        "measured",
        ["peak_within_capacity", "fixed.drain", "ramp.drain"],
        figure="drain",
    )


def _aimd(found: Findings) -> Decision:
    row, fixed = found.of("aimd"), found.of("fixed")
    cuts = (
        f"It cut its rate {row.cuts:.0f} times"
        if row.cuts
        else "It never had to cut its rate, so this run does not show that it would find an unknown one"
    )
    return Decision(
        "What does AIMD add to a known capacity?",
        f"Speed: with the safe capacity as its upper end it drains in {row.drain_s:.1f} s, the fixed rate in "
        f"{fixed.drain_s:.1f} s, asks for {row.peak_share:.0%} of it at most, and live rows wait {row.p99_ms:,.0f} ms. {cuts}.",
        "measured",
        ["aimd.drain", "fixed.drain", "aimd.peak", "aimd.live_p99", "aimd.cuts"],
        figure="load",
    )


def _lane(found: Findings) -> Decision:
    fixed = found.of("fixed")
    return Decision(
        "May live traffic overtake the backlog?",
        f"It must: in a topic of its own 99 % of it waited at most {fixed.p99_ms:,.0f} ms while the backlog took "
        f"{fixed.drain_s:.0f} s; behind it, which was not run, it would wait for the rest of that. Then compare versions at the "
        f"sink: where the last write wins, {found.stale:,} of {found.params.keys:,} keys went back to an older value.",
        "measured",
        ["nothing_overwritten", "last write wins.stale", "fixed.live_p99", "fixed.drain"],
        figure="drain",
    )


def _alternatives() -> list[Alternative]:
    return [
        Alternative(
            "max.poll.records, 500",
            "bounds a poll, not a rate: a loop that polls at once is unthrottled",
            "Kafka consumer configuration, 4.x",
        ),
        Alternative(
            "Consumer quotas (consumer_byte_rate)",
            "the broker throttles by bytes/s, for each client id; it knows no sink",
            "Kafka documentation, Quotas",
        ),
        Alternative(
            "Spark's maxOffsetsPerTrigger",
            "a fixed number for each batch; no ramp",
            "Spark Structured Streaming + Kafka guide, 4.x",
        ),
        Alternative(
            "Adaptive concurrency limits",
            "AIMD and gradient limits on latency",
            "Netflix concurrency-limits, 2018",
        ),
    ]
