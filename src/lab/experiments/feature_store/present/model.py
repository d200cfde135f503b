"""What changes with the rate of updates and the number of entities."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Model, Prediction, Result
from lab.experiments.feature_store.criteria import LIMIT
from lab.experiments.feature_store.judge import law
from lab.experiments.feature_store.present.calculator import DIFFERING, calculator
from lab.experiments.feature_store.present.findings import Findings, findings, percent

SLOW = 0.01  # of single lookups: those beyond their p99
AVAILABLE_S = 60.0  # of an outage that a refill may take: ours


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Lookups that differ against the rate of updates, checked on the stream job that is held back longest."""
    found = findings(treatment, controls)
    last = found.arms.iloc[-1]
    names = [
        name
        for name in ("lambda", "delay_held_0s", "applied_per_s", "bytes_each", "refill_us_each")
        if _there(treatment, name)
    ]
    return Model(
        statement=(
            "A lookup differs if an update that changes its entity is known and not yet applied; updates on their way are a "
            "queue without waiting (M/G/∞), so their mean delay D alone decides."
        ),
        formula=(
            r"P(\text{differs}) = \sum_e q_e\,\bigl(1 - e^{-\lambda_e D}\bigr),\qquad "
            r"P(\text{slow}) = 1 - (1 - p)^n"
        ),
        constants=[treatment.metric(name) for name in names],
        check=Prediction(
            f"updates held back so that D = {last['delay_s']:.2f} s, {last['delay_s'] / found.delay_s:.0f} times that of the "
            "stream job as it is",
            100 * float(last["predicted"]),
            100 * float(last["measured"]),
            "% of lookups",
            "mismatch_predicted",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        advice=_advice(found),
        grades={
            "updates/s of an entity, mean over lookups": "arithmetic",
            DIFFERING: "extrapolated",
            "delay for 1 %, ms": "extrapolated",
            "stream jobs": "extrapolated",
            "entities": "arithmetic",
            "memory, MB": "extrapolated",
            "refill, s": "extrapolated",
            "lookups of so many shards that wait for a p99, %": "arithmetic",
        },
        checked_to=1,  # the run varied D, not the rate; what the law says of x1 is no measurement
        changes_at=f"λ above {_changes(found):.2g}/s: over 1 % differs at this delay",
        calculator=calculator(found),
    )


def _there(treatment: Result, name: str) -> bool:
    return any(metric.name == name for metric in treatment.metrics)


def _changes(found: Findings) -> float:
    """λ, mean over lookups, at which the limit is met at this run's delay: only the product counts."""
    return found.value("lambda") * law.delay_for(found.params, LIMIT) / found.delay_s


def _row(found: Findings, factor: int) -> dict[str, object]:
    entities, applied = found.params.entities * factor, _applied(found)
    own = calculator(found)
    seen, sized = own.answers(updates=found.params.fresh * factor), own.answers(entities=entities)
    row: dict[str, object] = {
        "factor": factor,
        "updates/s of an entity, mean over lookups": round(seen["rate"], 2),
        DIFFERING: round(seen["differing"], 2),
        "delay for 1 %, ms": float(f"{1e3 * law.delay_for(found.params, LIMIT, factor):.3g}"),
        "entities": entities,
    }
    row["stream jobs"] = math.ceil(found.params.rate * factor / applied)
    if _there(found.treatment, "bytes_each"):
        row["memory, MB"] = float(f"{sized['memory']:.3g}")
        row["refill, s"] = float(f"{sized['refill']:.3g}")
    row["lookups of so many shards that wait for a p99, %"] = round(100 * law.fan_out(SLOW, factor), 1)
    return row


def _applied(found: Findings) -> float:
    """Updates/s of one stream job."""
    return found.value("applied_per_s")


def _rounded(value: float) -> float:
    """To two digits: one run tells no more."""
    return float(f"{value:.2g}")


def _advice(found: Findings) -> list[Advice]:
    made = [
        Advice(
            f"Give the stream job a delay, not a mean load: for under 1 % it may be "
            f"{1e3 * law.delay_for(found.params, LIMIT):.0f} ms here, a tenth of that where entities change ten times as often. "
            f"It keeps its delay only while it keeps up: in a replay one applied at least "
            f"{_rounded(_applied(found)):,.0f} updates/s; beyond that partitions and jobs have to be more.",
            "extrapolated",
            "the law, checked at three delays in this run and one rate; the job's limit by one replay at rest",
        ),
        Advice(
            f"A lookup of 100 entities on one Redis waits once. Spread over n shards it waits for the slowest: of 100 shards "
            f"{percent(law.fan_out(SLOW, 100), 0)} of the lookups meet a p99. Keep what is asked together on one shard.",
            "arithmetic",
            "1 − (1 − p)^n with p = 1 %, shards independent (Dean and Barroso, CACM 2013); one shard was run here",
        ),
        Advice(
            "Let one log feed both stores. An application that writes both itself leaves them apart whenever it dies between "
            "the two writes: at a chance c of that per write, n writes leave n c entities wrong until they are updated again.",
            "arithmetic",
            "not run here: the log-derived store was, with a kill, a refill and a replay",
        ),
    ]
    if _there(found.treatment, "refill_us_each"):
        each = found.value("refill_us_each")
        made.append(
            Advice(
                f"From some {_rounded(1e6 * AVAILABLE_S / each):,.0f} entities on, a refill takes over {AVAILABLE_S:g} s "
                "(our threshold): have a replica or Redis' own snapshot, and refill only what is newer.",
                "extrapolated",
                f"{each:.0f} µs per entity over {found.params.entities:,} entities, one run, one connection",
            )
        )
    return made
