"""A model with the reader's own numbers: what may be typed, what comes out, and the law twice, as Python and as a script.

The projection is made by the Python function, and a test holds the script, which a page runs, to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.evidence.result import Grade

Range = tuple[float, float]
Inputs = Mapping[str, Any]  # name -> number, or (name, count) of what is listed
Constants = Mapping[str, Any]  # name -> number, or list of numbers
Answers = dict[str, float]  # an infinite one says that there is none


@dataclass(frozen=True)
class Input:
    """A number that a reader types.

    value: this run's, in `unit`; low, high: what may be typed; whole: whether it counts something.
    checked: the range that this run's check covers; None where the number enters by definition only, as a price does.
    """

    name: str
    label: str
    unit: str
    value: float
    low: float
    high: float
    checked: Range | None = None
    whole: bool = False


@dataclass(frozen=True)
class Listed:
    """What a reader may paste, a name and its count a line, in the place of what the run had; empty as long as nobody does.

    It reaches `compute` as (name, count) pairs. No run checks it: what rests on it is extrapolated then.
    """

    name: str
    label: str
    example: str


@dataclass(frozen=True)
class Output:
    """A number of the answer, in `unit`.

    grade: how strong it is within what was checked; beyond it is extrapolated, unless that is arithmetic.
    column: the projection's column whose first row says the same, if there is one.
    rests_on: names of the inputs and outputs whose ranges matter to its grade; all of them if empty.
    otherwise: what to say where there is no answer (the number is infinite).
    checked: a range of its own, where the law hangs on this number rather than on each input.
    """

    name: str
    label: str
    unit: str
    grade: Grade
    column: str = ""
    rests_on: Sequence[str] = ()
    otherwise: str = "none"
    checked: Range | None = None


@dataclass(frozen=True)
class Calculator:
    """constants: from the run. compute: the law; it calls what the experiment has, and is pure.

    script: the text of one JavaScript function, (inputs, constants) => answers by name, which says the same.
    """

    inputs: Sequence[Input]
    outputs: Sequence[Output]
    constants: Constants
    compute: Callable[[Inputs, Constants], Answers]
    script: str
    listed: Listed | None = None

    def answers(self, **changed: float) -> Answers:
        """For this run's numbers, but for those that are given."""
        own: dict[str, Any] = {item.name: item.value for item in self.inputs}
        if self.listed:
            own[self.listed.name] = ()
        return self.compute(own | changed, self.constants)


def script_beside(module: str) -> str:
    """The text of calculator.js in the folder of `module`, a `__file__`."""
    return Path(module).with_name("calculator.js").read_text()


def as_data(calculator: Calculator) -> dict[str, Any] | None:
    """A calculator as it stands in the record; None if the run left a number of it unknown (NaN, infinite).

    What the run itself had may be typed, whatever the calculator's author thought of.
    """
    if not all(map(math.isfinite, _numbers(calculator))):
        return None
    inputs = [
        replace(item, low=min(item.low, item.value), high=max(item.high, item.value))
        for item in calculator.inputs
    ]
    return {
        "inputs": [_plain(asdict(item)) for item in inputs],
        "outputs": [_plain(asdict(item)) for item in calculator.outputs],
        "constants": {name: _number(value) for name, value in calculator.constants.items()},
        "script": calculator.script,
        "listed": asdict(calculator.listed) if calculator.listed else None,
    }


def _numbers(calculator: Calculator) -> Iterator[float]:
    for value in calculator.constants.values():
        yield from (value if isinstance(value, Sequence) else [value])
    for item in calculator.inputs:
        yield from (item.value, item.low, item.high)
    for ends in (
        *(item.checked for item in calculator.inputs),
        *(item.checked for item in calculator.outputs),
    ):
        yield from ends or ()


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return {name: _number(value) for name, value in item.items()}


def _number(value: Any) -> Any:
    """As plain JSON: numpy scalars become Python's, tuples lists."""
    if isinstance(value, (list, tuple)):
        return [_number(each) for each in value]
    return value.item() if hasattr(value, "item") else value
