"""How much log an outage retains, and how much it should by what was written before any fault."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lab.evidence.result import Result
from lab.experiments.cdc_lakehouse.params import Params
from lab.experiments.cdc_lakehouse.present.findings import Findings

SECOND, RELOAD = 200_000, 1_500_000  # bytes


def found(reloads: list[float], killed: tuple[float, float]) -> Findings:
    """A run whose source wrote so much, and whose slot was not read from one moment of `killed` to the other."""
    seconds = np.arange(-2.0, 66.0, 0.5)
    written = SECOND * seconds + RELOAD * np.searchsorted(reloads, seconds)
    dead = (seconds >= killed[0]) & (seconds < killed[1])
    confirmed = np.where(dead, np.interp(killed[0], seconds, written), written)
    log = {"seconds": seconds, "written": written, "confirmed": confirmed, "retained": written - confirmed}
    tables = {
        "log": pd.DataFrame(log),
        "reloads": pd.DataFrame({"seconds": reloads}),
        "faults": pd.DataFrame([("connect", *killed)], columns=["fault", "at", "back"]),
    }
    return Findings(Result(Params(), {}, tables=tables), {})


def test_the_length_and_the_reloads_of_an_outage_make_the_log_that_is_kept() -> None:
    run = found([8.2, 24.7, 44.2, 47.1, 57.7], (40.0, 50.0))
    assert run.log_of == pytest.approx((SECOND, RELOAD))
    outage = run.outage
    assert outage is not None and outage.reloads == 2
    assert [outage.kept, outage.predicted] == pytest.approx([9.5 * SECOND + 2 * RELOAD] * 2)
    assert run.log_rate > SECOND  # the mean, reloads included


def test_without_a_reload_before_the_outage_nobody_knows_what_one_writes() -> None:
    run = found([44.2], (40.0, 50.0))
    assert run.log_of == pytest.approx((SECOND, 0))
    outage = run.outage
    assert outage is not None and outage.reloads == 1 and outage.predicted < outage.kept
