"""Pairs of random schemas, of which one is the other after a few edits: some break and some do not."""

from __future__ import annotations

import copy
import math
import random
from dataclasses import dataclass
from typing import Any

from lab.experiments.schema_evolution.oracle.binary import plan
from lab.experiments.schema_evolution.workload.edits import DEFAULTS, PRIMITIVES, TIMES, Schema, edit
from lab.experiments.schema_evolution.workload.values import height

MONEY = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}


@dataclass(frozen=True)
class Pair:
    """A reader's and a writer's schema. edits: what made one of the other."""

    reader: Schema
    writer: Schema
    edits: tuple[str, ...]


def pairs(count: int, seed: int) -> list[Pair]:
    """`count` pairs, each of one to three edits in either direction; both Avro libraries accept all of the schemas."""
    made: list[Pair] = []
    for number in range(count):
        made.append(_pair(random.Random(f"{seed}/{number}")))
    return made


def _pair(rng: random.Random) -> Pair:
    while True:
        first = _Drawn(rng).record(0)
        second, names = copy.deepcopy(first), []
        for _ in range(rng.choice((1, 1, 2, 3))):
            names.append(edit(second, rng))
        if valid(first) and valid(second):
            reader, writer = (second, first) if rng.random() < 0.6 else (first, second)
            return Pair(reader, writer, tuple(names))


def valid(schema: Schema) -> bool:
    """True if both libraries take it for a schema, and there are values of it."""
    import avro.schema
    import fastavro

    try:
        fastavro.parse_schema(copy.deepcopy(schema))
        avro.schema.make_avsc_object(copy.deepcopy(schema))
    except Exception:  # each has exceptions of its own
        return False
    return height(plan(schema)) < math.inf


class _Drawn:
    """One random schema; names of its types are used again where they fit."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.names: list[str] = []

    def record(self, depth: int) -> Schema:
        name = f"R{len(self.names)}"
        self.names.append(name)
        fields: list[Schema] = []
        made = {"type": "record", "name": name, "fields": fields}
        if depth == 0:
            made["namespace"] = "n.s"
        for place in range(self.rng.randint(2, 4)):
            fields.append(self._field(f"f{place}", depth))
        if self.rng.random() < 0.2:
            fields.append({"name": "again", "type": ["null", name], "default": None})
        return made

    def _field(self, name: str, depth: int) -> Schema:
        kind = self.type(depth + 1)
        made = {"name": name, "type": kind}
        if isinstance(kind, str) and kind in DEFAULTS and self.rng.random() < 0.4:
            made["default"] = DEFAULTS[kind]
        return made

    def type(self, depth: int) -> Schema:
        rng = self.rng
        draw = rng.random()
        if depth > 2 or draw < 0.4:
            return rng.choice(PRIMITIVES)
        if draw < 0.5:
            return self._union(depth)
        if draw < 0.62:
            return self._enum()
        if draw < 0.70:
            return {"type": "array", "items": self.type(depth + 1)}
        if draw < 0.75:
            return {"type": "map", "values": self.type(depth + 1)}
        if draw < 0.80:
            return {"type": "fixed", "name": self._name("F"), "size": rng.choice((2, 4))}
        if draw < 0.90:
            return rng.choice(
                (
                    MONEY,
                    {"type": "long", "logicalType": rng.choice(TIMES)},
                    {"type": "int", "logicalType": "date"},
                )
            ).copy()
        return self.record(depth + 1)

    def _union(self, depth: int) -> Schema:
        branches = ["null", *self.rng.sample(PRIMITIVES, self.rng.randint(1, 2))]
        if self.rng.random() < 0.4:
            branches.append(self._enum() if self.rng.random() < 0.5 else self.record(depth + 1))
        return branches

    def _enum(self) -> Schema:
        made: dict[str, Any] = {"type": "enum", "name": self._name("E"), "symbols": ["A", "B", "C"]}
        if self.rng.random() < 0.3:
            made["default"] = "A"
        return made

    def _name(self, letter: str) -> str:
        self.names.append(f"{letter}{len(self.names)}")
        return self.names[-1]
