"""What users state of themselves, as numbers: centred, so that what is missing or was never seen counts as average."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Attributes = Mapping[str, object]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Encoder:
    """numbers: (mean, deviation, lowest, highest) by attribute; categories: share of users by attribute and value."""

    numbers: Mapping[str, tuple[float, float, float, float]]
    categories: Mapping[str, Mapping[str, float]]

    def encode(self, attributes: Attributes) -> Floats:
        """A row of numbers; 0 in a column means average. Unknown attributes are not looked at."""
        row = [_scaled(name, attributes.get(name), *known) for name, known in self.numbers.items()]
        for name, shares in self.categories.items():
            value = attributes.get(name)
            stated = None if missing(value) else str(value)
            known = stated in shares
            row += [(each == stated) - share if known else 0.0 for each, share in shares.items()]
        return np.array(row)


def encoder(people: Iterable[Attributes]) -> Encoder:
    """For the attributes of `people`: a column of numbers for each that holds numbers only, else one for each value."""
    columns: dict[str, list[object]] = {}
    for attributes in people:
        for name, value in attributes.items():
            if not missing(value):
                columns.setdefault(name, []).append(value)
    numeric = {name: values for name, values in columns.items() if all(map(_number, values))}
    return Encoder(
        {name: _spread(values) for name, values in numeric.items()},
        {name: _shares(values) for name, values in columns.items() if name not in numeric},
    )


def missing(value: object) -> bool:
    """None, NaN, pandas' NA, or an empty text."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return value == "" or (isinstance(value, (float, np.floating)) and math.isnan(value))


def _number(value: object) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(
        value, (bool, np.bool_)
    )


def _spread(values: Iterable[object]) -> tuple[float, float, float, float]:
    array = np.array(list(values), dtype=float)
    if not np.isfinite(array).all():
        raise ValueError("an attribute is infinite; leave it out, or give None where it is not known")
    return float(array.mean()), float(array.std()) or 1.0, float(array.min()), float(array.max())


def _shares(values: list[object]) -> dict[str, float]:
    texts = [str(value) for value in values]
    return {each: texts.count(each) / len(texts) for each in sorted(set(texts))}


def _scaled(name: str, value: object, mean: float, deviation: float, low: float, high: float) -> float:
    if missing(value):
        return 0.0
    if not _number(value):
        raise ValueError(f"{name} = {value!r} is not a number, as it is for the users learnt from")
    # Nobody was seen beyond: a line drawn on would make a monster of somebody who typed 999.
    return (min(max(float(value), low), high) - mean) / deviation  # type: ignore[arg-type]
