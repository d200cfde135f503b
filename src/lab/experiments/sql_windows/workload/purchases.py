"""Synthetic purchases: any number of rows, of which each customer always has the same number."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

COLUMNS = ("transaction_id", "customer_id", "epoch_s", "day", "month", "cents")
DAY_S = 86_400
FIRST_DAY, YEAR_DAYS = 19_723, 366  # 2024-01-01, and the first year in which customers arrive
TIE_SHARE, VISIT_SHARE = 0.1, 0.45
MEDIAN_CENTS, SPREAD = 2_500, 0.8


def transactions(rows: int, rows_per_customer: int, seed: int) -> pd.DataFrame:
    """`rows` purchases, columns as in kit/schema/transactions.sql, in random order.

    More rows mean more customers, not more rows per customer, so that partitions keep their size while the
    table grows. Times: a tenth of the gaps between a customer's purchases are zero (ties), a good third are
    minutes (one visit), the others days. transaction_id rises with time; ties get theirs by chance.
    The rows lie in random order, so that no engine finds its input sorted by luck.
    """
    random = np.random.default_rng(seed)
    customer = np.arange(rows) // rows_per_customer
    epoch = _times(random, customer)
    arrival = np.lexsort((random.random(rows), epoch))
    identity = np.empty(rows, dtype=np.int64)
    identity[arrival] = np.arange(1, rows + 1)
    cents = np.exp(random.normal(np.log(MEDIAN_CENTS), SPREAD, rows)).round().clip(1, 10_000_000)
    made = with_calendar(identity, customer + 1, epoch, cents.astype(np.int64))
    return made.iloc[random.permutation(rows)].reset_index(drop=True)


def with_calendar(
    identity: NDArray[np.int64],
    customer: NDArray[np.int64],
    epoch_s: NDArray[np.int64],
    cents: NDArray[np.int64],
) -> pd.DataFrame:
    """The table's six columns; day and month follow from the time (UTC)."""
    month = epoch_s.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    columns = (identity, customer, epoch_s, epoch_s // DAY_S, month, cents)
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)), dtype=np.int64)


def _times(random: np.random.Generator, customer: NDArray[np.int64]) -> NDArray[np.int64]:
    """Seconds since 1970, to the minute: a first purchase in the first year, then gaps."""
    rows = len(customer)
    kind = random.random(rows)
    minutes = random.geometric(1 / 8, rows) * 60
    days = (random.exponential(25 * DAY_S, rows) // 60).astype(np.int64) * 60 + 3_600
    gap = np.where(kind < TIE_SHARE, 0, np.where(kind < TIE_SHARE + VISIT_SHARE, minutes, days))
    first = np.append(True, customer[1:] != customer[:-1]) if rows else np.empty(0, dtype=bool)
    start = FIRST_DAY * DAY_S + random.integers(0, YEAR_DAYS * DAY_S // 60, rows) * 60
    gap[first] = 0
    walked = np.cumsum(gap)
    begins = np.flatnonzero(first)
    own = walked - np.repeat(walked[begins], np.diff(np.append(begins, rows)))
    return np.repeat(start[begins], np.diff(np.append(begins, rows))) + own
