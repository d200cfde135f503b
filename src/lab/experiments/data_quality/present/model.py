"""What many tables make of a gate's false alarms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd

from lab.evidence.fit import rough
from lab.evidence.result import FACTORS, Advice, Metric, Model, Prediction, Result
from lab.experiments.data_quality.judge.rates import ONE, SHUFFLED, TWO
from lab.experiments.data_quality.present.calculator import calculator
from lab.experiments.data_quality.present.findings import (
    ALL,
    APART,
    Findings,
    compared,
    findings,
    percent,
    spanned,
)


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """False alarms in proportion to tables, checked on tables that were not fitted to."""
    found = findings(treatment, controls)
    half = treatment.tables["halves"].iloc[0]
    extremes, chosen = found.alarm(SHUFFLED, margin=0.0), found.alarm(SHUFFLED)
    return Model(
        statement=(
            "Where nothing drifts each table's gate rejects a good batch with the same small chance p, so false alarms A grow "
            "with the tables T; shuffles of one table stand in for many."
        ),
        formula=r"A(T) = p\,T,\qquad P(A \ge 1) = 1 - (1 - p)^T",
        constants=[replace(each, text=f"p, {each.text}") for each in (chosen, extremes)],
        check=Prediction(
            f"{half['tables']:.0f} tables whose suites were not fitted to, bounds at the extremes: good batches rejected",
            float(half["predicted"]),
            float(half["seen"]),
            "batches",
            "model_predicts",
        ),
        projection=pd.DataFrame([_row(extremes, chosen, factor, found) for factor in FACTORS]),
        advice=_advice(found),
        grades={
            "tables": "arithmetic",
            "false alarms a day, bounds at the extremes": "simulated",
            # The check is at bounds at the extremes, where there are events to count.
            f"false alarms a day, margin {found.params.margin:g}": "extrapolated",
            "chance of one or more": "extrapolated",
        },
        checked_to=float(half["tables"]),
        changes_at=_changes_at(chosen),
        calculator=calculator(found),
    )


def _row(extremes: Metric, chosen: Metric, factor: int, found: Findings) -> dict[str, object]:
    own = calculator(found)

    def ranged(metric: Metric, answer: str, word: Callable[[float], str]) -> str:
        """An answer, and in brackets the same at both ends of the share's interval."""
        at, low, high = (
            word(own.answers(tables=factor, share=100 * share)[answer])
            for share in (metric.value, *(metric.interval or (0.0, 1.0)))
        )
        return f"{at} ({low} to {high})"

    return {
        "factor": factor,
        "tables": factor,
        "false alarms a day, bounds at the extremes": ranged(extremes, "alarms", _rounded),
        f"false alarms a day, margin {found.params.margin:g}": ranged(chosen, "alarms", _rounded),
        "chance of one or more": ranged(chosen, "any", lambda chance: percent(chance / 100)),
    }


def _rounded(alarms: float) -> str:
    return f"{alarms:,.3g}" if alarms >= 0.001 else f"{alarms:.1g}"


def _changes_at(share: Metric) -> str:
    """Tables with a batch a day among which one is wrongly rejected each week on average."""
    low, high = (rough(1 / (7 * each)) if each else "any" for each in share.interval or (0.0, 1.0))
    return (
        f"{1 / (7 * share.value):,.0f} tables (95 %: {high} to {low}): a false alarm every week"
        if share.value
        else f"{high} tables or more (95 %): a false alarm every week"
    )


def _advice(found: Findings) -> list[Advice]:
    return [_widen(found), _price(found), *_together(found)]


def _widen(found: Findings) -> Advice:
    margins = found.params.margins
    chosen, wide = found.params.margin or margins[1], margins[-1]
    alarms = {margin: found.alarm(SHUFFLED, margin=margin) for margin in (margins[0], chosen, wide)}
    missed = {margin: percent(found.missed_at(SHUFFLED, margin, found.middle)) for margin in alarms}
    further = compared(alarms[wide], alarms[chosen])
    more = (
        f" Margin {wide:g} rejects {further if further != APART else 'a share that is not told apart from that'} "
        f"({percent(alarms[wide].value)}) and accepts {missed[wide]}."
        if wide != chosen
        else ""
    )
    return Advice(
        f"Widen bounds before there are more tables: margin {chosen:g} rejects {spanned(alarms[chosen])} of good batches where "
        f"bounds at the extremes reject {spanned(alarms[margins[0]])}, and accepts {missed[chosen]} of the faulty ones in place "
        f"of {missed[margins[0]]}.{more}",
        "measured",
    )


def _price(found: Findings) -> Advice:
    one, two = (
        (found.alarm(SHUFFLED, rule), found.missed(SHUFFLED, ALL, found.middle, rule)) for rule in (ONE, TWO)
    )
    return Advice(
        "Decide by the price of both errors: rejecting at the first violation takes false alarms from "
        f"{spanned(two[0])} to {spanned(one[0])} of good batches, and misses from {percent(two[1].value)} to "
        f"{percent(one[1].value)} of faulty ones.",
        "measured",
    )


def _together(found: Findings) -> list[Advice]:
    """Only where what independence would give lies outside of what was seen: with bounds at the extremes, where most was."""
    seen, table = found.alarm(SHUFFLED, ONE, margin=0.0), found.treatment.tables["family"]
    alone = float(table[(table["margin"] == 0) & (table["rule"] == ONE)]["independent"].iloc[0])
    low, high = seen.interval or (0.0, 1.0)
    if low <= alone <= high:
        return []
    return [
        Advice(
            f"Don't reckon with independent expectations: with bounds at the extremes they would make {percent(alone)} of good "
            f"batches violate one or more, {spanned(seen)} do.",
            "measured",
        )
    ]
