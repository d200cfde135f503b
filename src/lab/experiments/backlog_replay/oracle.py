"""The truth, found another way: when a replay must end, what a sink must hold, how long live rows must wait."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab import lazy

ciw = lazy.module("ciw")

FIRST = 0.2  # with which a ramp begins, as the page states it


def drain_s(backlog: int, rate: float, ramp_s: float = 0) -> float:
    """When the integral of the rate reaches `backlog`, s: a straight line from FIRST x rate, then `rate`.

    Closed form: the ramp brings (1 + FIRST) / 2 x rate x ramp_s rows, unless the backlog ends within it.
    """
    if rate <= 0:
        return float("inf")
    within = (1 + FIRST) / 2 * rate * ramp_s
    if backlog >= within:
        return ramp_s + (backlog - within) / rate
    slope = (1 - FIRST) * rate / ramp_s
    return float((-FIRST * rate + np.sqrt((FIRST * rate) ** 2 + 2 * slope * backlog)) / slope)


def integrated_s(backlog: int, rates: Sequence[tuple[float, float]]) -> float:
    """The same for a rate that was recorded: (s, rows/s from then on), the last of which goes on."""
    left, (begin, _) = float(backlog), rates[0]
    for (since, rate), (until, _) in itertools.pairwise(rates):
        if (until - since) * rate >= left:
            return since + left / rate - begin
        left -= (until - since) * rate
    since, rate = rates[-1]
    return since + left / rate - begin if rate > 0 else float("inf")


@dataclass(frozen=True)
class Delivery:
    """lost: sent, and not absorbed. repeated: absorbed more than once, or never sent."""

    lost: int
    repeated: int

    @property
    def wrong(self) -> int:
        return self.lost + self.repeated


def check_delivery(sent: Sequence[int], absorbed: Sequence[int]) -> Delivery:
    """Versions, each of which must have been absorbed once."""
    times, wanted = Counter(absorbed), set(sent)
    return Delivery(
        lost=len(wanted - times.keys()),
        repeated=sum(many - (version in wanted) for version, many in times.items()),
    )


def stale_keys(sent: Sequence[tuple[int, int]], held: Mapping[int, int]) -> int:
    """Keys whose version is not the newest of those sent: (key, version)."""
    newest: dict[int, int] = {}
    for key, version in sent:
        newest[key] = max(version, newest.get(key, version))
    return sum(held.get(key) != version for key, version in newest.items())


def simulated_p99_s(
    lane_s: float, batch_s: float, live_lane_s: float, tick_s: float, seed: int, seconds: float = 30
) -> float:
    """99th percentile of a live row's time until it is absorbed, s, by that simulation.

    A row waits up to `tick_s` for its own batch, then for what stands before it. Its way to the batch is left out.
    """
    stays = simulated_stays_s(lane_s, batch_s, live_lane_s, tick_s, seed, seconds)
    within = np.random.default_rng(seed).uniform(0, tick_s, len(stays))
    return float(np.percentile(stays + within, 99))


def simulated_stays_s(
    lane_s: float, batch_s: float, live_lane_s: float, tick_s: float, seed: int, seconds: float = 30
) -> NDArray[np.float64]:
    """How long each transaction of live rows takes, its wait for the lane included, s: a queueing simulation (ciw) of one lane.

    lane_s: the lane's time for a batch of the replay; batch_s: between two of them. live_lane_s: for the live rows of one
    transaction; tick_s: between two of these.
    """
    ciw.seed(seed)
    network = ciw.create_network(
        arrival_distributions={
            "replay": [ciw.dists.Deterministic(batch_s)],
            "live": [ciw.dists.Deterministic(tick_s)],
        },
        service_distributions={
            "replay": [ciw.dists.Deterministic(lane_s)],
            "live": [ciw.dists.Deterministic(live_lane_s)],
        },
        number_of_servers=[1],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(seconds)
    return np.array(
        [
            record.exit_date - record.arrival_date
            for record in simulation.get_all_records()
            if record.customer_class == "live" and record.arrival_date > 1
        ]
    )
