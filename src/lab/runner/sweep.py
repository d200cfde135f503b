"""One experiment at several values of its parameters."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from lab import paths
from lab.errors import ParameterError
from lab.evidence.record import Record
from lab.runner.execute import check_parameters, run
from lab.runner.place import Place, point_name

Point = dict[str, Any]


def points(assignments: Sequence[str]) -> list[Point]:
    """Every combination of `("rate=1000,10000", "partitions=6")`, in order."""
    ranges = [_range(text) for text in assignments]
    names = [name for name, _ in ranges]
    return [
        dict(zip(names, values, strict=True))
        for values in itertools.product(*(values for _, values in ranges))
    ]


def sweep(slug: str, at: Sequence[Point]) -> Iterator[tuple[Point, Record]]:
    """Run at each point; all points are checked before the first one is run."""
    for point in at:
        check_parameters(slug, point)
    for point in at:
        target = folder(slug) / point_name(point)
        yield point, run(slug, point, Place(slug, target, target)).record


def folder(slug: str) -> Path:
    """Where a sweep's records and its page are."""
    return paths.build() / "sweeps" / slug


def _range(text: str) -> tuple[str, list[Any]]:
    name, equals, values = text.partition("=")
    if not equals or not name.isidentifier() or not values:
        raise ParameterError(f"-p takes name=value,value,..., not {text!r}")
    try:
        return name, yaml.safe_load(f"[{values}]")
    except yaml.YAMLError:
        raise ParameterError(f"parameter {name} = {values!r}: not values that YAML can read") from None
