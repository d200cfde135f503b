"""What the analysis must come to: recomputed from the CSV files by Python alone, in exact arithmetic where that is possible.

No NumPy, no pandas, nothing of the notebook: integers and fractions for counts and slopes, correctly rounded sums for means.
"""

from __future__ import annotations

import csv
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")
PLACES = 20  # observations are decimals with fewer


Key = tuple[str | int, ...]
SLOPES = ("temp °F", "humid %", "wind mph")
MEANS = ("celsius", "deficit", "chill")


def answers(folder: Path, months: int) -> dict[str, dict[Key, float]]:
    """By artefact and key, from the first `months` files in `folder`.

    counts.csv: (station, month, "hours" or "complete"). monthly.csv: (station, month, one of MEANS). model.json: slopes of the
    dew point on (one of SLOPES,). heat.png: grey levels by (month, hour).
    """
    counts, values, hours = (
        Counter[Key](),
        defaultdict[Key, list[float]](list),
        defaultdict[Key, list[float]](list),
    )
    for row in _rows(folder, months):
        local = datetime.fromisoformat(row["time"]).astimezone(ZONE)
        group = (row["origin"], local.month)
        temp, humid, wind = (row[name] for name in SLOPES)
        counts[*group, "hours"] += 1
        counts[*group, "complete"] += bool(temp) and bool(wind)
        for name, value in zip(MEANS, _derived(temp, humid, wind), strict=True):
            if value is not None:
                values[*group, name].append(value)
        if temp:
            hours[local.month, local.hour].append(_celsius(temp))
    return {
        "counts.csv": dict(counts),
        "monthly.csv": {key: _mean(own) for key, own in values.items()},
        "model.json": {
            (name,): slope for name, slope in zip(SLOPES, _slopes(_complete(folder, months)), strict=True)
        },
        "heat.png": {cell: _level(_mean(own)) for cell, own in hours.items()},
    }


def condition(folder: Path, months: int) -> float:
    """The condition number of the slope that is most sensitive to rounding in the sums of products, component by component.

    For A x = b with A = X'X, b = X'y and all of X and y centred: the largest of |A^-1| (|X|'|X| |x| + |X|'|y|) / |x|
    (Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, 7.2; sums of absolute terms in place of A and b).
    """
    rows = _centred(_complete(folder, months))
    moments, terms = _moments(rows), _moments(rows, abs)
    x = _solve([list(row) for row in moments])
    spread = [sum(term * abs(one) for term, one in zip(row, [*x, Fraction(1)], strict=True)) for row in terms]
    inverse = [_solve([[*row[:3], Fraction(i == k)] for i, row in enumerate(moments)]) for k in range(3)]
    return max(
        float(sum(abs(inverse[k][i]) * spread[k] for k in range(3)) / abs(x[i])) for i in range(3) if x[i]
    )


def _rows(folder: Path, months: int) -> Iterator[dict[str, str]]:
    for path in sorted(folder.glob("*.csv"), key=lambda path: path.name)[:months]:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


def _complete(folder: Path, months: int) -> list[tuple[int, ...]]:
    """Inputs and dew point of the rows that have all of them, in whole units."""
    found = ([row[name] for name in (*SLOPES, "dewp °F")] for row in _rows(folder, months))
    return [tuple(map(_whole, values)) for values in found if all(values)]


def _centred(rows: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Deviations from the columns' means, as many times as large as there are rows: whole numbers still."""
    sums = [sum(column) for column in zip(*rows, strict=True)]
    return [tuple(len(rows) * value - total for value, total in zip(row, sums, strict=True)) for row in rows]


def _whole(text: str) -> int:
    """The decimal as a whole number of its smallest unit, exactly."""
    return int(Decimal(text).scaleb(PLACES))


def _celsius(temp: str) -> float:
    return (float(temp) - 32) * 5 / 9


def _derived(temp: str, humid: str, wind: str) -> tuple[float | None, float | None, float | None]:
    """Degrees Celsius, vapour pressure deficit (Magnus formula, hPa), wind chill; None where something is missing."""
    if not temp:
        return None, None, None
    degrees = _celsius(temp)
    saturated = 6.112 * math.exp(17.62 * degrees / (243.12 + degrees))
    deficit = saturated * (1 - float(humid) / 100) if humid else None
    if not wind:
        return degrees, deficit, None
    power = math.pow(float(wind) * 1.609344, 0.16)
    return degrees, deficit, 13.12 + 0.6215 * degrees + (0.3965 * degrees - 11.37) * power


def _mean(values: list[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan


def _level(degrees: float) -> int:
    return round(min(max((degrees + 10) * 255 / 45, 0), 255))


def _slopes(rows: list[tuple[int, ...]]) -> list[float]:
    """Least squares with a constant: the normal equations of whole numbers, solved in fractions."""
    return list(map(float, _solve(_moments(_centred(rows)))))


def _moments(rows: list[tuple[int, ...]], of: Callable[[int], int] = int) -> list[list[Fraction]]:
    """Sums of `of` the products: a line for each input, with the inputs and the dew point as columns."""
    return [[Fraction(sum(of(row[i] * row[j]) for row in rows)) for j in range(4)] for i in range(3)]


def _solve(rows: list[list[Fraction]]) -> list[Fraction]:
    """Gauss and Jordan's elimination of an augmented matrix."""
    for pivot in range(len(rows)):
        best = max(range(pivot, len(rows)), key=lambda place: abs(rows[place][pivot]))
        rows[pivot], rows[best] = rows[best], rows[pivot]
        rows[pivot] = [value / rows[pivot][pivot] for value in rows[pivot]]
        for other in range(len(rows)):
            if other != pivot:
                factor = rows[other][pivot]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[pivot], strict=True)]
    return [row[-1] for row in rows]
