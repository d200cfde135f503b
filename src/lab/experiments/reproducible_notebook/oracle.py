"""What the analysis must come to: recomputed from the CSV files by Python alone, in exact arithmetic where that is possible.

No NumPy, no pandas, nothing of the notebook: integers and fractions for counts and slopes, correctly rounded sums for means.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")
PLACES = 20  # observations are decimals with fewer


@dataclass(frozen=True)
class Answers:
    """By station and month: hours, complete hours, and means of temperature, deficit and wind chill. By month and hour: levels.

    slopes: of the dew point on temperature, humidity and wind.
    """

    counts: dict[tuple[str, int], tuple[int, int]]
    means: dict[tuple[str, int], tuple[float, float, float]]
    slopes: tuple[float, float, float]
    levels: dict[tuple[int, int], int]


def answers(folder: Path, months: int) -> Answers:
    """From the first `months` files in `folder`."""
    counts: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    values: dict[tuple[str, int], list[list[float]]] = defaultdict(lambda: [[], [], []])
    hours: dict[tuple[int, int], list[float]] = defaultdict(list)
    whole: list[tuple[int, ...]] = []
    for path in sorted(folder.glob("*.csv"), key=lambda path: path.name)[:months]:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                local = datetime.fromisoformat(row["time"]).astimezone(ZONE)
                group = (row["origin"], local.month)
                temp, humid, wind, dew = (row[name] for name in ("temp °F", "humid %", "wind mph", "dewp °F"))
                counts[group][0] += 1
                counts[group][1] += bool(temp) and bool(wind)
                for place, value in enumerate(_derived(temp, humid, wind)):
                    if value is not None:
                        values[group][place].append(value)
                if temp:
                    hours[local.month, local.hour].append(_celsius(temp))
                if all((temp, humid, wind, dew)):
                    whole.append(tuple(_whole(text) for text in (temp, humid, wind, dew)))
    return Answers(
        {group: (both[0], both[1]) for group, both in counts.items()},
        {group: (_mean(a), _mean(b), _mean(c)) for group, (a, b, c) in values.items()},
        _slopes(whole),
        {cell: _level(_mean(own)) for cell, own in hours.items()},
    )


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


def _slopes(rows: list[tuple[int, ...]]) -> tuple[float, float, float]:
    """Least squares with a constant: the normal equations of whole numbers, solved in fractions."""
    count, size = len(rows), range(4)
    sums = [sum(row[i] for row in rows) for i in size]
    products = [[sum(row[i] * row[j] for row in rows) for j in size] for i in size]
    centred = [[Fraction(count * products[i][j] - sums[i] * sums[j]) for j in size] for i in size]
    solved = _solve([[*centred[i][:3], centred[i][3]] for i in range(3)])
    return float(solved[0]), float(solved[1]), float(solved[2])


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
