"""Tables of a run: deliveries after each round, lag over time, recovery after each fault, cost of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.experiments.exactly_once.measure.seen import SINK, Injected, Ran, Rows, Seen, Timed
from lab.experiments.exactly_once.mechanism import EXACTLY_ONCE
from lab.experiments.exactly_once.oracle import Delivery, check_delivery
from lab.experiments.exactly_once.params import Params

_BINS = 120  # of the lag's time
_COUNTS = ("lost", "duplicated", "reordered", "unexpected")


def deliveries(params: Params, seen: Seen) -> pd.DataFrame:
    """One row per arm and round: what is lost, repeated, overtaken and unknown by its end, and what of it is new.

    What came after the last round's end counts in that one.
    """
    rows = []
    for arm, delivered in seen.delivered.items():
        before = Delivery()
        for ran in seen.rounds:
            end = None if ran is seen.rounds[-1] else ran.counts[arm]
            found = delivery(params, ran.round.first + ran.round.count, delivered[:end])
            new = {f"new_{name}": getattr(found, name) - getattr(before, name) for name in _COUNTS}
            head = {"arm": arm, "round": ran.round.number, "fault": ran.round.fault or "none"}
            rows.append(head | asdict(found) | new)
            before = found
    return pd.DataFrame(rows)


def delivery(params: Params, sent: int, delivered: Rows) -> Delivery:
    """Of messages 0..sent-1, each in the partition into which it was sent."""
    total = Delivery()
    for partition in range(params.partitions):
        own = delivered[delivered["partition"] == partition]["sequence"].tolist()
        total += check_delivery(range(partition, sent, params.partitions), own)
    return total


def due(params: Params, rounds: Sequence[Ran]) -> NDArray[np.float64]:
    """Intended time of each message by its number, s since the epoch."""
    return np.concatenate([ran.start + np.arange(ran.round.count) / params.rate for ran in rounds])


def visible(seen: Seen, arm: str) -> Rows:
    """Rows with the time at which a reader of committed data can see them: of a transaction its commit."""
    rows = seen.delivered[arm].copy()
    if arm != EXACTLY_ONCE.name:
        return rows
    done = {
        (one.member, one.batch): one.at for one in seen.told if one.arm == arm and one.what == "committed"
    }
    pairs = zip(rows["member"].tolist(), rows["batch"].tolist(), rows["at"].tolist(), strict=True)
    rows["at"] = [done.get((member, batch), at) for member, batch, at in pairs]
    return rows


def first_seen(seen: Seen, arm: str, count: int) -> NDArray[np.float64]:
    """When each message was first visible; infinite for one that never was."""
    found, rows = np.full(count, np.inf), visible(seen, arm)
    known = rows[(rows["sequence"] >= 0) & (rows["sequence"] < count)]
    np.minimum.at(found, known["sequence"], known["at"])
    return found


def lag(params: Params, seen: Seen) -> pd.DataFrame:
    """Messages due and not yet visible, by arm, at evenly spaced times; s since the first round's begin."""
    sent = np.sort(due(params, seen.rounds))
    begin = seen.rounds[min(1, len(seen.rounds) - 1)].start
    moments = np.linspace(begin, seen.rounds[-1].end, _BINS)
    rows = []
    for arm in seen.delivered:
        came = np.sort(first_seen(seen, arm, len(sent)))
        behind = np.searchsorted(sent, moments, "right") - np.searchsorted(came, moments, "right")
        rows += [
            {"arm": arm, "seconds": moment - begin, "lag": max(0, int(value))}
            for moment, value in zip(moments, behind, strict=True)
        ]
    return pd.DataFrame(rows)


def recovery(params: Params, seen: Seen) -> pd.DataFrame:
    """One row per fault and arm: from the fault until something new was visible to readers of committed data, s.

    Not what the one that was hit had on its way; not a number where nothing was left to come in that round.
    """
    ends = {ran.round.number: ran.end for ran in seen.rounds}
    begin = seen.rounds[min(1, len(seen.rounds) - 1)].start
    rows = []
    for fault in seen.faults:
        came = visible(seen, fault.arm)
        new = (came["at"] > fault.at) & (came["at"] <= ends[fault.round])
        if fault.arm != SINK:
            new &= came["member"] > fault.member  # -1 for a fault that hits no single process
        back = float(came["at"][new].min() - fault.at) if new.any() else float("nan")
        head = {"round": fault.round, "fault": fault.fault, "arm": fault.arm, "at": fault.at - begin}
        rows.append(head | {"recovery": back, "real": fault.real, "proof": fault.proof})
    return pd.DataFrame(rows, columns=["round", "fault", "arm", "at", "recovery", "real", "proof"])


def cost(timed: Sequence[Timed]) -> pd.DataFrame:
    """One row per mode and size of a batch: quartiles, ms; each: the lower one per message.

    The lower one, since whatever else the machine does makes a batch only longer.
    """
    table = pd.DataFrame([asdict(one) for one in timed], columns=["arm", "size", "seconds"])
    found = table.groupby(["arm", "size"])["seconds"].quantile(np.array([0.25, 0.5, 0.75])).unstack() * 1e3
    found.columns = pd.Index(["low", "median", "high"])
    return found.reset_index().assign(each=lambda t: t["low"] / t["size"])


@dataclass(frozen=True)
class Rhythm:
    """How a processor worked under load, before its faults; medians. interval_ms: between two commits.

    open_ms: of a batch, from the first message that is worked on to the commit. size: its messages.
    """

    interval_ms: float
    open_ms: float
    size: float


def rhythm(seen: Seen, arm: str) -> Rhythm | None:
    """None where no two commits came in a row between the begin of a round's load and its fault; the warm-up has none."""
    gaps: list[float] = []
    took: list[float] = []
    sizes: list[int] = []
    for ran in seen.rounds:
        until = ran.start + ran.round.at_s
        own = [one for one in seen.told if one.arm == arm and ran.start < one.at < until]
        ended = {(one.member, one.batch): one.at for one in own if one.what == "committed"}
        gaps += np.diff(sorted(ended.values())).tolist()
        for one in own:
            if one.what == "began" and (end := ended.get((one.member, one.batch))):
                took.append(end - one.at)
                sizes.append(int(one.detail))
    if not gaps or not took:
        return None
    return Rhythm(1e3 * float(np.median(gaps)), 1e3 * float(np.median(took)), float(np.median(sizes)))


def latency(params: Params, seen: Seen, arm: str) -> float:
    """Median ms from the intended send to visible, of messages long before the fault of their round."""
    calm = np.concatenate(
        [np.arange(ran.round.count) / params.rate < ran.round.at_s / 2 for ran in seen.rounds]
    )  # none of the warm-up
    times = due(params, seen.rounds)
    return float(np.median((first_seen(seen, arm, len(times)) - times)[calm])) * 1e3


def by_arm(faults: Sequence[Injected], arm: str) -> list[Injected]:
    return [one for one in faults if one.arm == arm]
