"""The artefacts of the first execution against the oracle's answers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from PIL import Image

from lab.experiments.reproducible_notebook.measure.seen import Checked
from lab.experiments.reproducible_notebook.mechanism import Artefact, Picture, ulps
from lab.experiments.reproducible_notebook.oracle import answers

CELL = 16  # pixels of a cell of the picture, each way
ARTEFACTS = ("counts.csv", "monthly.csv", "model.json", "heat.png")


def checked(artefacts: Mapping[str, Artefact], weather: Path, months: int, ulp: float) -> list[Checked]:
    """One for each of ARTEFACTS. ulp: the distance that numbers may have."""
    true = answers(weather, months)
    counts, monthly, model, picture = (artefacts[f"artefacts/{name}"].content for name in ARTEFACTS)
    rows = {(row["origin"], int(row["month"])): row for row in _rows(counts)}
    both = {group: (int(row["hours"]), int(row["complete"])) for group, row in rows.items()}
    means = {(row["origin"], int(row["month"])): row for row in _rows(monthly)}
    columns = ("celsius", "deficit", "chill")
    found = json.loads(model)["slopes"]
    levels = _levels(picture, sorted({month for month, _ in true.levels}))
    return [
        _numbers(
            "counts.csv", ((str(group), _get(both, group), due) for group, due in _pairs(true.counts)), 0
        ),
        _numbers(
            "monthly.csv",
            (
                (f"{group} {column}", float(means[group][column]) if group in means else None, due)
                for group, values in true.means.items()
                for column, due in zip(columns, values, strict=True)
            ),
            ulp,
        ),
        _numbers(
            "model.json",
            (
                (name, found[name], due)
                for name, due in zip(("temp °F", "humid %", "wind mph"), true.slopes, strict=True)
            ),
            ulp,
        ),
        _picture(levels, true.levels),
    ]


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def _pairs(counts: Mapping[tuple[str, int], tuple[int, int]]) -> Iterable[tuple[tuple[str, int, int], int]]:
    return (((*group, place), due) for group, both in counts.items() for place, due in enumerate(both))


def _get(both: Mapping[tuple[str, int], tuple[int, int]], key: tuple[str, int, int]) -> int | None:
    return both[key[:2]][key[2]] if key[:2] in both else None


def _numbers(name: str, pairs: Iterable[tuple[str, float | None, float]], ulp: float) -> Checked:
    wrong, far, count = list[str](), 0.0, 0
    for what, seen, due in pairs:
        apart = float("inf") if seen is None else ulps(float(seen), float(due))
        far, count = max(far, apart), count + 1
        if apart > ulp:
            wrong.append(f"{name}, {what}: {seen} instead of {due}")
    return Checked(name, count, far, wrong)


def _levels(picture: bytes, months: list[int]) -> dict[tuple[int, int], int]:
    image = Image.open(io.BytesIO(picture))
    return {
        (month, hour): int(image.getpixel((hour * CELL, place * CELL)))  # type: ignore[arg-type]
        for place, month in enumerate(months)
        for hour in range(24)
    }


def _picture(levels: Mapping[tuple[int, int], int], true: Mapping[tuple[int, int], int]) -> Checked:
    """Grey levels, which may differ as those of two executions may."""
    wrong = [
        f"heat.png, month and hour {cell}: {levels[cell]} instead of {due}"
        for cell, due in true.items()
        if abs(levels[cell] - due) > Picture().levels
    ]
    return Checked("heat.png", len(true), 0.0, wrong)
