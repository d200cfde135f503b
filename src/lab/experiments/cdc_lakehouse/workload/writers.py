"""When the bank does it: an open-loop schedule for each writer, and the log of what each has done."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg

from lab.experiments.cdc_lakehouse.params import KILLED_AT, Params
from lab.experiments.cdc_lakehouse.workload.transactions import (
    COLUMN,
    KINDS,
    MEAN_CHANGES,
    RELOAD,
    Teller,
    perform,
)


def transactions(params: Params) -> int:
    """How many transactions make `operations` row changes; reloads and the new column come on top."""
    return round(params.operations / MEAN_CHANGES)


@dataclass(frozen=True)
class Done:
    """One transaction as its client saw it. times: s since the epoch, intended and acknowledged."""

    kind: str
    xid: int | None
    intended: float
    acknowledged: float


def work(dsn: str, params: Params, number: int, start: float, log: Path) -> None:
    """A writer: its transactions at their times, each one logged. Runs in a process of its own."""
    chance = np.random.default_rng([params.seed, number])
    plan = _plan(params, number, chance)
    ids = [one for one in range(1, params.accounts + 1) if one % params.writers == number]
    first = (params.accounts // params.writers + 1) * params.writers + number
    fresh = itertools.count(first + 10 * params.writers, params.writers)
    with psycopg.connect(dsn, autocommit=True) as connection, log.open("w", buffering=1) as sink:
        teller = Teller(connection, number, params, ids, chance, fresh)
        for due, kind in plan:
            time.sleep(max(0.0, start + due - time.time()))
            xid = perform(teller, kind)
            sink.write(json.dumps([kind, xid, start + due, time.time()]) + "\n")


def logged(places: Sequence[Path]) -> list[Done]:
    """What the writers have logged so far; a line of which only a part is written does not count yet."""
    whole = [place.read_text().rpartition("\n")[0] for place in places]
    return [Done(*json.loads(line)) for text in whole for line in text.splitlines()]


def _plan(params: Params, number: int, chance: np.random.Generator) -> list[tuple[float, str]]:
    kinds = chance.permutation(_mix(transactions(params) // params.writers))
    plan = list(zip(chance.uniform(0, params.seconds, len(kinds)).tolist(), kinds.tolist(), strict=True))
    if number == 0:
        plan += [(share * params.seconds, RELOAD) for share in _reloads(params.reloads)]
        plan.append((0.45 * params.seconds, COLUMN))
    return sorted(plan)


def _reloads(count: int) -> list[float]:
    """Shares of the load's time: one while capture is down, the others evenly."""
    others = count - 1
    # The kill may come later than its time, for it waits until snapshots have followed the one before.
    return [KILLED_AT["connect"] + 0.09, *((turn + 0.5) / others for turn in range(others))]


def _mix(count: int) -> list[str]:
    """`count` kinds in their shares exactly, not by lot, so that the rare ones are in every run."""
    bounds = np.cumsum([share for share, _ in KINDS.values()]) * count
    places = np.searchsorted(bounds, np.arange(count) + 0.5)
    return [list(KINDS)[min(place, len(KINDS) - 1)] for place in places]
