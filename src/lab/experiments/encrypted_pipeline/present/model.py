"""What more files, and more values, make of rotation and of the limit of a data key."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Metric, Model, Prediction, Result
from lab.experiments.encrypted_pipeline.judge.observations import law, predicted
from lab.experiments.encrypted_pipeline.measure.rotation import GRACE_S
from lab.experiments.encrypted_pipeline.params import Params

MOST = 1 << 32  # values under one key with random nonces of 96 bits: NIST SP 800-38D, 8.3
_VALUE = 16  # bytes of the sealed values whose rate is measured
_TIME = "re-wrapping alone, nobody reading, s"
_READ = "re-wrapping under readers, s"


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Re-wrapping in proportion to files, whatever they hold; the line's is timed alone, so the one under readers stands by."""
    params, table = treatment.of(Params), treatment.tables["rotations"]
    (expected, measured), drawn = predicted(table), law(table)
    files, under = params.files[-1], treatment.metric("rewrap_file_read")
    return Model(
        statement=(
            "Rotation wraps each file's data keys anew and leaves the data, so the time of re-wrapping grows with files and "
            "their wrapped keys, not with bytes."
        ),
        formula=r"t(n) = a + b\,n",
        constants=[
            treatment.metric("rewrap_fixed"),
            treatment.metric("rewrap_file"),
            under,
            _values(treatment),
        ],
        check=Prediction(
            f"{files} files, nobody reading, fitted at {params.files[0]} to {params.files[-2]}",
            expected,
            measured,
            "s",
            "rotation_predicted",
        ),
        projection=pd.DataFrame(
            [
                {
                    "factor": factor,
                    "files": files * factor,
                    # What was measured is told as it was; the line is for what lies beyond.
                    _TIME: _seconds(measured if factor == 1 else drawn.at(files * factor)),
                    _READ: _seconds(under.value / 1e3 * files * factor),
                }
                for factor in FACTORS
            ]
        ),
        advice=_advice(treatment, drawn.each),
        grades={"files": "arithmetic", _TIME: "measured", _READ: "extrapolated"},
        checked_to=1,
        changes_at=f"{_rounded(3.6e6 / under.value)} files: an hour by one client, under readers",
    )


def _seconds(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _rounded(value: float) -> str:
    """No more digits than a line that is drawn out this far can hold."""
    return f"{float(f'{value:.2g}'):,.0f}"


def _values(treatment: Result) -> Metric:
    rate = treatment.metric("seal_encrypted")
    return Metric("values_s", 1e6 * rate.value / _VALUE, "values/s", "fields that one thread seals")


def _advice(treatment: Result, each: float) -> list[Advice]:
    days = MOST / _values(treatment).value / 86_400
    params, table, keys = (
        treatment.of(Params),
        treatment.tables["rotations"],
        treatment.metric("rewrap_keys").value,
    )
    most, hour = params.files[-1], 3600 / each if each else float("inf")
    largest = table[(table["files"] == most) & (table["rows"] == table["rows"].min())]["seconds"]
    low, high = (_rounded(3600 * most / seconds) for seconds in (largest.max(), largest.min()))
    small, large = treatment.metric("rewrap_small"), treatment.metric("rewrap_large")
    under = treatment.metric("rewrap_file_read").value
    return [
        Advice(
            f"Plan rotation by the number of files: with {params.grown:g} times the rows in each, re-wrapping took "
            f"{large.value:.2g} s for {small.value:.2g} s. Fewer, larger files rotate sooner.",
            "measured",
        ),
        Advice(
            f"Count columns too: each file has {keys:.0f} wrapped keys here, one for the footer and one for each column, and "
            "each is a request. One key for the whole file is one request, where no column needs rights of its own.",
            "arithmetic",
            "requests of rotate by its code; files of other widths were not timed",
        ),
        Advice(
            "Change data keys before 2^32 values, as the kit's FieldCipher does by itself: one thread at this run's rate "
            f"reaches that after {days:,.2g} days, 100 that share a key after {days / 100:,.2g}.",
            "arithmetic",
            "NIST SP 800-38D, section 8.3: random nonces of 96 bits; this run's rate",
        ),
        Advice(
            f"From {_rounded(3.6e6 / under)} files on, where re-wrapping takes one client an hour while readers read (alone: "
            f"{_rounded(hour)}, {low} to {high} by the rounds at {most} files), share the files out to several: rotate takes a "
            "file or a folder. More than one at a time was not run.",
            "extrapolated",
            f"{under:.1f} ms a file under readers and by the relays, one rotation of {params.files[0]} files; "
            f"{1e3 * each:.1f} ms alone, up to {most}; new versions, the wait ({GRACE_S:g} s here) and revoking come once on top",
        ),
    ]
