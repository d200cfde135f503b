"""What follows from windows and rates: how soon an alert comes, what precision a base rate leaves, how many series there are."""

from __future__ import annotations

import math

PAIRS = ((3_600.0, 14.4), (21_600.0, 6.0))  # s of the long window, burn rate
SAMPLED_S = 60.0  # to the next sample and its evaluation, half a minute each, at one a minute
SHIFT_PAGES = 2 * 14  # a week: two in a shift of twelve hours


def delay_s(burn: float, background: float, lasts_s: float = math.inf) -> float:
    """Until the first pair of windows alarms on a steady anomaly: W (B - g) / b; inf if it is over before.

    burn: b, bad rows as a multiple of the budget, on top of the background g.
    """
    waits = [
        window * max(0.0, limit - background) / burn for window, limit in PAIRS if burn + background > limit
    ]
    first = min(waits, default=math.inf)
    return first + SAMPLED_S if first <= lasts_s else math.inf


def precision_at(anomalies: float, share: float, false: float) -> float:
    """Precision where so many anomalies come, such a share of them is alerted on, and so many alerts are false, per week."""
    found = anomalies * share
    return found / (found + false) if found + false else math.nan


def gigabytes_a_month(series: float, bytes_each: float, interval_s: float = 15.0) -> float:
    """On disk, of so many series with a sample every `interval_s`."""
    return series * 30 * 86_400 / interval_s * bytes_each / 1e9
