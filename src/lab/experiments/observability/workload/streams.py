"""Generated days of pipelines: counts for every minute, with anomalies whose time, kind and size are known.

An anomaly spends 2 to 40 % of a month's error budget within ten minutes to eight hours, at once or growing. A blip is over
within three minutes and spends at most 1 %. Everything else is noise: daily and weekly cycles, a background of bad rows
that wanders at about a tenth of the budget.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.experiments.observability.oracle import Counts
from lab.experiments.observability.params import BUDGET, KINDS, MONTH_S, Params

DAY = 1440  # minutes
BLOCK_S = 512 * 3600  # Prometheus' blocks begin at multiples of their length
START_S = 949 * BLOCK_S  # 2025-06-06 08:00 UTC; all days fit into one block
TRAFFIC = (30.0, 100.0, 300.0, 1000.0)  # rows/min, of pipelines in turn
SETTLED_MIN = 360  # from here on the longest window is full, and anomalies begin
SLOT_MIN, REST_MIN = 960, 390  # an anomaly at most in each slot; then time for the windows to empty
SPENT, LASTS_MIN = (0.02, 0.4), (10, 480)
BLIP_SPENT, BLIP_MIN = (0.0005, 0.01), (1, 3)
DUE = 0.05  # of a month's budget: from here on an alert must come
BACKGROUND = 0.1  # of the budget
CROWD = 0.75  # of slots with an anomaly
COUNTED = 10_000_000  # by each counter before the first day: one near zero would be extrapolated otherwise
NUMBERS = {"test": 1, "rare": 2, "tuning": 3}
_WEEKEND = 0.6
Random: TypeAlias = np.random.Generator
Shares: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Stream:
    """counts: by counter, of each minute. anomalies: one each, blips not among them; times in s since 1970.

    Columns: pipeline, kind, shape, start, end, burn (multiple of the budget, its mean), spent (of a month's budget), due.
    """

    names: tuple[str, ...]
    counts: Mapping[str, Counts]
    anomalies: pd.DataFrame

    @property
    def pipeline_days(self) -> float:
        return float(self.counts["arrived"].size / DAY)


def stream(params: Params, name: str) -> Stream:
    """One of NUMBERS; `rare` has fewer anomalies."""
    crowd = CROWD / (params.rarer if name == "rare" else 1)
    made = [
        _pipeline(params, np.random.default_rng([params.seed, NUMBERS[name], number]), number, crowd)
        for number in range(params.pipelines)
    ]
    names = tuple(f"{name}-{number:03}" for number in range(params.pipelines))
    anomalies = pd.concat(
        [part.assign(pipeline=own) for own, (_, part) in zip(names, made, strict=True)], ignore_index=True
    )
    counts = {counter: np.stack([own[counter] for own, _ in made]) for counter in made[0][0]}
    return Stream(names, counts, anomalies)


def _pipeline(
    params: Params, random: Random, number: int, crowd: float
) -> tuple[dict[str, Counts], pd.DataFrame]:
    minutes = params.days * DAY
    anomalies = _anomalies(random, minutes, crowd)
    shares = {kind: _background(random, minutes) * BUDGET[kind] for kind in KINDS}
    for each in anomalies.to_dict("records"):
        first, last = each["first"], each["first"] + each["lasts"]
        form = np.linspace(0, 2, each["lasts"]) if each["shape"] == "growing" else np.ones(each["lasts"])
        shares[each["kind"]][first:last] += each["burn"] * BUDGET[each["kind"]] * form
    for _ in range(random.poisson(params.blips * params.days)):
        kind, lasts = str(random.choice(KINDS)), int(random.integers(BLIP_MIN[0], BLIP_MIN[1] + 1))
        first = int(random.integers(0, minutes - lasts))
        burn = _log_uniform(random, *BLIP_SPENT) * MONTH_S / (60 * lasts)
        shares[kind][first : first + lasts] += burn * BUDGET[kind]
    return _counts(random, TRAFFIC[number % len(TRAFFIC)], shares), anomalies


def _anomalies(random: Random, minutes: int, crowd: float) -> pd.DataFrame:
    """At most one in each slot, so that one is over, and out of the windows, before the next begins."""
    rows = []
    for slot in range(SETTLED_MIN, minutes - SLOT_MIN + 1, SLOT_MIN):
        if random.random() >= crowd:
            continue
        kind, shape = str(random.choice(KINDS)), str(random.choice(["steady", "growing"]))
        spent = _log_uniform(random, *SPENT)
        most = 0.9 / BUDGET[kind] / (2 if shape == "growing" else 1)  # no more than nine tenths of all rows
        shortest = max(LASTS_MIN[0], spent * MONTH_S / 60 / most)
        lasts = round(_log_uniform(random, min(shortest, LASTS_MIN[1]), LASTS_MIN[1]))
        first = slot + int(random.integers(0, SLOT_MIN - REST_MIN - lasts + 1))
        burn = min(most, spent * MONTH_S / 60 / lasts)
        rows.append((kind, shape, first, lasts, burn, burn * lasts * 60 / MONTH_S))
    table = pd.DataFrame(rows, columns=["kind", "shape", "first", "lasts", "burn", "spent"])
    start = START_S + 60 * (table["first"] - 1)  # a sample tells of the minute before it
    return table.assign(start=start, end=start + 60 * table["lasts"], due=table["spent"] >= DUE)


def _log_uniform(random: Random, low: float, high: float) -> float:
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def _background(random: Random, minutes: int) -> Shares:
    """A multiple of the budget that wanders: another level every ten minutes."""
    return np.repeat(random.gamma(2.0, BACKGROUND / 2, minutes // 10 + 1), 10)[:minutes]


def _counts(random: Random, traffic: float, shares: Mapping[str, Shares]) -> dict[str, Counts]:
    minutes = len(shares["late"])
    time = np.arange(minutes)
    daily = 1 + 0.7 * np.sin(2 * np.pi * (time / DAY - 0.25))
    weekly = np.where((time // DAY) % 7 >= 5, _WEEKEND, 1.0)
    arrived = random.poisson(traffic * daily * weekly * random.gamma(100, 0.01, minutes))
    bad = {kind: np.clip(share, 0, 1) for kind, share in shares.items()}
    done = random.binomial(arrived, 1 - bad["missing"])
    rejected = random.binomial(done, bad["rejected"])
    in_time = random.binomial(done, 1 - bad["late"])
    return {"arrived": arrived, "written": done - rejected, "rejected": rejected, "in_time": in_time}


_SERIES = {  # by counter
    "arrived": 'pipeline_rows_arrived_total{{pipeline="{}"}}',
    "written": 'pipeline_rows_total{{pipeline="{}",outcome="written"}}',
    "rejected": 'pipeline_rows_total{{pipeline="{}",outcome="rejected"}}',
    "in_time": 'pipeline_row_latency_seconds_bucket{{pipeline="{}",le="0.5"}}',
}


def write(streams: Iterable[Stream], file: Path) -> int:
    """All streams as OpenMetrics with times, one sample a minute, as the kit's pipelines would have told; samples."""
    written = 0
    with file.open("w") as sink:
        for each in streams:
            for counter, series in _SERIES.items():
                totals = COUNTED + np.cumsum(each.counts[counter], axis=1)
                for name, own in zip(each.names, totals.tolist(), strict=True):
                    head = series.format(name)
                    sink.writelines(f"{head} {value} {START_S + 60 * at}\n" for at, value in enumerate(own))
                    written += len(own)
        sink.write("# EOF\n")
    return written
