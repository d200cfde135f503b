"""Machine time of n notebooks in e environments, and the chance that all of them reproduce."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lab.experiments.reproducible_notebook.mechanism import Comparison, Execution

FIRST = 2  # executions that the model is fitted to: the first environment, twice
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Cost:
    """each_s: of one execution beside another; executions: environments of one notebook; at_once: executions side by side."""

    each_s: float
    executions: int
    at_once: int

    def seconds(self, notebooks: int = 1, environments: int | None = None) -> float:
        """Until each notebook is done in so many environments, by default all, on one machine: what CI bills."""
        executions = notebooks * (self.executions if environments is None else environments)
        return math.ceil(executions / self.at_once) * self.each_s


def cost(made: Comparison, at_once: int) -> Cost:
    """From the first two executions, which ran side by side."""
    return Cost(mean([one.took_s for one in made.executions[:FIRST]]), len(made.executions), at_once)


def chance(share: float, notebooks: float) -> float:
    """That all notebooks reproduce, where each does so with probability `share`, independently."""
    return share**notebooks


def needed(notebooks: float, chance_of_all: float = CONFIDENCE) -> float:
    """The share of each with which all reproduce with that chance."""
    return chance_of_all ** (1 / notebooks)


def half(share: float) -> float:
    """Notebooks at which one of two runs of all fails somewhere."""
    return math.log(0.5) / math.log(share)


def clean_runs(share: float) -> int:
    """Executions without a failure that show `share` at 95 %: the fewest, n, for which share^n is at most 5 %."""
    return math.ceil(math.log(1 - CONFIDENCE) / math.log(share))


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def steps(one: Execution) -> list[tuple[str, float]]:
    """Seconds of one execution by step, in order: what is neither kernel nor cell comes last."""
    cells = [(f"cell {number}", seconds) for number, seconds in one.seconds.items()]
    rest = one.took_s - one.start_s - sum(seconds for _, seconds in cells)
    return [("kernel start", one.start_s), *cells, ("process and files", max(rest, 0.0))]
