"""A query held against the oracle: windows, drops, watermarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.experiments.sliding_windows.measure.seen import Query, Seen
from lab.experiments.sliding_windows.oracle.sparkrule import Replay, admitted, replay
from lab.experiments.sliding_windows.oracle.truth import compare, truth

# Edges of how late a window's latest event came, s; the bound itself is one of them (see `by_lateness`).
_LATE_EDGES_S = (600, 1_200, 2_400, 3_600)
_PARTS = 4  # of the time below the bound


@dataclass(frozen=True)
class Judged:
    """One query. bound_ms: how late an event may be to count for certain, in the treatment."""

    query: Query
    seen: Seen
    bound_ms: int

    @cached_property
    def replayed(self) -> Replay:
        return replay(self.query.batches, self.seen.messages, round(self.query.arm.lateness_s * 1_000))

    @cached_property
    def counting(self) -> NDArray[np.int64]:
        """Ids of the events that Spark's rule lets in."""
        return admitted(self.seen.messages, self.replayed)

    @cached_property
    def windows(self) -> pd.DataFrame:
        """Every window beside its truth, see `oracle.truth.compare`."""
        arm = self.query.arm
        known = truth(self.seen.log, arm.size_s * 1_000, arm.slide_s * 1_000, self.counting)
        return compare(known, self.query.final)

    @property
    def in_time(self) -> pd.DataFrame:
        """Windows whose events all come within the bound; one that nobody has events for is among them, and wrong."""
        return self.windows[~(self.windows["delay_ms"] >= self.bound_ms)]

    @property
    def wrong(self) -> int:
        return int((~self.in_time["equal"]).sum())

    @property
    def accuracy(self) -> float:
        """Share of the windows in time that equal the oracle's, %."""
        return 100 * float(self.in_time["equal"].mean())

    @property
    def over(self) -> int:
        """Windows that count more events than there were."""
        return int(self.windows["over"].sum())

    @property
    def wrong_late(self) -> int:
        """Windows with a later event that are not as the rule says."""
        late = self.windows["delay_ms"] >= self.bound_ms
        return int((~self.windows.loc[late, "as_kept"]).sum())

    @property
    def again(self) -> int:
        """Rows that were written for a window that was there already."""
        return len(self.query.rows) - len(self.query.final)

    @property
    def dropped(self) -> float:
        """Events sent less events counted in the sink: each lies in as many windows as another."""
        sent = self.seen.log["event_id"].nunique()
        return sent - float(self.query.final["count"].sum()) / self.query.arm.per_event

    @property
    def predicted(self) -> int:
        """Events that the rule drops."""
        ids = self.seen.log["event_id"].unique()
        return int((~np.isin(ids, self.counting)).sum())

    @property
    def let_in(self) -> float:
        """Share of the events beyond the bound that the rule lets in all the same."""
        late = self.late_ids
        return float(np.isin(late, self.counting).mean()) if len(late) else float("nan")

    @cached_property
    def late_ids(self) -> NDArray[np.int64]:
        """Ids of the events that came later than the bound, by the copy that came first."""
        first = self.seen.log.groupby("event_id")["delay_ms"].min()
        return first.index[first >= self.bound_ms].to_numpy()

    @property
    def batch_span_s(self) -> float:
        """The most event time between two batches, s, without the jumps to the first event and to the sentinel."""
        own = self.replayed.watermarks_ms
        begin, end = self.seen.log["event_ms"].min() - self.bound_ms, self.seen.log["event_ms"].max()
        steps = np.diff(own[(own >= begin) & (own <= end)])
        return float(steps.max(initial=0)) / 1_000

    def row(self) -> dict[str, object]:
        """One line of the table of queries."""
        arm = self.query.arm
        return {
            "query": arm.name,
            "slide_s": arm.slide_s,
            "mode": arm.mode,
            "windows": len(self.windows),
            "in_time": len(self.in_time),
            "accuracy": self.accuracy,
            "over": self.over,
            # Without deduplication an event counts twice, and the difference tells nothing.
            "dropped": self.dropped if arm.deduplicate else float("nan"),
            "predicted": self.predicted if arm.deduplicate else float("nan"),
            "late_rows": int(self.replayed.late.sum()) if arm.deduplicate else float("nan"),
            "spark_counter": self.query.late_rows,
            "batches": len(self.query.progress),
        }


def by_lateness(judged: Sequence[Judged]) -> pd.DataFrame:
    """Share of windows that equal the truth of all events, by how late their latest event came. query, place, late, share, n."""
    rows = []
    for one in judged:
        bound = one.bound_ms / 1_000
        below = [bound * part / _PARTS for part in range(_PARTS + 1)]
        edges = [*below, *(edge for edge in _LATE_EDGES_S if edge > bound)]
        delay_s = one.windows["delay_ms"].to_numpy(float) / 1_000
        for place, (low, high) in enumerate(pairwise(edges)):
            own = one.windows[(delay_s >= low) & (delay_s < high)]
            if len(own):
                share = float(own["equal"].mean())
                name = f"{_short(low)} to {_short(high)}"
                rows.append(
                    {
                        "query": one.query.arm.name,
                        "place": place,
                        "late": name,
                        "share": share,
                        "n": len(own),
                    }
                )
    return pd.DataFrame(rows)


def _short(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 120 else f"{seconds / 60:g} min"
