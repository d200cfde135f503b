"""What changes with the number of consumers: the time to verify what they need, and how long a field has to stay."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.fit import rough
from lab.evidence.result import FACTORS, Advice, Model, Prediction, Result
from lab.experiments.data_mesh import judge
from lab.experiments.data_mesh.present.findings import Findings, findings

PIPELINE_S = 600.0  # of verification in a pipeline, at most (our threshold)
RELEASE_WEEKS = 2.0  # between two releases of a consumer, on average (our example)
DATASETS = 5  # that a consumer reads (our example)


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Seconds of verification against consumers, checked at a number between."""
    found = findings(treatment, controls)
    expected, measured = judge.predicted(found.timed)
    base = found.params.consumers[0]
    return Model(
        statement="A change of a publisher is verified once for each consumer that has stated a need of it.",
        formula=r"t(n) = a + b\,n, \qquad w(n) = T \sum_{k=1}^{n} \frac{1}{k}",
        constants=[treatment.metric(name) for name in ("time_fixed_s", "time_each_s")],
        check=Prediction(
            f"needs of {judge.middle(found.timed)} consumers verified",
            expected,
            measured,
            "s",
            "time_predicted",
        ),
        projection=pd.DataFrame([_row(found, base, factor) for factor in FACTORS]),
        advice=_advice(found),
        grades={
            "consumers": "arithmetic",
            "verification of a change, s": "measured",
            f"pairs, {DATASETS} datasets each": "arithmetic",
            "weeks until all have moved": "arithmetic",
        },
        checked_to=found.params.consumers[-1] / base,
        changes_at=f"{rough(found.law.reaches(PIPELINE_S))} consumers: verification takes 10 minutes",
    )


def window(consumers: int) -> float:
    """Weeks until the last of so many consumers has moved, on average, if each moves with its next release."""
    return RELEASE_WEEKS * sum(1 / number for number in range(1, consumers + 1))


def _row(found: Findings, base: int, factor: int) -> dict[str, object]:
    consumers = base * factor
    return {
        "factor": factor,
        "consumers": consumers,
        "verification of a change, s": round(found.law.at(consumers), 2),
        f"pairs, {DATASETS} datasets each": consumers * DATASETS,
        "weeks until all have moved": round(window(consumers), 1),
    }


def _advice(found: Findings) -> list[Advice]:
    few, many = found.params.consumers[0], found.params.consumers[-1]
    lines = f"line through {few} to {many} consumers of one table of {found.params.timed_orders:,} rows; neither was tried"
    return [
        Advice(
            f"From {rough(found.law.reaches(PIPELINE_S))} consumers of one dataset on, verification takes "
            f"{PIPELINE_S / 60:.0f} minutes (our threshold): verify side by side, or ask for the rules of all in one scan.",
            "extrapolated",
            lines,
        ),
        Advice(
            f"Let a field stay for longer the more consumers there are: with releases every {RELEASE_WEEKS:.0f} weeks on average "
            f"the last of {few} has moved after {window(few):.0f} weeks, of {few * 100:,} after {window(few * 100):.0f}. Then "
            "ask, as the last may take longer.",
            "arithmetic",
            "expected maximum of n independent exponential times of mean T, T times the harmonic number",
        ),
    ]
