"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.evidence.statistics import none_seen_bound
from lab.experiments.exactly_once.measure.seen import APPENDED, SINK
from lab.experiments.exactly_once.params import FAULTS
from lab.experiments.exactly_once.present.findings import LEAST, MOST, ONCE, Findings, findings, named


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, headline, decisions, alternatives; every figure from the run."""
    found = findings(treatment, controls)
    return Summary(
        answer=_answer(found),
        conditions=[
            f"{found.faults} faults of {found.kinds} kinds ({found.met(ONCE)} hit the loop, {found.met(SINK)} Spark), one broker "
            f"without replicas: up to {none_seen_bound(found.faults):.0%} of faults may still lose",
            "every reader reads committed, and all writes of a batch fit into one transaction",
            "processor and sink are restarted at once, the processor with the same ids, Spark from its checkpoint",
        ],
        headline=Metric(
            "wrong",
            found.wrong,
            "messages",
            "lost or repeated by both exactly-once pipelines",
            better="lower",
        ),
        figure="lost_repeated",
        decisions=[
            _modes(found),
            _sink(found),
            _zombie(found),
            _recovery(found),
            _cost(found),
            _effects(found),
        ],
        alternatives=_alternatives(treatment),
    )


def _answer(found: Findings) -> str:
    kept = (
        "lost and repeated nothing" if not found.wrong else f"had {found.wrong:,} messages lost or repeated"
    )
    return (
        f"It takes one transaction around what is written and how far was read: so the pipelines {kept} in {found.faults} "
        f"faults, {found.met(ONCE)} to the loop and {found.met(SINK)} to Spark, where at least once repeated "
        f"{found.repeated(LEAST):,} and at most once lost {found.lost(MOST):,} of {found.messages:,} messages. A batch's commit "
        f"costs {found.fit.fixed:.1f} ms as a Kafka transaction, {found.share(found.interval_ms):.0%} of the time at one in "
        f"{found.interval_ms:,.0f} ms, and "
        f"{found.plain.fixed:.1f} ms at least once. Side effects are not covered."
    )


def _modes(found: Findings) -> Decision:
    return Decision(
        "Write first or commit the offset first?",
        f"Writing first repeated {found.repeated(LEAST):,} messages and lost {found.lost(LEAST):,}; committing first lost "
        f"{found.lost(MOST):,} and repeated {found.repeated(MOST):,}. An idempotent producer, which all of them had, mends "
        f"neither: only one transaction around both does.",
        "measured",
        ["loop_exact", "halves_kept", f"{LEAST}.duplicate_rate", f"{MOST}.lost"],
        figure="lost_repeated",
    )


def _sink(found: Findings) -> Decision:
    return Decision(
        "What makes Spark's writes to a database exactly once?",
        f"Commit each batch's rows with its query id and batch id in one transaction, and skip what is there: "
        f"{found.repeated(SINK)} rows repeated, against {found.repeated(APPENDED):,} appended without. Batch ids alone begin "
        f"anew with a new checkpoint: new data would be skipped.",
        "measured",
        ["sink_exact", f"{APPENDED}.duplicate_rate"],
        figure="lost_repeated",
    )


def _zombie(found: Findings) -> Decision:
    hidden = found.treatment.observed["aborted_invisible"]
    return Decision(
        "Do readers have to change?",
        f"Yes: {hidden.detail}. Spark's source and Java consumers read uncommitted by default: set (kafka.)isolation.level to "
        f"read_committed.",
        "measured",
        ["aborted_invisible", "loop_exact"],
    )


def _recovery(found: Findings) -> Decision:
    own = found.table("recovery").dropna(subset=["recovery"])
    told = []
    for fault in FAULTS:
        arms = [arm for arm in (ONCE, SINK) if ((own["fault"] == fault) & (own["arm"] == arm)).any()]
        times = [f"{found.longest(arm, fault):.1f} s ({'loop' if arm == ONCE else 'Spark'})" for arm in arms]
        told += [f"{named(fault)} {', '.join(times)}"] if times else []
    rests = [f"{row.arm}.after_{row.fault}" for row in own[own["arm"].isin((ONCE, SINK))].itertuples()]
    return Decision(
        "How long does a fault keep results back?",
        f"From the fault to the next message visible: {'; '.join(told)}.",
        "measured",
        sorted(set(rests)) or ["faults"],
        figure="recovery",
    )


def _cost(found: Findings) -> Decision:
    small, large = found.cost(ONCE).iloc[0], found.cost(ONCE).iloc[-1]
    plain = found.cost(LEAST).iloc[-1]
    waited = {arm: found.metric(f"{arm}.latency_p50") for arm in (ONCE, LEAST)}
    return Decision(
        "How often should a processor commit?",
        f"As seldom as its readers can wait: {small['each']:.2g} ms a message in transactions of {small['size']:,.0f}, "
        f"{large['each']:.2g} ms of {large['size']:,.0f} (at least once: {plain['each']:.2g} ms). Under load readers waited "
        f"{waited[ONCE]:,.0f} ms (median), at least once {waited[LEAST]:,.0f} ms.",
        "measured",
        [
            "overhead_predicted",
            f"{ONCE}@{small['size']:.0f}",
            f"{ONCE}@{large['size']:.0f}",
            *(f"{arm}.latency_p50" for arm in waited),
        ],
        figure="transaction_cost",
    )


def _effects(found: Findings) -> Decision:
    again = found.metric("transforms_repeated")
    return Decision(
        "Does exactly once cover a mail that the processor sends?",
        f"No: {again:,.0f} of {found.messages:,} messages were transformed more than once, though each result came once. What "
        f"leaves Kafka or the database's transaction needs an id by which its receiver can tell a repeat.",
        "measured",
        ["transforms_repeated", "loop_exact"],
    )


def _alternatives(treatment: Result) -> list[Alternative]:
    kafka, spark = (treatment.versions.get(name, "") for name in ("Apache Kafka", "Apache Spark"))
    return [
        Alternative(
            "Kafka Streams, exactly_once_v2",
            "The same transactions, with state stores in them; it commits every 100 ms then, instead of every 30 s. Not tried "
            "here.",
            f"processing.guarantee, KIP-447; Apache Kafka {kafka}",
        ),
        Alternative(
            "Idempotent producer alone",
            "A default of Java's producer since 3.0, not of librdkafka. It removes repeats of a producer's own retries, not of a "
            "restarted process.",
            "KIP-98 and KIP-679; librdkafka, CONFIGURATION.md",
        ),
        Alternative(
            "Spark's own guarantees",
            "The file sink is exactly once; Kafka sink and foreachBatch are at least once, with the batch id to tell a repeat.",
            f"Structured Streaming guide, Apache Spark {spark}",
        ),
        Alternative(
            "Upsert by a key of the message",
            "Needs no batch id and stands any replay, but a unique index over all rows; a sum can't be kept so. Not tried here.",
            "PostgreSQL, INSERT ON CONFLICT",
        ),
        Alternative(
            "Two-phase commit",
            "Flink's Kafka sink commits with its checkpoint: transaction.timeout.ms must outlast the longest outage, or data is "
            "lost. Not tried here.",
            "Flink, Kafka connector: DeliveryGuarantee.EXACTLY_ONCE",
        ),
    ]
