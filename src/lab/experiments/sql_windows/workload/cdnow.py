"""CDNOW: purchases of real customers and their published summary (Fader, Hardie and Lee 2005).

Both come with the package Lifetimes; set-up puts it in a folder of its own, and nothing of it is imported.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from lab import wheels
from lab.experiments.sql_windows.workload.purchases import DAY_S, with_calendar

# The summary describes the calibration period: its T counts weeks up to this day.
LAST_DAY = 10_134  # 1997-09-30
CUSTOMERS = 2_357


def purchases() -> pd.DataFrame:
    """All purchases of the sample, columns as in the table; one second per day, as only days are known."""
    columns = ["in_master", "customer", "date", "cds", "dollars"]
    read = pd.read_csv(_file("CDNOW_sample.txt"), sep=r"\s+", names=columns, dtype={"date": str})
    day = pd.to_datetime(read["date"], format="%Y%m%d").to_numpy().astype("datetime64[D]").astype(np.int64)
    cents = (read["dollars"] * 100).round().to_numpy(dtype=np.int64)
    return with_calendar(
        np.arange(1, len(read) + 1), read["customer"].to_numpy(dtype=np.int64), day * DAY_S, cents
    )


def published() -> pd.DataFrame:
    """The published summary: customer_id, frequency, recency and T in hundredths of weeks."""
    read = pd.read_csv(_file("cdnow_customers_summary.csv"))
    return pd.DataFrame(
        {
            "customer_id": read["ID"],
            "frequency": read["frequency"],
            "recency": hundredths(read["recency"]),
            "T": hundredths(read["T"]),
        }
    )


def hundredths(weeks: pd.Series) -> pd.Series:
    return (weeks * 100).round().astype(np.int64)


def _file(name: str) -> Path:
    return wheels.file("cdnow", "lifetimes", "datasets", name, slug="sql_windows")
