"""The checkers that are compared: ours, and the control."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lab.experiments.schema_evolution.mechanism import Break, compatible

Checker = Callable[[Any, Any], list[Break]]  # (reader's schema, writer's) -> what breaks


@dataclass(frozen=True)
class Arm:
    """A checker under its name; your own one: `Arm("mine", function)`."""

    name: str
    checker: Checker


def names_and_types(reader: Any, writer: Any) -> list[Break]:
    """Fields of the same name whose types are written differently, at the top level."""
    theirs = {field["name"]: field["type"] for field in writer["fields"]}
    return [
        Break("type", f"/{field['name']}", "differs")
        for field in reader["fields"]
        if field["name"] in theirs and theirs[field["name"]] != field["type"]
    ]


OURS = Arm("compatible", compatible)
SHALLOW = Arm("names and types only", names_and_types)
