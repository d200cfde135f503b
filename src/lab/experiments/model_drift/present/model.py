"""What changes with the number of features and looks: false alarms, and the rows that a corrected test needs."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Metric, Model, Prediction, Result
from lab.experiments.model_drift.judge.rates import formula, rows_needed, shown
from lab.experiments.model_drift.measure.drifts import corrected
from lab.experiments.model_drift.params import ALPHA
from lab.experiments.model_drift.present.calculator import calculator
from lab.experiments.model_drift.present.findings import Findings, findings
from lab.experiments.model_drift.workload.people import FEATURES

SMALL = 0.1  # Cohen's small effect


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Power by the noncentral chi-square distribution, checked where it is neither none nor all."""
    found = findings(treatment, controls)
    power, rows = found.table("power"), found.params.window + found.params.reference
    # Where it projects: at the alpha of one test among all features and looks.
    share, alpha = power["shown_corrected"] / power["windows"], corrected(found.params)
    place = int((share - 0.5).abs().argmin())
    chosen = power.iloc[place]
    return Model(
        statement=(
            "Uncorrected, false alarms grow with features times looks until one is certain; corrected, they do not, and the rows "
            "that a drift of given size takes grow with the logarithm of the tests."
        ),
        formula=r"F(m) = 1-(1-\alpha)^m,\qquad P(V, n) = 1 - F_{\chi^2}\big(\chi^2_{1-\alpha/m};\ k,\ n V^2\big)",
        constants=[
            Metric("alpha", ALPHA, "", "α, of one test, or of all together", grade="arithmetic"),
            Metric("features", float(len(FEATURES)), "features", "of each look", grade="arithmetic"),
            Metric(
                "freedom",
                float(chosen["freedom"]),
                "",
                "k, degrees of freedom (age in ten bins)",
                grade="arithmetic",
            ),
            treatment.metric("chi2_false_alarms"),
            treatment.metric("uncorrected_any_look"),
        ],
        check=Prediction(
            f"windows of {found.params.window:,} rows in which age, drifted by V = {chosen['w']:.3f}, has p < {alpha:.2g}, "
            f"{ALPHA:g} for all features and looks",
            shown(float(chosen["w"]), rows, int(chosen["freedom"]), alpha),
            float(share.iloc[place]),
            "",
            "power_predicted",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        advice=_advice(found),
        grades={
            "tests": "arithmetic",
            "any false alarm, uncorrected": "arithmetic",
            "corrected": "arithmetic",
            f"rows for V = {SMALL:g}": "arithmetic",
        },
        checked_to=1,
        changes_at=f"{_certain()} tests: half of the series alarm without correction",
        calculator=calculator(found),
    )


def _certain() -> int:
    """Independent tests after which a false alarm is as likely as not."""
    count = 1
    while formula(count) < 0.5:
        count += 1
    return count


def _row(found: Findings, factor: int) -> dict[str, object]:
    seen = calculator(found).answers(looks=found.params.looks * factor)
    tests = round(seen["tests"])
    freedom = int(found.table("power")["freedom"].iloc[0])
    return {
        "factor": factor,
        "tests": tests,
        "any false alarm, uncorrected": round(seen["any"] / 100, 3),
        "corrected": ALPHA,
        f"rows for V = {SMALL:g}": round(rows_needed(SMALL, freedom, ALPHA / tests)),
    }


def _advice(found: Findings) -> list[Advice]:
    last = found.table("years").iloc[-1]
    freedom, looks = int(found.table("power")["freedom"].iloc[0]), len(FEATURES) * found.params.looks
    one, many = (rows_needed(SMALL, freedom, ALPHA / tests) for tests in (looks, looks * 1000))
    return [
        Advice(
            f"Correct, rather than test less: a thousand times as many tests take {many / one:.1f} times the rows for the same "
            f"drift, {many:,.0f} for reference and window together instead of {one:,.0f}.",
            "arithmetic",
            "noncentral chi-square distribution, 80 % power; its shares are checked in this run",
        ),
        Advice(
            f"Page on an effect size beside p once windows have tens of thousands of rows: against 2015 the whole of "
            f"{last['year']:.0f} differs in {last['features']:.0f} of {len(FEATURES)} features, at V of at most "
            f"{found.value('year_largest_v'):.3f}.",
            "measured",
        ),
        Advice(
            "With hundreds of models, compute statistics in the pipeline that writes features, and export one series for each "
            "model and the worst feature: p-values by model, feature and version are a label each in Prometheus.",
            "arithmetic",
            f"series here: four for each of {len(FEATURES)} features of a model",
        ),
    ]
