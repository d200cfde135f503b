"""What a slide costs: state rows, checkpoint bytes and batch time against windows per event."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.fit import line
from lab.experiments.sliding_windows.measure.seen import Priced
from lab.experiments.sliding_windows.params import HOUR_S


def table(priced: Sequence[Priced]) -> pd.DataFrame:
    """One row per slide: slide_s, per_event, state_rows, state_mib, windows_mib, checkpoint_mib (a batch's), seconds (a batch's),
    held_s. state_mib is that of all operators, windows_mib without that of the events' ids: there are as many whatever the slide.

    State is that of the last batch with data. The first batch of a query compiles its code, so its time is left out.
    """
    return pd.DataFrame([_row(one) for one in priced])


def _row(one: Priced) -> dict[str, float]:
    batches = len(one.progress)
    times = [progress["durationMs"]["triggerExecution"] / 1_000 for progress in one.progress[1:]]
    operators = one.progress[-1]["stateOperators"]
    windows = [item for item in operators if not item["operatorName"].startswith("dedupe")]
    return {
        "slide_s": one.arm.slide_s,
        "per_event": one.arm.per_event,
        "state_rows": sum(item["numRowsTotal"] for item in windows),
        "state_mib": sum(item["memoryUsedBytes"] for item in operators) / 2**20,
        "windows_mib": sum(item["memoryUsedBytes"] for item in windows) / 2**20,
        "checkpoint_mib": one.checkpoint_bytes / 2**20 / batches,
        "seconds": float(np.median(times)) if times else float("nan"),
        "held_s": one.held_ms / 1_000,
        "batches": batches,
    }


def state_rows(users: float, held_s: float, slide_s: float, window_s: float = HOUR_S) -> float:
    """Windows of each user that reach beyond the watermark, up to the latest event. held_s: between the two."""
    return users * (held_s + window_s) / slide_s


def by_law(prices: pd.DataFrame, users: int) -> tuple[float, float]:
    """State rows of the smallest slide: by that law, from what its own query held, and as measured."""
    last = prices.iloc[-1]
    return state_rows(users, float(last["held_s"]), float(last["slide_s"])), float(last["state_rows"])


def by_line(prices: pd.DataFrame, column: str) -> tuple[float, float]:
    """What the line through all slides but the smallest says of the smallest one, and what was measured there."""
    before, last = prices.iloc[:-1], prices.iloc[-1]
    return line(before["per_event"], before[column]).at(float(last["per_event"])), float(last[column])


def error(told: float, found: float, per_event: float) -> Observation:
    """Relative error of a prediction."""
    detail = f"{per_event:.0f} windows per event: predicted {told:,.3g}, measured {found:,.3g}"
    return Observation(abs(told - found) / found, detail)
