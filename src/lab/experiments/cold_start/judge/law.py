"""What a history tells: the default's weight falls as k/(n+k), and with it what the level misses, down to what never lasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from lab.experiments.cold_start.measure.seen import Floats

FITTED, PREDICTED = (1, 2, 3, 5), 10
Value = TypeVar("Value", float, Floats)  # one, or one for each bootstrap sample


@dataclass(frozen=True)
class Law(Generic[Value]):
    """start - full n/(n+k). k: interactions that the default counts for. full: what an endless history would take off."""

    k: float
    start: Value
    full: Value

    def weight(self, interactions: float) -> float:
        """n/(n+k), the weight of the history."""
        return interactions / (interactions + self.k)

    def at(self, interactions: float) -> Value:
        return self.start - self.full * self.weight(interactions)


def law(k: float, measured: Mapping[int, Value], fitted: Sequence[int] = FITTED) -> Law[Value]:
    """By least squares on what is gained at `fitted`. measured: by interactions, 0 among them."""
    weights = {count: count / (count + k) for count in fitted}
    squares = sum(weight**2 for weight in weights.values())
    full = sum((measured[0] - measured[count]) * weight / squares for count, weight in weights.items())
    return Law(k, measured[0], full)  # type: ignore[arg-type]
