"""Random histories of which each step keeps BACKWARD, and how long a check of a long history takes."""

from __future__ import annotations

import copy
import random
import time
from typing import Any

import pandas as pd

from lab.experiments.schema_evolution.kit.evolution import check, compatible
from lab.experiments.schema_evolution.params import Params
from lab.experiments.schema_evolution.workload.orders import FIRST, history
from lab.experiments.schema_evolution.workload.team import edit

LENGTHS = (10, 20, 40, 80)  # versions of a history that is checked; the last is held against the model
REPEATS = 5


def walks(params: Params) -> pd.DataFrame:
    """One row for each history and distance between two versions: pairs, and pairs that break.

    A break is the check's verdict on the newer as a reader of the older. Of neighbours there is none by construction: a step
    is kept only if the same check finds none.
    """
    rows = []
    for number in range(params.walks):
        counted: dict[int, list[int]] = {}
        made = _walk(random.Random(f"{params.seed}/{number}"), params.steps)
        for newer in range(1, len(made)):
            for older in range(newer):
                total = counted.setdefault(newer - older, [0, 0])
                total[0] += 1
                total[1] += _breaks(made[newer], made[older])
        rows += [(number, distance, *total) for distance, total in sorted(counted.items())]
    return pd.DataFrame(rows, columns=["walk", "distance", "pairs", "broken"])


def _walk(rng: random.Random, steps: int) -> list[Any]:
    made = [FIRST]
    while len(made) < steps:
        new = copy.deepcopy(made[-1])
        edit(new, rng)
        if new != made[-1] and not any(not item.lossy for item in check(made[-1:], new, "BACKWARD")):
            made.append(new)
    return made


def _breaks(reader: Any, writer: Any) -> bool:
    return any(not item.lossy for item in compatible(reader, writer))


def timing() -> pd.DataFrame:
    """Seconds of one check of a new version against histories of several lengths, each several times."""
    versions = history()
    check(versions, versions[-1], "FULL_TRANSITIVE")  # the first one of a process is slower
    rows = []
    for _ in range(REPEATS):
        for length in LENGTHS:
            past = [versions[place % len(versions)] for place in range(length)]
            begin = time.perf_counter()
            check(past, versions[-1], "FULL_TRANSITIVE")
            rows.append({"versions": length, "seconds": time.perf_counter() - begin})
    return pd.DataFrame(rows)
