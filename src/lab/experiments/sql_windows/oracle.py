"""The ten answers once more, in pandas and plain Python: no SQL, nothing of kit, other algorithms.

Each function takes the purchases and the query's parameters and returns the rows in the documented order.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

BY_CUSTOMER = ["customer_id", "epoch_s", "transaction_id"]
PURCHASE = ["transaction_id", "customer_id", "epoch_s"]


def answer(name: str, data: pd.DataFrame, params: Mapping[str, int]) -> pd.DataFrame:
    """The rows that query `name` must give; KeyError if there is no such query."""
    return _ANSWERS[name](data, **params).reset_index(drop=True)


def running_total(data: pd.DataFrame, from_day: int, to_day: int) -> pd.DataFrame:
    period = data[data["day"].between(from_day, to_day - 1)].sort_values(BY_CUSTOMER)
    total = period.groupby("customer_id")["cents"].cumsum()
    return period[[*PURCHASE, "cents"]].assign(total_cents=total)


def moving_average_rows(data: pd.DataFrame, preceding_rows: int) -> pd.DataFrame:
    ordered = data.sort_values(BY_CUSTOMER)
    grouped = ordered.groupby("customer_id")["cents"]
    shifted = pd.concat([grouped.shift(back) for back in range(preceding_rows + 1)], axis=1)
    return ordered[[*PURCHASE, "cents"]].assign(average_cents=shifted.mean(axis=1))


def moving_average_range(data: pd.DataFrame, window_seconds: int) -> pd.DataFrame:
    ordered = data.sort_values(BY_CUSTOMER)
    parts = [_range_means(group, window_seconds) for _, group in ordered.groupby("customer_id")]
    return ordered[[*PURCHASE, "cents"]].assign(average_cents=np.concatenate(parts))


def _range_means(group: pd.DataFrame, seconds: int) -> np.ndarray:
    # Every pair of purchases of one customer is looked at: slow, and plainly right.
    times, cents = group["epoch_s"].to_numpy(), group["cents"].to_numpy()
    ago = times[:, None] - times[None, :]
    within = (ago >= 0) & (ago <= seconds)
    return (within * cents).sum(axis=1) / within.sum(axis=1)


def sessionization(data: pd.DataFrame, gap_seconds: int) -> pd.DataFrame:
    ordered = data.sort_values(BY_CUSTOMER)
    silence = ordered.groupby("customer_id")["epoch_s"].diff()
    begins = (silence.isna() | (silence > gap_seconds)).astype(np.int64)
    numbers = begins.groupby(ordered["customer_id"]).cumsum()
    return ordered[PURCHASE].assign(session_number=numbers)


def session_summary(data: pd.DataFrame, gap_seconds: int) -> pd.DataFrame:
    rows = [
        (
            customer,
            number,
            session[0][0],
            session[-1][0] - session[0][0],
            len(session),
            sum(c for _, c in session),
        )
        for customer, bought in _by_customer(data, ["epoch_s", "cents"])
        for number, session in enumerate(_sessions(bought, gap_seconds), 1)
    ]
    columns = ["customer_id", "session_number", "started_s", "seconds", "transactions", "cents"]
    return pd.DataFrame(rows, columns=columns)


def _sessions(bought: list[tuple[int, ...]], gap_seconds: int) -> list[list[tuple[int, ...]]]:
    sessions: list[list[tuple[int, ...]]] = []
    for row in bought:
        if not sessions or row[0] - sessions[-1][-1][0] > gap_seconds:
            sessions.append([])
        sessions[-1].append(row)
    return sessions


def churn(data: pd.DataFrame, as_of_day: int, inactive_days: int) -> pd.DataFrame:
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for _, bought in _by_customer(data[data["day"] < as_of_day], ["day", "month"]):
        days = [day for day, _ in bought]
        for month in {month for _, month in bought}:
            last = max(day for day, its in bought if its == month)
            later = days[bisect_right(days, last) :]
            silent = (later[0] if later else as_of_day) - last
            gone = silent > inactive_days
            seen = (True, gone, gone and bool(later), not gone and not later)
            counts[month] = [a + b for a, b in zip(counts[month], seen, strict=True)]
    made = pd.DataFrame.from_dict(
        counts, orient="index", columns=["active", "churned", "returned", "undecided"]
    )
    made = made.sort_index().rename_axis("month").reset_index()
    decided = (made["active"] - made["undecided"]).where(lambda count: count > 0)
    return made.assign(churn_rate=made["churned"] / decided)


def retention_cohorts(data: pd.DataFrame, horizon_months: int) -> pd.DataFrame:
    cohort = data.groupby("customer_id")["month"].min().rename("cohort")
    joined = data.merge(cohort, on="customer_id")
    joined["months_after"] = joined["month"] - joined["cohort"]
    counted = (
        joined.groupby(["cohort", "months_after"])["customer_id"].nunique().rename("customers").reset_index()
    )
    size = counted["cohort"].map(cohort.value_counts())
    counted = counted.assign(cohort_size=size, retention=counted["customers"] / size)
    return counted[counted["months_after"] <= horizon_months]


def rfm_percentiles(data: pd.DataFrame, as_of_day: int, buckets: int) -> pd.DataFrame:
    grouped = data[data["day"] <= as_of_day].groupby("customer_id")
    first, last = grouped["day"].min(), grouped["day"].max()
    made = pd.DataFrame(
        {
            "frequency": grouped["day"].nunique() - 1,
            "recency_days": last - first,
            "age_days": as_of_day - first,
            "silent_days": as_of_day - last,
            "cents": grouped["cents"].sum(),
        }
    ).sort_index()
    scales = {"r": -made["silent_days"], "f": made["frequency"], "m": made["cents"]}
    for name, scale in scales.items():
        made[f"{name}_percentile"] = (scale.rank(method="min") - 1) / max(len(scale) - 1, 1)
    for name, scale in scales.items():
        made[f"{name}_score"] = _tiles(scale, buckets)
    return made.reset_index()


def _tiles(scale: pd.Series, buckets: int) -> pd.Series:
    """Classes 1..buckets as equal as can be, the larger ones first; ties in the order of the index."""
    parts = np.array_split(scale.sort_values(kind="stable").index, buckets)
    return pd.Series({key: number for number, part in enumerate(parts, 1) for key in part}, dtype=np.int64)


def streaks(data: pd.DataFrame, period_days: int, origin_day: int, min_periods: int) -> pd.DataFrame:
    rows = []
    for customer, bought in _by_customer(data, ["day"]):
        active = {(day - origin_day) // period_days for (day,) in bought}
        for begin in sorted(number for number in active if number - 1 not in active):
            end = begin
            while end in active:
                end += 1
            if end - begin >= min_periods:
                days = (origin_day + begin * period_days, origin_day + end * period_days)
                rows.append((customer, *days, end - begin))
    return pd.DataFrame(rows, columns=["customer_id", "from_day", "to_day", "periods"])


def sliding_max(data: pd.DataFrame, preceding_rows: int) -> pd.DataFrame:
    ordered = data.sort_values(["epoch_s", "transaction_id"])
    largest = ordered["cents"].rolling(preceding_rows + 1, min_periods=1).max().astype(np.int64)
    return ordered[["transaction_id", "epoch_s", "cents"]].assign(max_cents=largest)


def _by_customer(data: pd.DataFrame, columns: list[str]) -> Iterator[tuple[int, list[tuple[int, ...]]]]:
    """Each customer in order, with the purchases in order of time."""
    for customer, group in data.sort_values(BY_CUSTOMER).groupby("customer_id"):
        yield int(str(customer)), list(zip(*(group[name].tolist() for name in columns), strict=True))


_ANSWERS: dict[str, Callable[..., pd.DataFrame]] = {
    function.__name__: function
    for function in (
        running_total,
        moving_average_rows,
        moving_average_range,
        sessionization,
        session_summary,
        churn,
        retention_cohorts,
        rfm_percentiles,
        streaks,
        sliding_max,
    )
}
