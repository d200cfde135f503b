"""A small made-up calculator, and a reader's draws of numbers to type."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Listed, Output


def compute(inputs: Inputs, constants: Constants) -> Answers:
    """Rows over machines; infinite without machines."""
    machines = inputs["machines"]
    time = constants["each"] * inputs["rows"] / machines if machines else math.inf
    return {"time": time, "steps": len(constants["steps"]) * machines}


SCRIPT = """(inputs, constants) => {
  // no machine, no end </script>

  const time = inputs.machines ? constants.each * inputs.rows / inputs.machines : Infinity;
  return {time, steps: constants.steps.length * inputs.machines};
}"""
CALCULATOR = Calculator(
    [
        Input("rows", "Rows <of> it", "rows", 50, 0, 1e6, (10, 100)),
        Input("machines", "Machines", "", 4, 0, 64, whole=True),
    ],
    [
        Output("time", "Time", "s", "measured", "time, s", otherwise="never"),
        Output("steps", "Steps", "", "arithmetic"),
    ],
    {"each": 2.0, "steps": [1.0, 2.0]},
    compute,
    SCRIPT,
)
COUNTING = replace(  # with names of the reader's own: rows are their letters, each name as often as it counts
    CALCULATOR,
    script="""(inputs, constants) => {
  const rows = inputs.own.length ? inputs.own.reduce((sum, [name, count]) => sum + name.length * count, 0) : inputs.rows;
  return {time: constants.each * rows / inputs.machines, steps: inputs.machines};
}""",
    listed=Listed("own", "Own names", "anna 3"),
)


def drawn(stored: Mapping[str, Any], count: int, seed: str) -> Iterator[dict[str, Any]]:
    """What may be typed into a record's calculator: every corner, then `count` at random, small numbers as often as large."""
    random, inputs = Random(seed), stored["inputs"]
    for corner in product(*((item["low"], item["high"]) for item in inputs)):
        yield own(stored) | {item["name"]: value for item, value in zip(inputs, corner, strict=True)}
    for _ in range(count):
        yield {item["name"]: _number(item, random) for item in inputs} | _listed(stored, random)


def own(stored: Mapping[str, Any]) -> dict[str, Any]:
    """This run's numbers; nothing is listed."""
    listed = {stored["listed"]["name"]: []} if stored["listed"] else {}
    return {item["name"]: item["value"] for item in stored["inputs"]} | listed


def _listed(stored: Mapping[str, Any], random: Random) -> dict[str, Any]:
    """Nothing, or names of any length and alphabet with their counts, some of them twice."""
    if not stored["listed"]:
        return {}
    names = [
        "".join(random.choices("ab-Zé漢🙂", k=random.randint(1, 9))) for _ in range(random.choice((0, 1, 40)))
    ]
    return {stored["listed"]["name"]: [(name, random.choice((1, 7, 0.5, 1e6))) for name in names]}


def _number(item: Mapping[str, Any], random: Random) -> float:
    low, high = item["low"], item["high"]
    smallest = max(low, high / 1e9)
    value = random.choice((random.uniform(low, high), smallest * (high / smallest) ** random.random()))
    return min(max(low, float(round(value))), high) if item["whole"] else min(max(low, value), high)
