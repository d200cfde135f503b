"""Random values of a schema that reach every branch of its unions and every symbol of its enums."""

from __future__ import annotations

import itertools
import math
import random
import struct
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from lab.experiments.schema_evolution.oracle.binary import Chosen, Plan, definition

DEEPEST = 3  # of a recursive type
_INTS = (0, -1, 2**31 - 1, -(2**31), 2**24 + 1)
_LONGS = (*_INTS, 2**53 + 1, 2**63 - 1, -(2**63))
_TEXTS = ("", "a", "Zoë", "日本", "0", "true", "x" * 200)
_BYTES = (b"", b"abc", b"\xff\xfe", bytes(range(200, 210)))
_DOUBLES = (0.0, -1.5, 0.1, 1e300, float(2**53))


def values(plan: Plan, count: int, seed: int) -> Iterator[Any]:
    """`count` values as `binary.encode` takes them.

    Where there is a choice, each visit to the same place takes the next one, so that a few values reach all of them.
    """
    drawing = _Drawing(plan, random.Random(seed))
    for _ in range(count):
        yield drawing.value(plan.schema, "", "", 0)


def height(plan: Plan, schema: Any = None, space: str = "", above: frozenset[str] = frozenset()) -> float:
    """Records within records of the lowest value that a schema has; infinite for one that always holds its own kind."""
    node = definition(plan.schema if schema is None else schema, plan.named, space)
    if isinstance(node, list):
        return min((height(plan, branch, space, above) for branch in node), default=0)
    if node["type"] != "record":
        return 0
    if node["_name"] in above:
        return math.inf
    within = above | {node["_name"]}
    return 1 + max(
        (height(plan, field["type"], node["_space"], within) for field in node["fields"]), default=0
    )


class _Drawing:
    def __init__(self, plan: Plan, rng: random.Random) -> None:
        self.plan, self.rng = plan, rng
        self.visits: defaultdict[str, Iterator[int]] = defaultdict(itertools.count)

    def value(self, schema: Any, space: str, path: str, depth: int) -> Any:
        node = definition(schema, self.plan.named, space)
        if isinstance(node, list):
            return self._union(node, space, path, depth)
        kind, space = node["type"], node.get("_space", space)
        if kind == "record":
            return {
                field["name"]: self.value(field["type"], space, f"{path}/{field['name']}", depth + 1)
                for field in node["fields"]
            }
        if kind in ("array", "map"):
            return self._many(node, space, path, depth)
        if kind == "enum":
            return node["symbols"][self._next(path) % len(node["symbols"])]
        return self._scalar(node)

    def _next(self, path: str) -> int:
        return next(self.visits[path])

    def _union(self, node: list[Any], space: str, path: str, depth: int) -> Chosen:
        if depth > 2 * DEEPEST:
            branch = min(range(len(node)), key=lambda place: height(self.plan, node[place], space))
        else:
            branch = self._next(path) % len(node)
        return Chosen(branch, self.value(node[branch], space, f"{path}[{branch}]", depth + 1))

    def _many(self, node: dict[str, Any], space: str, path: str, depth: int) -> Any:
        inner = node.get("items", node.get("values"))
        count = 0 if depth > 2 * DEEPEST else (2, 1, 0, 3)[self._next(path) % 4]
        made = [self.value(inner, space, f"{path}/*", depth + 1) for _ in range(count)]
        return made if node["type"] == "array" else {f"k{place}": item for place, item in enumerate(made)}

    def _scalar(self, node: dict[str, Any]) -> Any:
        kind, name, rng = node["type"], node.get("logicalType"), self.rng
        if kind == "int":
            return (
                rng.randint(-20_000, 20_000)
                if name == "date"
                else rng.choice((*_INTS, rng.randint(-(10**6), 10**6)))
            )
        if kind == "long":
            if name in ("timestamp-millis", "timestamp-micros"):
                return rng.randint(0, 2 * 10**9) * (
                    10**3 if name.endswith("millis") else 10**6
                ) + rng.randint(0, 999)
            return rng.choice((*_LONGS, rng.randint(-(10**12), 10**12)))
        if kind == "bytes" and name == "decimal":
            unscaled = rng.choice(
                (0, 1, -1, rng.randint(1 - 10 ** node["precision"], 10 ** node["precision"] - 1))
            )
            return unscaled.to_bytes(unscaled.bit_length() // 8 + 1, "big", signed=True)
        if kind == "fixed":
            return rng.randbytes(node["size"])
        if kind == "float":
            return struct.unpack("<f", struct.pack("<f", rng.uniform(-1e6, 1e6)))[0]
        choices = {
            "null": (None,),
            "boolean": (True, False),
            "string": _TEXTS,
            "bytes": _BYTES,
            "double": _DOUBLES,
        }
        return rng.choice(choices[kind])
