"""Orders carried up and down the history, a version at a time, and back: what comes back, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pandas as pd

from lab.experiments.schema_evolution.kit.evolution import UnreadableError, convert
from lab.experiments.schema_evolution.oracle.binary import plan
from lab.experiments.schema_evolution.oracle.resolution import resolve, same
from lab.experiments.schema_evolution.params import Params
from lab.experiments.schema_evolution.workload.orders import Schema, history
from lab.experiments.schema_evolution.workload.values import values

WAYS = {"up and down": 1, "down and up": -1}


def migration(params: Params) -> pd.DataFrame:
    """One row for each way and step: orders, those that came back as they were, were refused, or came back changed.

    Down and up again a field that the lower version lacks comes back as its default: that one is not compared.
    """
    rows, schemas = [], history()
    for way, direction in WAYS.items():
        for start in range(len(schemas)) if direction < 0 else range(len(schemas) - 1):
            if not 0 <= start + direction < len(schemas):
                continue
            fates = list(
                _fates(schemas[start], schemas[start + direction], params.orders, params.seed + start)
            )
            rows.append(
                {
                    "way": way,
                    "from": start + 1,
                    "to": start + direction + 1,
                    **{kind: fates.count(kind) for kind in ("same", "refused", "changed")},
                }
            )
    return pd.DataFrame(rows)


def _fates(start: Schema, end: Schema, count: int, seed: int) -> Iterator[str]:
    own = plan(start)
    for raw in values(own, count, seed):
        value = resolve(raw, own, own).value
        try:
            there = convert(value, start, end)
            back = convert(there, end, start)
        except UnreadableError:
            yield "refused"
            continue
        yield "same" if same(*_shared(back, value, end)) else "changed"


def _shared(
    back: dict[str, Any], value: dict[str, Any], end: Schema
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both without top-level fields that the other version has under none of its names."""
    names = {name for field in end["fields"] for name in (field["name"], *field.get("aliases", ()))}
    kept = {name for name in value if name in names or _was(name) in names}
    return {name: back[name] for name in kept if name in back}, {name: value[name] for name in kept}


@cache
def _was(name: str) -> str:
    """The name of a field before the history renamed it."""
    aliases = {
        field["name"]: field.get("aliases", [""])[0] for schema in history() for field in schema["fields"]
    }
    return aliases.get(name, "")
