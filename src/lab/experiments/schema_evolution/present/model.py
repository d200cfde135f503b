"""Pairs of versions that a check compares, and its time, as a history grows."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Model, Prediction, Result
from lab.experiments.schema_evolution.judge.counts import per_pair, prediction

PATIENCE_S = 1.0  # our threshold: longer is felt in a build
SHORTEST = 10  # versions, where the projection begins


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """T = a + c v for v versions; fitted to shorter histories, checked at the longest."""
    timing = treatment.tables["timing"]
    fixed, slope = per_pair(timing)
    predicted, measured = prediction(timing)
    longest = int(timing["versions"].max())
    patient = (PATIENCE_S - fixed) / slope
    return Model(
        statement="A transitive check of one new version under FULL compares it in both directions with each of the v that "
        "there are, and a whole history has v (v - 1) pairs of a reader and a writer, two for each two versions.",
        formula=r"\begin{gathered} T_{\mathrm{new}} = a + c\,v, \qquad P_{\mathrm{new}} = 2\,v \\ "
        r"P_{\mathrm{all}} = v\,(v-1), \qquad T_{\mathrm{all}} = \frac{c}{2}\,v\,(v-1) \end{gathered}",
        constants=[treatment.metric(name) for name in ("check_per_pair", "check_fixed")],
        check=Prediction(
            f"a check against {longest} versions", 1e3 * predicted, 1e3 * measured, "ms", "model_predicts"
        ),
        projection=pd.DataFrame([_row(factor, fixed, slope) for factor in FACTORS]),
        grades={
            "versions": "arithmetic",
            "pairs, latest only": "arithmetic",
            "pairs, transitive": "arithmetic",
            "transitive check, ms": "measured",
            "pairs of the whole history": "arithmetic",
            "all of them, s": "extrapolated",
        },
        checked_to=longest / SHORTEST,
        changes_at=f"{_about(patient)} versions: a transitive check takes {PATIENCE_S:g} s",
        advice=_advice(treatment, patient, longest),
    )


def _row(factor: int, fixed: float, slope: float) -> dict[str, object]:
    versions = SHORTEST * factor
    return {
        "factor": factor,
        "versions": versions,
        "pairs, latest only": 2,  # both directions, as the check was timed
        "pairs, transitive": 2 * versions,
        "transitive check, ms": float(f"{1e3 * (fixed + slope * versions):.3g}"),
        "pairs of the whole history": versions * (versions - 1),
        "all of them, s": float(f"{slope * versions * (versions - 1) / 2:.3g}"),
    }


def _advice(treatment: Result, patient: float, longest: int) -> list[Advice]:
    far = treatment.metric(_farthest(treatment))
    return [
        Advice(
            f"**Check transitively from the first version on.** It costs {treatment.metric('check_per_pair').value:.2g} "
            "ms a version, "
            f"and reaches {PATIENCE_S:g} s (our threshold) at about {_about(patient)} versions.",
            "extrapolated",
            f"measured to {longest} versions, drawn to {patient / longest:,.0f} times that",
        ),
        Advice(
            f"**A check against the latest alone misses what piles up.** In random histories of which each step keeps BACKWARD, "
            f"so that no neighbours break, the same check finds a break in {100 * far.value:.0f} % of the pairs farthest apart.",
            "simulated",
            "edits drawn at equal odds stand in for what teams do",
        ),
        Advice(
            "**Keep the verdict of each pair of ids.** Two schemas never change their verdict, so a history of v versions needs "
            "v (v - 1) comparisons once, and 2 v for each version that comes.",
            "arithmetic",
            "pairs of the formula; schemas under one id do not change",
        ),
    ]


def _farthest(treatment: Result) -> str:
    return f"broken_at_{int(treatment.tables['walks']['distance'].max())}"


def _about(value: float) -> str:
    """A number to two digits."""
    return f"{float(f'{value:.2g}'):,.0f}"
