"""What a batch will do to the table, or which questions have to be answered first."""

from __future__ import annotations

import math
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .batch import Batch, LoadError
from .evidence import FEW, wilson_high
from .mapping import THRESHOLD, Mapping, Match
from .schema import Column, Schema, check_name
from .values import Texts, as_type, misfits, type_of, widened


@dataclass(frozen=True)
class Answer:
    """A person's decision: `source` is `target` (times `scale`); without a target it is new, as `name`; without a source
    the target's column gets nothing more. by: who decided. LoadError for a scale of zero or none."""

    source: str | None
    target: str | None
    scale: float = 1.0
    by: str = "a person"
    name: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.scale, bool) or not isinstance(self.scale, (int, float)):
            raise LoadError(f"an answer's scale is {self.scale!r}, no number")
        if not self.scale or not math.isfinite(self.scale):
            raise LoadError(f"an answer's scale is {self.scale}; it would take the values away")


@dataclass(frozen=True)
class Plan:
    """pairs: target -> source of the columns that exist. taken: the same with those that are added.

    added: new columns. widened: new type by column. gone: columns of the target that get nothing. matches: why, by target.
    types: of all columns that are taken, as they will be.
    """

    pairs: Table[str, str]
    taken: Table[str, str]
    added: tuple[Column, ...] = ()
    widened: Table[str, str] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    matches: Table[str, Match] = field(default_factory=dict)
    answers: tuple[Answer, ...] = ()
    questions: tuple[Match, ...] = ()
    types: Table[str, str] = field(default_factory=dict)

    def values(self, batch: Batch, name: str) -> Texts:
        """What the batch has for the table's column `name`, as its type has it."""
        return as_type(batch.columns[self.taken[name]], self.types[name])


def make(
    batch: Batch, target: Schema, mapping: Mapping, before: Table[str, Any] | None, answers: Sequence[Answer]
) -> Plan:
    """Answers first, then what was decided for the same columns before, then the mapping. LoadError for a wrong answer."""
    _check(batch, target, answers)
    before = _kept(before, target, mapping) if before else {}
    pairs = {match.target: match for match in mapping.accepted if match.target}
    taken = {match.source for match in pairs.values()}
    for name, source in before.get("pairs", {}).items():
        if source not in taken and name not in pairs:
            pairs[name] = Match(source, name, 1.0, "as in earlier batches of this source")
    for one in answers:
        pairs = {
            name: match for name, match in pairs.items() if name != one.target and match.source != one.source
        }
        if one.source and one.target:
            pairs[one.target] = Match(one.source, one.target, 1.0, f"answered by {one.by}", scale=one.scale)
    used = {match.source for match in pairs.values()}
    new = _new(mapping, before, answers, used)
    gone = [match.target for match in mapping.unmapped if match.target and match.target not in pairs]
    gone += [name for name in before.get("gone", ()) if name not in pairs]
    gone += [one.target for one in answers if one.target and not one.source]
    questions = _open(mapping, set(pairs) | set(gone), used | set(new))
    return _with_types(batch, target, pairs, new, tuple(dict.fromkeys(gone)), tuple(answers), questions)


def _check(batch: Batch, target: Schema, answers: Sequence[Answer]) -> None:
    names = {column.name for column in target.columns}
    for one in answers:
        if one.source is None and one.target is None:
            raise LoadError("an answer names neither a source nor a target")
        if one.source is not None and one.source not in batch.columns:
            raise LoadError(f"an answer names {one.source!r}, which the batch does not have")
        if one.target is not None and one.target not in names:
            raise LoadError(f"an answer names {one.target!r}, which the table does not have")


def _kept(before: Table[str, Any], target: Schema, mapping: Mapping) -> dict[str, Any]:
    """What was decided before, but for pairs that shared rows speak against: a drift of meaning under one name.

    A column that somebody else took out of the table is forgotten.
    """
    there = {column.name for column in target.columns}
    against = {
        pair
        for pair, found in mapping.compared.items()
        if found.rows >= FEW and wilson_high(found.equal, found.rows) < THRESHOLD
    }
    pairs = {
        name: source
        for name, source in before["pairs"].items()
        if (source, name) not in against and name in there
    }
    return {**before, "pairs": pairs, "gone": [name for name in before["gone"] if name in there]}


def _new(
    mapping: Mapping, before: Table[str, Any], answers: Sequence[Answer], used: set[str | None]
) -> dict[str, str]:
    """Name in the table by column of the batch, of those that get a column of their own."""
    found = {match.source: match.source for match in mapping.unmapped if match.source}
    found |= {one.source: one.name or one.source for one in answers if one.source and not one.target}
    return {source: name for source, name in found.items() if source not in used}


def _open(mapping: Mapping, settled: set[str], used: set[str | None]) -> list[Match]:
    """Questions of which neither side is settled, or only one that does not settle the other."""
    return [
        match
        for match in mapping.asked
        if (match.target is not None and match.target not in settled)
        or (match.source is not None and match.source not in used)
    ]


def _with_types(
    batch: Batch,
    target: Schema,
    matches: Table[str, Match],
    new: Table[str, str],
    gone: tuple[str, ...],
    answers: tuple[Answer, ...],
    questions: list[Match],
) -> Plan:
    pairs = {name: str(match.source) for name, match in matches.items()}
    wider, types = {}, {}
    for name, source in pairs.items():
        values, type = batch.columns[source], target.named(name).type
        types[name] = type
        if wrong := misfits(as_type(values, type), type):
            better = widened(type, values)
            if better:
                wider[name] = types[name] = better
            else:
                told = f"{wrong[0]!r} is no {type}, and no wider type holds both"
                questions.append(replace(matches[name], reason=told, confidence=0.0))
    types |= {column.name: column.type for column in target.columns if column.name not in types}
    added = []
    for source, name in new.items():
        check_name(name)
        if name in types:
            questions.append(
                Match(source, None, 0.0, f"new, but the table has a column {name!r}: name it anew")
            )
        else:
            types[name] = type_of(batch.frame[source])
            added.append(Column(name, types[name]))
    taken = pairs | {name: source for source, name in new.items()}
    return Plan(pairs, taken, tuple(added), wider, gone, matches, answers, tuple(questions), types)
