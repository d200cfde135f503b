"""The artefacts of the first execution against the oracle's answers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from PIL import Image

from lab.experiments.reproducible_notebook.measure.seen import Checked
from lab.experiments.reproducible_notebook.mechanism import Artefact, Numbers, Picture, Rule, ulps
from lab.experiments.reproducible_notebook.oracle import Key, answers

CELL = 16  # pixels of a cell of the picture, each way


def checked(
    artefacts: Mapping[str, Artefact], weather: Path, months: int, rules: Mapping[str, Rule]
) -> list[Checked]:
    """One for each artefact of which the oracle knows values. rules: by pattern, as for the comparison."""
    found = []
    for name, true in answers(weather, months).items():
        seen = _read(name, artefacts[f"artefacts/{name}"].content)
        far, wrong, allowed = 0.0, list[str](), _allowed(name, rules)
        for key in dict.fromkeys([*true, *seen]):
            made, due = seen.get(key), true.get(key)
            apart = float("inf") if made is None or due is None else ulps(made, due)
            if name == "heat.png" and made is not None and due is not None:
                apart = 0 if abs(made - due) <= Picture().levels else apart
            far = max(far, apart)
            if apart > allowed:
                wrong.append(f"{name}, {key}: {made} instead of {due}")
        found.append(Checked(name, len(true), far, wrong))
    return found


def _allowed(name: str, rules: Mapping[str, Rule]) -> float:
    """Steps between doubles by the first rule that fits; none where every bit counts, or pixels do."""
    rule = next((rule for pattern, rule in rules.items() if fnmatchcase(name, pattern)), None)
    return rule.ulp if isinstance(rule, Numbers) else 0


def _read(name: str, content: bytes) -> dict[Key, float]:
    """Every value of an artefact by the oracle's key."""
    if name == "model.json":
        return {(column,): slope for column, slope in json.loads(content)["slopes"].items()}
    if name == "heat.png":
        return _levels(Image.open(io.BytesIO(content)))
    rows = csv.DictReader(io.StringIO(content.decode()))
    return {
        (row["origin"], int(row["month"]), column): float(value)
        for row in rows
        for column, value in row.items()
        if column not in ("origin", "month")
    }


def _levels(image: Image.Image) -> dict[Key, float]:
    """Grey level by month and hour, of the first months of the year."""
    width, height = image.size
    grey = image.convert("L").tobytes()
    return {
        (row + 1, hour): float(grey[row * CELL * width + hour * CELL])
        for row in range(height // CELL)
        for hour in range(width // CELL)
    }
