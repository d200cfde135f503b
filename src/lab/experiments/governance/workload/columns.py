"""Columns for the classifier: identifiers and numbers like them, with dirt and gaps, under names that tell nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from lab.experiments.governance import oracle
from lab.experiments.governance.params import Params

VALUES = 40  # in a column
MOST_EMPTY = 0.4  # share of them that is NULL, in the emptiest column


@dataclass(frozen=True)
class Sample:
    """One column. label, kind: what it was made of; dirt: share of its values that is something else."""

    label: str
    kind: str
    name: str
    dirt: float
    values: list[Any]


def samples(params: Params) -> Iterator[Sample]:
    """`columns` columns of each kind; of those that are digits every third one is stored as numbers."""
    random = Random(f"{params.seed} columns")
    for (label, kind), make in oracle.PERSONAL.items():
        for number in range(params.columns):
            yield _sample(random, params, label, kind, make, number)
    for kind, make in oracle.HARMLESS.items():
        for number in range(params.columns):
            yield _sample(random, params, oracle.NONE, kind, make, number)


def _sample(random: Random, params: Params, label: str, kind: str, make: oracle.Make, number: int) -> Sample:
    dirt, empty = random.uniform(0, params.dirt), random.uniform(0, MOST_EMPTY)
    values: list[Any] = [_value(random, make, dirt, empty) for _ in range(VALUES)]
    filled = [value for value in values if value is not None]
    if number % 3 == 0 and filled and all(value.isdigit() for value in filled):
        values = [value if value is None else int(value) for value in values]
    return Sample(label, kind, f"c{number}", dirt, values)


def _value(random: Random, make: oracle.Make, dirt: float, empty: float) -> str | None:
    if random.random() < empty:
        return None
    made = make(random)
    if random.random() >= dirt:
        return made
    # Dirt of the same form where there is one: a digit that was typed wrong.
    places = [place for place, char in enumerate(made) if char.isdigit()]
    if not places:
        return oracle.word(random)
    place = random.choice(places)
    return made[:place] + str((int(made[place]) + random.randrange(1, 10)) % 10) + made[place + 1 :]


def named(params: Params) -> Iterator[Sample]:
    """One column for each name that public schemas give, with values that only its name can tell."""
    random = Random(f"{params.seed} names")
    for name, label in oracle.NAMED.items():
        yield Sample(label, "name", name, 0.0, [_told_by_name(random, label, name) for _ in range(VALUES)])


def _told_by_name(random: Random, label: str, name: str) -> Any:
    word = oracle.word(random)
    return {
        "person_name": word.title(),
        "birth_date": date(1960, 1, 1) + timedelta(days=random.randrange(15_000)),
        "address": oracle.digits(random, 5)
        if "Code" in name
        else f"{word.title()} {random.randrange(1, 90)}",
        "phone": f"0{oracle.digits(random, 3)} {oracle.digits(random, 6)}",
        "email": oracle.email(random),
    }.get(label, word if random.random() < 0.5 else str(random.randrange(1_000)))
