"""Which fault comes when: fixed before the run, and the same for all modes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.experiments.exactly_once.params import Fault, Params

WARM_UP_S = 1.0
EARLIEST, LATEST = 0.3, 0.5  # of a round's load: so that there is load before a fault and behind it


@dataclass(frozen=True)
class Round:
    """Messages first..first+count-1, and a fault `at_s` seconds after the first one. None: a warm-up."""

    number: int
    first: int
    count: int
    fault: Fault | None
    at_s: float = 0.0


def plan(params: Params) -> list[Round]:
    """A warm-up, then the rounds; all faults take turns, in a new order each time."""
    random = np.random.default_rng(params.seed)
    warm_up = Round(0, 0, round(WARM_UP_S * params.rate), None)
    rounds = [warm_up]
    order: list[Fault] = []
    for number in range(1, params.rounds + 1):
        if not order:
            order = [params.faults[place] for place in random.permutation(len(params.faults))]
        moment = float(random.uniform(EARLIEST, LATEST)) * params.seconds
        first = rounds[-1].first + rounds[-1].count
        rounds.append(Round(number, first, params.of_a_round, order.pop(0), moment))
    return rounds
