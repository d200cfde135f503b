"""What more files, and more values, make of rotation and of the limit of a data key."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Metric, Model, Prediction, Result
from lab.experiments.encrypted_pipeline.judge.observations import predicted
from lab.experiments.encrypted_pipeline.params import Params

MOST = 1 << 32  # values under one key with random nonces of 96 bits: NIST SP 800-38D, 8.3
_VALUE = 16  # bytes of the sealed values whose rate is measured
_TIME = "rotation of this lake, s"


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Rotation in proportion to files, whatever they hold."""
    params, table = treatment.of(Params), treatment.tables["rotations"]
    expected, measured, fixed, each = predicted(table)
    files = params.files[-1]
    return Model(
        statement=(
            "Rotation wraps each file's data keys anew and leaves the data, so its time grows with files and their wrapped "
            "keys, not with bytes."
        ),
        formula=r"t(n) = a + b\,n",
        constants=[treatment.metric("rewrap_fixed"), treatment.metric("rewrap_file"), _values(treatment)],
        check=Prediction(
            f"{files} files, fitted at {params.files[0]} to {params.files[-2]}",
            expected,
            measured,
            "s",
            "rotation_predicted",
        ),
        projection=pd.DataFrame(
            [
                {"factor": factor, "files": files * factor, _TIME: f"{fixed + each * files * factor:,.3g}"}
                for factor in FACTORS
            ]
        ),
        advice=_advice(treatment, each),
        grades={"files": "arithmetic", _TIME: "measured"},
        checked_to=1,
        changes_at=f"{3600 / each:,.0f} files: an hour by one client" if each else "not found",
    )


def _values(treatment: Result) -> Metric:
    rate = treatment.metric("seal_encrypted")
    return Metric("values_s", 1e6 * rate.value / _VALUE, "values/s", "fields that one thread seals")


def _advice(treatment: Result, each: float) -> list[Advice]:
    days = MOST / _values(treatment).value / 86_400
    small, large = treatment.metric("rewrap_small"), treatment.metric("rewrap_large")
    grown = treatment.of(Params).grown
    return [
        Advice(
            f"Plan rotation by the number of files: with {grown:g} times the rows in each, it took {large.value:.2g} s for "
            f"{small.value:.2g} s. Compact small files first.",
            "measured",
        ),
        Advice(
            "Change data keys before 2^32 values: one thread at this run's rate reaches that after "
            f"{days:,.2g} days, 100 threads after {days / 100:,.2g}.",
            "arithmetic",
            "NIST SP 800-38D, section 8.3: random nonces of 96 bits; this run's rate",
        ),
        Advice(
            f"From {3600 / each:,.0f} files on re-wrap by several clients, or put a key between master and data keys "
            "(double wrapping): then readers keep it for their cache's time.",
            "extrapolated",
            f"the line of this run, up to {treatment.of(Params).files[-1]} files, drawn out",
        ),
    ]
