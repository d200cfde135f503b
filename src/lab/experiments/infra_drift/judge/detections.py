"""What became of each change: when it was told, when it was answered, and when that was due."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab.experiments.infra_drift.measure.seen import Change, Event, Live
from lab.experiments.infra_drift.params import Params
from lab.experiments.infra_drift.workload import NAMED

LATE = 0.1  # of T: a look that begins later than this is not on time


def detections(params: Params, live: Live) -> pd.DataFrame:
    """A row for each change. detected_s, bound_s, answered_s: s from the change, nan for never. lag_s: from the moment at which
    the look that told it read the object. mean_lag_s: the same over all looks. outcome: restored, ticket or ''.
    """
    return pd.DataFrame([_row(params, live, change) for change in live.changes])


def _row(params: Params, live: Live, change: Change) -> dict[str, object]:
    found = looks(live.events)
    own = [
        told
        for told in (*found, *_put_back(live))
        if told.ended >= change.at and change.address in told.addresses
    ]
    first = min(own, key=lambda told: told.at, default=None)
    answer, answered_at = _answer(live, change)
    key = change.address if NAMED[change.kind].managed else ""
    lags = [look.at - read for look in found if (read := look.reads.get(key)) is not None]
    return {
        "kind": change.kind,
        "what": NAMED[change.kind].what,
        "copy": change.copy,
        "address": change.address,
        "at": change.at,
        "detected_s": first.at - change.at if first else math.nan,
        "bound_s": params.every_s + (first.at - first.due) if first else math.nan,
        "lag_s": first.at - first.reads.get(key, math.nan) if first else math.nan,
        "mean_lag_s": float(np.mean(lags)) if lags else math.nan,
        "outcome": answer,
        "answered_s": answered_at - change.at,
        "declared": change.declared,
    }


def _answer(live: Live, change: Change) -> tuple[str, float]:
    """How a change was answered for the first time, and when that came in."""
    for event in live.events:
        if event.at < change.at:
            continue
        if event.kind == "restored" and change.address in event.body["addresses"]:
            return "restored", event.at
        if event.kind == "ticket" and event.body["drift"]["address"] == change.address:
            return "ticket", event.at
    return "", math.nan


@dataclass(frozen=True)
class Told:
    """A look as the receiver got it. at: by the receiver's clock."""

    at: float
    due: float
    started: float
    ended: float
    reads: dict[str, float]
    addresses: tuple[str, ...]


def looks(events: Sequence[Event]) -> list[Told]:
    """All looks that were told, in their order."""
    return [
        Told(
            at=event.at,
            due=float(event.body["due"]),
            started=float(event.body["started"]),
            ended=float(event.body["ended"]),
            reads=dict(event.body["reads"]),
            addresses=tuple(drift["address"] for drift in event.body["drifts"]),
        )
        for event in events
        if event.kind == "look"
    ]


def _put_back(live: Live) -> list[Told]:
    """What was put back is told by that: it may have changed after the look, in what another object needs."""
    return [
        Told(event.at, float(event.body["due"]), event.at, event.at, {}, tuple(event.body["addresses"]))
        for event in live.events
        if event.kind == "restored"
    ]


def on_time(params: Params, events: Sequence[Event]) -> tuple[int, int]:
    """Looks that began on time, and looks that were due from the first one to the last."""
    found = looks(events)
    if not found:
        return 0, 0
    due = round((found[-1].due - found[0].due) / params.every_s) + 1
    return sum(look.started - look.due <= LATE * params.every_s for look in found), due


def false_reports(live: Live) -> list[str]:
    """Addresses that a look told of although no hand had changed them, or although they were restored before it began."""
    wrong = []
    for look in looks(live.events):
        for address in look.addresses:
            changed = [
                change.begun
                for change in live.changes
                if change.address == address and change.begun <= look.ended
            ]
            restored = [
                event.at
                for event in live.events
                if event.kind == "restored" and address in event.body["addresses"] and event.at < look.started
            ]
            if not changed or (restored and max(restored) > max(changed)):
                wrong.append(address)
    return wrong
