"""The arms, and what the load tool sends: a base load from equal clients all the time; beside it, for a while, a burst."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lab.experiments.backpressure.params import BUDGET, BUDGET_MOST, CLIENT_COUNT, QUOTA, Params
from lab.load.vegeta import Target

PROTECT = "backpressure.ingest:protect"
NAMES = [chr(ord("a") + number) for number in range(CLIENT_COUNT)]
GREEDY = NAMES[0]


@dataclass(frozen=True)
class Arm:
    """protect: "module:function", called with (application, queue, policies), gives the protected application; "" for none.

    polite: clients with throttle, retry budget and Retry-After instead of retries alone.
    """

    name: str
    protect: str = PROTECT
    polite: bool = True


BOTH = Arm("server and clients")
SERVER = Arm("server alone", polite=False)
CLIENTS = Arm("clients alone", protect="")
NONE = Arm("unprotected", protect="", polite=False)


def policies(params: Params) -> dict[str, Any]:
    """The kit's policies.json with this run's values. A queue of half a time-out is the bound of the limit."""
    aim = params.capacity * params.target_ms / 1e3
    return {
        "server": {
            "quota_per_s": QUOTA * params.capacity,
            "target_s": params.target_ms / 1e3,
            "least": 4,
            "start": max(4, round(aim)),
            "most": max(4, round(aim), round(params.capacity * params.timeout_s / 2)),
        },
        "client": {
            "timeout_s": params.timeout_s,
            "attempts": params.attempts,
            "backoff_s": 0.1,
            "k": params.k,
            "window_s": params.memory_s,
            "budget": BUDGET,
            "budget_most": BUDGET_MOST,
        },
    }


def demand(params: Params) -> dict[str, float]:
    """Events/s of each client in the burst."""
    others = params.burst_rate * (1 - params.greedy) / (CLIENT_COUNT - 1)
    return {name: params.burst_rate * params.greedy if name == GREEDY else others for name in NAMES}


def base(params: Params, url: str) -> list[Target]:
    """The load that never ends."""
    count = round(params.base_rate * params.total_s)
    names = _dealt(dict.fromkeys(NAMES, 1.0), count, params.seed)
    return _targets(url, "base", names, params.timeout_s)


def extra(params: Params, url: str) -> list[Target]:
    """What the burst adds, so that each client comes to its `demand`."""
    equal = params.base_rate / CLIENT_COUNT
    more = {name: rate - equal for name, rate in demand(params).items()}
    count = round(sum(more.values()) * params.burst_s)
    return _targets(url, "extra", _dealt(more, count, params.seed), params.timeout_s)


def steady(url: str, label: str, count: int) -> list[Target]:
    """A load without anybody who waits: 202 is all that it wants."""
    return _targets(url, label, [GREEDY] * count, 0)


def _dealt(weights: dict[str, float], count: int, seed: int) -> list[str]:
    """Names in proportion to their weights, evenly mixed: whoever is furthest behind comes next."""
    had, dealt, chance = dict.fromkeys(weights, 0), [], random.Random(seed)
    for _ in range(count):
        # Of equals one by chance: who always comes right after the greedy one finds the place that it left.
        name = max(weights, key=lambda one: (weights[one] / (had[one] + 1), chance.random()))
        had[name] += 1
        dealt.append(name)
    return dealt


def _targets(url: str, label: str, names: Sequence[str], wait_s: float) -> list[Target]:
    query = f"?wait={wait_s:g}" if wait_s else ""
    return [
        Target(
            f"{url}/events{query}",
            "POST",
            {"Content-Type": "application/json", "X-Client": name, "Idempotency-Key": f"{label}-{number}"},
            json.dumps({"id": f"{label}-{number}"}).encode(),
        )
        for number, name in enumerate(names)
    ]
