"""Earlier published runs: of each a small file `history/MACHINE CLASS/SLUG/DATE-RUN.json`, committed like the baseline.

It holds what can be followed from run to run: the headline, and each ratio that gates the verdict with its limit.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import fastjsonschema

from lab import paths
from lab.errors import EvidenceError
from lab.evidence.provenance import machine_class
from lab.evidence.record import Record
from lab.files import write_atomically

FOLDER = paths.PROJECT / "history"
Entry = dict[str, Any]

LEAST = 5  # earlier runs that make a spread
_ENOUGH = 8  # from which on their range, widened once, is wide enough
_ROUNDING = 1e-9  # of a value: the same sum in another order

_MACHINE = ("cpu", "cores", "memory_gib", "architecture")
_LIMIT: Entry = {
    "type": "object",
    "required": ["relation", "bound"],
    "properties": {"relation": {"enum": ["<=", ">=", "=="]}, "bound": {"type": ["number", "boolean"]}},
}
_MEASURE: Entry = {
    "type": "object",
    "required": ["name", "unit", "value"],
    "properties": {
        "name": {"type": "string"},
        "unit": {"type": "string"},
        "value": {"type": ["number", "boolean", "null"]},
        "limit": _LIMIT,
        "outcome": {"enum": ["pass", "fail", "inconclusive", "not run"]},
    },
    "additionalProperties": False,
}
_SCHEMA: Entry = {
    "type": "object",
    "properties": {
        "schema": {"const": 1},
        "experiment": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
        "run_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "finished": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT"},
        "verdict": {"enum": ["pass", "fail", "inconclusive"]},
        "duration_s": {"type": "number", "minimum": 0},
        "machine": {"type": "object"},
        "version": {"type": "string"},
        "source_hash": {"type": "string"},
        "params": {"type": "object"},
        "headline": {"oneOf": [{"type": "null"}, _MEASURE]},
        "ratios": {"type": "array", "items": {**_MEASURE, "required": [*_MEASURE["properties"]]}},
    },
    "additionalProperties": False,
}
_SCHEMA["required"] = list(_SCHEMA["properties"])


@dataclass(frozen=True)
class Kept:
    """entries: of one experiment and one class of machine, the oldest first. broken: files that could not be read."""

    entries: Sequence[Entry] = ()
    broken: Sequence[Path] = ()


@dataclass(frozen=True)
class Spread:
    """A figure of one run beside the same figure of `runs` earlier ones, which lay between low and high.

    limit: a ratio's; None for the headline.
    """

    name: str
    unit: str
    value: float
    low: float
    high: float
    runs: int
    limit: Entry | None = None

    @property
    def left(self) -> bool:
        """True if the value lies beyond what a run like the earlier ones would show; with fewer than LEAST of them, False.

        After five runs the sixth is, by chance alone, the highest or lowest so far one time in three. So their range is
        widened on both sides by its own width, by twice that while they are fewer than eight: of a figure that varies
        normally one value in 200 then lies outside by chance. A figure that never varied is left by any change.
        """
        if self.runs < LEAST:
            return False
        margin = (self.high - self.low) * (1 if self.runs >= _ENOUGH else 2)
        margin += _ROUNDING * max(abs(self.low), abs(self.high))
        return not self.low - margin <= self.value <= self.high + margin


def entry(record: Record) -> Entry:
    """What is kept of a published run. EvidenceError if it came to no verdict."""
    origin, summary = record["provenance"], record["summary"]
    headline = summary["headline"] if summary else None
    return _checked(
        {
            "schema": 1,
            **{name: record[name] for name in ("experiment", "run_id", "finished", "verdict", "duration_s")},
            "machine": {name: origin["machine"][name] for name in _MACHINE if name in origin["machine"]},
            "version": origin.get("version", ""),
            "source_hash": origin["source_hash"],
            "params": record["params"],
            "headline": headline and {name: headline[name] for name in ("name", "unit", "value")},
            "ratios": [_ratio(item) for item in record["criteria"] if item["tier"] == "ratio"],
        }
    )


def _ratio(item: Record) -> Entry:
    kept = {name: item[name] for name in ("name", "unit", "limit", "outcome")}
    return {**kept, "value": item["observed"]}


def place(item: Entry) -> Path:
    """Where the file of a run is."""
    name = f"{item['finished'][:10]}-{item['run_id'][:8]}.json"
    return FOLDER / machine_class(item["machine"]) / item["experiment"] / name


def append(record: Record) -> Path | None:
    """Keep a published run; its file, or None if it is there already. A broken file in its place is mended."""
    item = entry(record)
    target = place(item)
    try:
        if target.exists() and _read(target) == item:
            return None
    except EvidenceError:
        pass
    return write_atomically(target, json.dumps(item, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def classes(slug: str) -> list[str]:
    """Classes of machines of which runs of `slug` are kept."""
    return sorted(path.parent.name for path in FOLDER.glob(f"*/{slug}"))


def kept(slug: str, machine: str) -> Kept:
    """The runs of `slug` on the class `machine`."""
    entries, broken = [], []
    for path in sorted((FOLDER / machine / slug).glob("*.json")):
        try:
            entries.append(_read(path))
        except EvidenceError:
            broken.append(path)
    return Kept(sorted(entries, key=lambda item: item["finished"]), broken)


def like(item: Entry, entries: Iterable[Entry]) -> list[Entry]:
    """Those of `entries` that came before `item` with its parameters, and passed.

    A run that failed says so by its verdict; it must not widen what is usual.
    """
    return [
        other
        for other in entries
        if other["params"] == item["params"]
        and other["verdict"] == "pass"
        and other["run_id"] != item["run_id"]
        and other["finished"] <= item["finished"]
    ]


def spreads(item: Entry, earlier: Iterable[Entry]) -> list[Spread]:
    """Each figure of `item` that the runs `earlier` have too, by the same name, unit and limit."""
    seen: dict[str, list[float]] = {}
    for other in earlier:
        for each in measures(other):
            seen.setdefault(_same(each), []).append(each["value"])
    return [
        Spread(
            each["name"],
            each["unit"],
            each["value"],
            min(values),
            max(values),
            len(values),
            each.get("limit"),
        )
        for each in measures(item)
        if (values := seen.get(_same(each)))
    ]


def measures(item: Entry) -> list[Entry]:
    """The headline, then the ratios, as far as they are numbers."""
    found = [item["headline"], *item["ratios"]] if item["headline"] else item["ratios"]
    return [each for each in found if _is_number(each["value"])]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _same(each: Entry) -> str:
    return json.dumps([each["name"], each["unit"], each.get("limit")], sort_keys=True)


def _read(path: Path) -> Entry:
    try:
        item = _checked(json.loads(path.read_text()))
    except (OSError, ValueError) as error:
        raise EvidenceError(f"{path} is not JSON ({error})") from None
    if place(item) != path:
        raise EvidenceError(f"{path} holds a run that belongs to {place(item)}")
    return item


def _checked(item: Entry) -> Entry:
    try:
        _validate()(item)
    except fastjsonschema.JsonSchemaValueException as error:
        raise EvidenceError(f"no entry of the history: {error.message}") from None
    return item


@cache
def _validate() -> Callable[[Any], Any]:
    return fastjsonschema.compile(_SCHEMA)
