"""What the analysis must come to: recomputed from the CSV files by Python alone, in exact arithmetic where that is possible.

No NumPy, no pandas, nothing of the notebook: integers and fractions for counts and slopes, correctly rounded sums for means.
"""

from __future__ import annotations

import csv
import math
from collections import Counter, defaultdict
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
    whole: list[tuple[int, ...]] = []
    for path in sorted(folder.glob("*.csv"), key=lambda path: path.name)[:months]:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                local = datetime.fromisoformat(row["time"]).astimezone(ZONE)
                group = (row["origin"], local.month)
                temp, humid, wind, dew = (row[name] for name in (*SLOPES, "dewp °F"))
                counts[*group, "hours"] += 1
                counts[*group, "complete"] += bool(temp) and bool(wind)
                for name, value in zip(MEANS, _derived(temp, humid, wind), strict=True):
                    if value is not None:
                        values[*group, name].append(value)
                if temp:
                    hours[local.month, local.hour].append(_celsius(temp))
                if all((temp, humid, wind, dew)):
                    whole.append(tuple(map(_whole, (temp, humid, wind, dew))))
    return {
        "counts.csv": dict(counts),
        "monthly.csv": {key: _mean(own) for key, own in values.items()},
        "model.json": {(name,): slope for name, slope in zip(SLOPES, _slopes(whole), strict=True)},
        "heat.png": {cell: _level(_mean(own)) for cell, own in hours.items()},
    }


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
    sums = [sum(column) for column in zip(*rows, strict=True)]

    def moment(i: int, j: int) -> Fraction:
        return Fraction(len(rows) * sum(row[i] * row[j] for row in rows) - sums[i] * sums[j])

    return list(map(float, _solve([[moment(i, j) for j in range(4)] for i in range(3)])))


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
