"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.feature_store.criteria import EVENT_TIME, LIMIT, NO_TIME
from lab.experiments.feature_store.judge import law
from lab.experiments.feature_store.judge.metrics import slug
from lab.experiments.feature_store.present.findings import Findings, findings, percent
from lab.experiments.feature_store.workload.joins import FEAST_BOTH, FEAST_ONE, OURS, WINDOW

ALTERNATIVES = (
    Alternative(
        "Feast",
        "Registry, point-in-time join and online stores; by default event time alone decides, the created timestamp only "
        "breaks ties.",
        "0.67, run beside it here; its online store not run",
    ),
    Alternative(
        "Spark, for the batch job",
        "The same window query where the updates do not fit one machine.",
        "left out here; the SQL is standard but for ASOF JOIN",
    ),
    Alternative(
        "Tecton, Databricks and SageMaker Feature Store, Vertex AI",
        "Managed, with streams and monitoring; each has a time to join on and a TTL of its own meaning.",
        "their documentation, 2025; not run here",
    ),
    Alternative(
        "Dual write",
        "The application writes database and Redis itself; the usual first version.",
        "not run here; see the model's advice",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    found = findings(treatment, controls)
    return Summary(
        answer=(
            f"Yes, but for updates on their way: {percent(found.mismatch, 2)} of the online lookups differ from what was known "
            f"at their moment; at a mean delay D of {1e3 * found.delay_s:.0f} ms the law 1 − exp(−λ D) expects "
            f"{percent(float(found.arms['predicted'].iloc[0]), 2)}. Joined on event time alone "
            f"{percent(found.value('wrong', EVENT_TIME), 0)} of the offline rows are wrong; without compare-and-set "
            f"{found.disordered:,} entities keep an older value online."
        ),
        conditions=(
            f"λ: an entity that is looked up changes {found.value('lambda'):.2f} times/s in the mean, by the parameters",
            "half of the offline rows are asked at edges of times; a tenth of the history is hours late, by our choice",
            "one log feeds both stores; one machine, so one clock",
        ),
        headline=Metric(
            "mismatch_live",
            100 * found.mismatch,
            "%",
            "of online lookups differ from what was known, while updates run",
            better="lower",
        ),
        figure="mismatch",
        decisions=(_fresh(found), _clock(found), _asof(found), _order(found), *_outage(found)),
        alternatives=ALTERNATIVES,
    )


def _fresh(found: Findings) -> Decision:
    last = found.arms.iloc[-1]
    return Decision(
        "How fresh must the online store be?",
        f"For under 1 % that differ, by the law a mean delay of {1e3 * law.delay_for(found.params, LIMIT):.0f} ms at these "
        f"updates; it was {1e3 * found.delay_s:.0f} ms. Held back to {last['delay_s']:.1f} s, {percent(last['measured'], 0)} "
        "differ.",
        "extrapolated",
        ("mismatch_live", "mismatch_predicted", "delay_held_0s", "lambda"),
        "the law, held to what was measured at three longer delays; λ as the parameters have it",
        figure="mismatch",
    )


def _clock(found: Findings) -> Decision:
    one, none = (found.value("wrong", name) for name in (EVENT_TIME, NO_TIME))
    return Decision(
        "Which time do I join training data on?",
        f"On both: when it happened and when it was known. Event time alone gives {percent(one, 0)} wrong rows here, Feast as "
        f"it comes {percent(found.value('wrong', FEAST_ONE), 0)}, no time {percent(none, 0)}.",
        "measured",
        ("point_in_time", slug("wrong", EVENT_TIME), slug("wrong", FEAST_ONE), slug("wrong", NO_TIME)),
        figure="joins",
    )


def _asof(found: Findings) -> Decision:
    ours, window, feast = (found.value("seconds", name) for name in (OURS.name, WINDOW.name, FEAST_BOTH))
    return Decision(
        "Can ASOF JOIN do both clocks?",
        f"Yes: drop updates that never win, then join on the later of both times. {found.params.asked:,} rows took "
        f"{1e3 * ours:.0f} ms, a window over both times {1e3 * window:.0f} ms, Feast with its filter {1e3 * feast:,.0f} ms; the "
        f"window makes a row for each of the {found.params.history} updates of an entity, and here {_faster(ours, window)}.",
        "measured",
        ("point_in_time", "both_clocks_agree", slug("seconds", OURS.name), slug("seconds", WINDOW.name)),
        figure="joins",
    )


def _faster(ours: float, window: float) -> str:
    return "ASOF JOIN is the faster one" if ours < window else "the window is the faster one"


def _order(found: Findings) -> Decision:
    return Decision(
        "How do I keep late and repeated updates from the online store?",
        f"Compare-and-set by (event time, known time, offset) in a Lua script: at rest "
        f"{found.value('entities_wrong_at_rest'):.0f} entities differ; where the last write wins {found.disordered:,} keep an "
        f"older value. EXPIRE counts from the write, and {found.outlived:,} outlive their TTL: take PXAT.",
        "measured",
        ("converges", "expires_by_event_time", "entities_wrong_at_rest"),
    )


def _outage(found: Findings) -> tuple[Decision, ...]:
    if "outage" not in found.treatment.tables:
        return ()
    return (
        Decision(
            "What if Redis loses everything?",
            f"Load the log to its end, refill from offline, then set a ready mark: {found.value('back_s'):.1f} s after the kill, "
            f"{found.value('refill_s'):.2f} s of it the refill. Without the mark an empty store says “nothing known”.",
            "measured",
            ("empty_store_says_so", "back_s", "refill_s", "converges"),
            figure="outage",
        ),
    )
