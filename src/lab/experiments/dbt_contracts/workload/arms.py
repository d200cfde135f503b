"""What is compared, and which mutants are tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lab import duck
from lab.experiments.dbt_contracts.workload.mutants import MEANING, Mutant, group_of
from lab.experiments.dbt_contracts.workload.shop import SCHEMA, creation
from lab.experiments.dbt_contracts.workload.source_schema import quoted


@dataclass(frozen=True)
class Arm:
    """How the package is run. command: of dbt; variables: of the package."""

    name: str
    command: tuple[str, ...]
    variables: Mapping[str, object] = field(default_factory=dict)


LAYERS = Arm("all layers", ("build",))
CONTRACTS = Arm("contracts and constraints", ("run",))
TESTS = Arm("tests alone", ("build",), {"contracts": False})
NEITHER = Arm("neither", ("run",), {"contracts": False})
# What is usual. It is tried on changes of types only, always also where a decimal turns into a float.
CASTS = Arm("all layers, casts in staging", ("build",), {"shop_staging": "cast"})


def changing(mutants: Sequence[Mutant], orders: int) -> list[Mutant]:
    """Those that change something of this source: the others are no mutants of it, and no test can see them."""
    with duck.connect(settings={"threads": "1"}) as source:
        source.execute("SET TimeZone = 'UTC'")
        for statement in creation(orders):
            source.execute(statement)
        return [one for one in mutants if one.kind not in MEANING or _changes(source, one)]


def _changes(source: object, mutant: Mutant) -> bool:
    execute = source.execute  # type: ignore[attr-defined]
    query = f"SELECT * FROM {quoted(SCHEMA, mutant.table)} ORDER BY 1"
    before = execute(query).fetchall()
    execute("BEGIN")
    for statement in mutant.statements:
        execute(statement)
    after = execute(query).fetchall()
    execute("ROLLBACK")
    return before != after


def stratified(mutants: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """`count` of them at random, or all: of each kind at least one, and of each about the same share.

    Of fewer than there are kinds: names and types, rules, meaning and benign ones in turn.
    """
    if count >= len(mutants):
        return list(mutants)
    random = np.random.default_rng(seed)
    shuffled = [mutants[place] for place in random.permutation(len(mutants))]
    sizes, taken, groups = Counter(one.kind for one in mutants), Counter[str](), Counter[object]()
    chosen: list[Mutant] = []
    for _ in range(min(count, len(mutants))):
        left = [one for one in shuffled if one not in chosen]
        # The kind of which the smallest share was taken; none at all before any share, and then the rarest group's.
        kind = min(
            (one.kind for one in left),
            key=lambda kind: (
                taken[kind] > 0,
                groups[group_of(kind)] if not taken[kind] else 0,
                taken[kind] / sizes[kind],
            ),
        )
        chosen.append(next(one for one in left if one.kind == kind))
        taken[kind] += 1
        groups[group_of(kind)] += 1
    return [one for one in mutants if one in chosen]
