"""Who noticed a change: the layer of each failure, and whether its words name model and column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pandas as pd

from lab.experiments.dbt_contracts.measure.seen import Built
from lab.experiments.dbt_contracts.workload.mutants import BENIGN, MEANING, RULES, SCHEMA
from lab.services.dbt import Node

CONTRACT, CONSTRAINT, TEST, UNIT, BUILD, NOBODY = (
    *("contract", "constraint", "test", "unit test", "build", "nobody"),
)
LAYERS = (CONTRACT, CONSTRAINT, TEST, UNIT, BUILD, NOBODY)  # where several notice, the first counts
NAMING = (CONTRACT, CONSTRAINT, TEST)  # whose words have to name model and column
GROUPS = {"names and types": SCHEMA, "rules for values": RULES, "meaning": MEANING, "benign": BENIGN}
_CONTRACT = "enforced contract that failed"
_CONSTRAINT = re.compile(r"Constraint Error|violates (?:not-null|check|unique|foreign key) constraint")


def layer(node: Node) -> str:
    """The layer that a node that failed belongs to."""
    if node.kind == "model" and _CONTRACT in node.message:
        return CONTRACT
    if node.kind == "model" and _CONSTRAINT.search(node.message):
        return CONSTRAINT
    if node.status == "fail":
        return {"test": TEST, "unit_test": UNIT}.get(node.kind, BUILD)
    return BUILD


def names(node: Node, model: str, column: str) -> bool:
    """Whether what dbt prints of the node has both as whole words; in a test's name an underscore parts words."""
    text = f"{node.name} {node.message}"
    return all(re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text) for word in (model, column))


def noticed(built: Built) -> tuple[str, bool, str]:
    """(layer, whether it names model and column, the first words that do, or any)."""
    if built.success:
        return NOBODY, False, ""
    found = {node: layer(node) for node in built.failures}
    first = next((one for one in LAYERS if one in found.values()), BUILD)
    nodes = [node for node, one in found.items() if one == first]
    named = [node for node in nodes if _named(node, first, built)]
    said = next((f"{node.name}: {_short(node)}" for node in (*named, *nodes)), "")
    return first, bool(named), said


def _named(node: Node, at: str, built: Built) -> bool:
    if built.mutant is None or not built.mutant.column:
        return False
    # A constraint fails in the mart that has it, a contract or a test in staging.
    model = node.name if at == CONSTRAINT else f"stg_{built.mutant.table}"
    return names(node, model, built.mutant.column)


def _short(node: Node) -> str:
    """What a message says, without its preamble: of a contract its rows, of others their first line that says anything."""
    lines = [line.strip() for line in node.message.splitlines() if line.strip()]
    rows = [
        line for line in lines if line.startswith("|") and not line.startswith(("| column_name", "| ---"))
    ]
    plain = [line for line in lines if not re.match(r"(?:Compilation|Runtime|Database) Error in", line)]
    return (rows or plain or lines or [""])[0][:160]


def table(builds: Iterable[Built]) -> pd.DataFrame:
    """A row for each build of a mutant."""
    rows = [_row(built) for built in builds if built.mutant is not None]
    return pd.DataFrame(rows, columns=COLUMNS)


COLUMNS = [
    *("engine", "arm", "mutant", "group", "kind", "table", "column", "variant"),
    *("layer", "named", "said", "wrong", "seconds"),
]


def _row(built: Built) -> tuple[object, ...]:
    mutant = built.mutant
    assert mutant is not None
    group = next(name for name, kinds in GROUPS.items() if mutant.kind in kinds)
    first, named, said = noticed(built)
    # dbt ended with 0, and yet the marts are not what they should be, or lack a column.
    wrong = built.success and built.differing != 0
    return (
        *(
            built.engine,
            built.arm,
            mutant.name,
            group,
            mutant.kind,
            mutant.table,
            mutant.column,
            mutant.variant,
        ),
        *(first, named, said, wrong, built.seconds),
    )


def counted(rows: pd.DataFrame, layers: Sequence[str]) -> int:
    """How many were noticed by one of `layers`."""
    return int(rows["layer"].isin(layers).sum())
