"""What a transaction costs at other intervals and rates, and how sure faults without a loss make us."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Grade, Metric, Model, Prediction, Result
from lab.evidence.statistics import none_seen_bound
from lab.experiments.exactly_once.kit.loop import TIMEOUT_MS
from lab.experiments.exactly_once.measure.seen import SINK
from lab.experiments.exactly_once.present.calculator import calculator
from lab.experiments.exactly_once.present.findings import ONCE, Findings, findings

OFTEN_MS, SELDOM_MS = 100.0, 1_000.0  # commit intervals beside the run's own
GRADES: dict[str, Grade] = {
    "commit every, s": "arithmetic",
    "messages in it": "arithmetic",
    "commits take": "extrapolated",
    "open for, s": "extrapolated",
    "mean wait, s": "extrapolated",
    "faults without a loss": "arithmetic",
    "with a loss, at most": "arithmetic",
}


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """A line for a transaction's time; the exact bound on what no fault showed."""
    found = findings(treatment, controls)
    fit, largest = found.fit, found.cost(ONCE).iloc[-1]
    return Model(
        statement=(
            "A transaction of n messages takes c + m n, so at one commit every I a processor spends c/I of its time on "
            "commits; a message waits for half of I and then for its transaction, which is open for the work w on its r I "
            "messages too; and N faults without a loss bound the share of faults that lose, exactly: about 3/N for a large N."
        ),
        formula=(
            r"\begin{gathered} t(n) = c + m\,n \\ \text{commits' share} = \frac{c}{I} \\ "
            r"\text{wait} = \frac{I}{2} + t(rI) + w\,rI \\ p \le 1 - 0.05^{1/N} \quad (95\,\%) \end{gathered}"
        ),
        constants=[
            Metric("c", fit.fixed, "ms", "c, a transaction's fixed cost"),
            Metric("m", fit.each * 1e3, "µs", "m, a message's"),
            Metric("N", found.faults, "faults", "N, in this run"),
        ],
        check=Prediction(
            f"a transaction of {largest['size']:,.0f} messages, by the smaller ones",
            fit.at(float(largest["size"])),
            float(largest["low"]),
            "ms",
            "overhead_predicted",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        grades=GRADES,
        checked_to=max(1.0, float(largest["size"]) / _messages(found, found.interval_ms)),
        changes_at=f"about {_longest_ms(found) / 1e3:,.0f} s between commits: transactions time out",
        advice=_advice(found),
        calculator=calculator(found),
    )


def _row(found: Findings, factor: int) -> dict[str, object]:
    """The run's commit interval and its faults, so many times."""
    interval, faults = found.interval_ms * factor, found.faults * factor
    seen = calculator(found).answers(interval=interval, faults=faults)
    values = (
        interval / 1e3,
        round(seen["messages"]),
        f"{seen['share']:.3g}%",
        round(seen["open"], 3),
        round(seen["wait"], 3),
        faults,
        f"{seen['bound']:.3g}%",
    )
    return {"factor": factor, **dict(zip(GRADES, values, strict=True))}


def _messages(found: Findings, interval_ms: float) -> float:
    """In a transaction, at the run's rate: what a crash has transformed again, at most."""
    return calculator(found).answers(interval=interval_ms)["messages"]


def _each(found: Findings) -> float:
    """ms for which a message holds its transaction open: the processor's work on it, and writing it."""
    return max(1e-3, found.work_us / 1e3 + max(0.0, found.fit.each))


def _longest_ms(found: Findings) -> float:
    """The interval whose messages hold a transaction open until it times out; it begins when they are gathered."""
    return (TIMEOUT_MS - found.fit.fixed) / _each(found) / found.params.rate * 1e3


def _advice(found: Findings) -> list[Advice]:
    small, large = found.cost(ONCE).iloc[0], found.cost(ONCE).iloc[-1]
    again = found.metric("transforms_repeated")
    return [
        Advice(
            f"Commit as seldom as your readers can wait: of {small['size']:,.0f} messages a transaction took "
            f"{small['each']:.2g} ms a message, of {large['size']:,.0f} it took {large['each']:.2g} ms. A reader of committed "
            f"data waits for the commit.",
            "measured",
        ),
        Advice(
            f"Count faults, not messages: {found.faults} faults without a loss allow a loss in up to "
            f"{none_seen_bound(found.faults):.0%} of them, 12 in {none_seen_bound(12):.0%}, 120 in {none_seen_bound(120):.1%}. "
            f"Put a longer schedule into your nightly run.",
            "arithmetic",
            f"exact bound (Hanley 1983), N independent faults of one kind; here {found.kinds} kinds share them, and the loop "
            f"met {found.met(ONCE)}, Spark {found.met(SINK)}",
        ),
        Advice(
            f"Keep side effects out, or give them the message's id: {again:,.0f} messages were transformed more than once, and "
            f"a mail sent there would have gone out again.",
            "measured",
        ),
        Advice(
            f"At one commit in {SELDOM_MS:,.0f} ms commits take {found.share(SELDOM_MS):.1%} of a processor's time, at one in "
            f"{OFTEN_MS:g} ms {found.share(OFTEN_MS):.0%}: choose the interval by latency, and add processors for throughput.",
            "extrapolated",
            "by the line; transactions were timed with pauses between, on one idle broker without replicas; such as follow "
            "each other within milliseconds are refused at first and wait longer (KAFKA-5477)",
        ),
    ]
