"""What changes with the size of the table: how long a change of type keeps readers out."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.fit import rough
from lab.evidence.result import FACTORS, Advice, Model, Prediction, Result
from lab.experiments.etl_drift.judge import observations
from lab.experiments.etl_drift.measure.locks import BATCH, EXPAND
from lab.experiments.etl_drift.present.findings import Findings, findings, percent

TABLES = 1_000
TOO_LONG_S = 1.0  # that readers wait: our threshold


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Time under lock against rows, checked on the largest table."""
    found = findings(treatment, controls)
    predicted, measured = observations.largest(treatment.tables["locks"])
    return Model(
        statement=(
            "A change from integer to numeric writes every row again under a lock that keeps readers out, so it lasts a fixed "
            "time and one for each row; a new or renamed column is a line in the catalog."
        ),
        formula=r"t(n) = a + b\,n",
        constants=[treatment.metric(name) for name in ("lock_fixed_ms", "lock_us_per_row")],
        check=Prediction(
            f"a table of {found.largest:,} rows, change of type",
            1e3 * predicted,
            1e3 * measured,
            "ms",
            "lock_predicted",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        advice=_advice(found),
        grades={
            "rows": "arithmetic",
            "locked, s": "measured",
            "expand and contract, s in all": "measured",
            f"{TABLES:,} such tables, min locked": "extrapolated",
        },
        checked_to=1,
        changes_at=f"{rough(found.law.reaches(TOO_LONG_S))} rows: a change of type locks for {TOO_LONG_S:g} s",
    )


def _row(found: Findings, factor: int) -> dict[str, object]:
    rows = found.largest * factor
    # What was measured is told as it was; the line is for what lies beyond.
    locked = found.lock_ms(observations.REWRITES, rows) / 1e3 if factor == 1 else found.law.at(rows)
    return {
        "factor": factor,
        "rows": rows,
        "locked, s": round(locked, 2),
        "expand and contract, s in all": round(
            factor * found.value(f"change_s_{EXPAND.replace(' ', '_')}"), 1
        ),
        f"{TABLES:,} such tables, min locked": round(TABLES * locked / 60, 1),
    }


def _advice(found: Findings) -> list[Advice]:
    rows = rough(found.law.reaches(TOO_LONG_S))
    off = found.treatment.observed["lock_predicted"].value
    asked = [found.value(f"asked_{kinds}") for kinds in ("followed", "others")]
    longest, total = (found.value(f"{name}_{EXPAND.replace(' ', '_')}") for name in ("wait_ms", "change_s"))
    return [
        Advice(
            f"From {rows} rows on, where a change of type locks for {TOO_LONG_S:g} s (our threshold), expand and "
            "contract: a second column, a trigger that keeps it equal, a backfill in steps, then exchange the names. Indexes, "
            "defaults and views of the old column have to be made again, and each lock wants a lock_timeout.",
            "extrapolated",
            f"line through tables of up to {found.largest:,} rows on this machine; drawn without the largest it missed that by "
            f"{percent(off)}",
        ),
        Advice(
            f"It made readers of {found.largest:,} rows wait {longest:.0f} ms at the longest, median of the rounds, and took "
            f"{total:.1f} s, in steps of {BATCH:,} rows; it writes every row twice, so vacuum afterwards.",
            "measured",
        ),
        Advice(
            f"With {TABLES:,} tables not locks but questions decide: of {TABLES:,} columns that are renamed, exchanged, widened "
            f"or dropped as here {TABLES * asked[0]:,.0f} are asked about, of those with another unit, meaning or spelling, "
            f"split or merged {TABLES * asked[1]:,.0f}; have the owner of each table answer once, and remember it.",
            "arithmetic",
            "shares of questions over the simulated drifts, which are not drawn as often as real ones occur",
        ),
    ]
