"""Which column of a source is which column of the target: accepted, asked, or without a counterpart.

Rows that both sides know decide. An exact name is no evidence against the values: it only breaks ties.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, field

import pandas as pd

from .evidence import FEW, Agreement, Rows, agreements, alike, coded, linear, recoded, shared_rows
from .schema import Schema
from .values import FORMS, Texts, as_type, pandas_columns, texts

THRESHOLD = 0.98  # confidence from which a match is accepted: with all rows equal, from 189 shared rows on
_RELATED = 0.1  # agreement beyond chance that makes a column worth asking about
_ALIKE = 0.6  # likeness of names that does


@dataclass(frozen=True)
class Match:
    """A column of the source and one of the target; None where one side has none.

    confidence: 0 to 1, the lower end of the interval of the share of shared rows that agree; with a name that is not
    the target's own, less what chance gives. scale: target = scale x source, where rows say so.
    """

    source: str | None
    target: str | None
    confidence: float
    reason: str
    rows: int = 0
    equal: int = 0
    scale: float | None = None


@dataclass(frozen=True)
class Mapping:
    """accepted: sure. asked: for a person, with the best guess. unmapped: new in the source, or gone from it.

    compared: by (source, target) what the shared rows say, of all pairs.
    """

    accepted: tuple[Match, ...]
    asked: tuple[Match, ...]
    unmapped: tuple[Match, ...]
    compared: Table[tuple[str, str], Agreement] = field(default_factory=dict)

    @property
    def automatic(self) -> float:
        """Share of the decisions that no person has to make."""
        total = len(self.accepted) + len(self.asked) + len(self.unmapped)
        return 1 - len(self.asked) / total if total else 1.0


@dataclass(frozen=True)
class _Known:
    """Both sides, and what their shared rows say. source: by column of the target, its values as that column has them.

    named: pairs that have the same name, or an alias.
    """

    source: Table[str, Table[str, Texts]]
    target: Table[str, Texts]
    rows: Rows
    pairs: Table[tuple[str, str], Agreement]
    named: frozenset[tuple[str, str]]
    confidence: Table[tuple[str, str], float]

    def shared(self, source: str, target: str) -> tuple[Texts, Texts]:
        """The values of two columns in the shared rows."""
        return self.source[target][source][self.rows[0]], self.target[target][self.rows[1]]


def map_columns(
    source: pd.DataFrame, target: Schema, examples: pd.DataFrame | None = None, threshold: float = THRESHOLD
) -> Mapping:
    """Map the columns of `source` to those of `target`.

    examples: rows of the target, of which some are in the source too; found by the target's key. Without them nothing
    is accepted: names and types say what a column is called, not what it means. ValueError for columns of the same
    name, bytes or nested values, a threshold outside of 0 to 1, or examples that lack a column of the target.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold is {threshold}; it must be above 0 and at most 1")
    left = {name: texts(column) for name, column in pandas_columns(source).items()}
    known = _known(left, target, _examples(target, examples))
    accepted = _accepted(known, target, threshold)
    sources = [name for name in left if name not in {match.source for match in accepted}]
    targets = [item.name for item in target.columns if item.name not in {match.target for match in accepted}]
    asked, unmapped = _others(known, sources, targets)
    return Mapping(tuple(accepted), tuple(asked), tuple(unmapped), known.pairs)


def _examples(target: Schema, examples: pd.DataFrame | None) -> dict[str, Texts]:
    names = [column.name for column in target.columns]
    if examples is None:
        return {name: texts(pd.Series(dtype=object)) for name in names}
    columns = pandas_columns(examples)
    if missing := [name for name in names if name not in columns]:
        raise ValueError(f"the examples lack the target's column {missing[0]!r}")
    return {column.name: as_type(texts(columns[column.name]), column.type) for column in target.columns}


def _known(left: Table[str, Texts], target: Schema, right: Table[str, Texts]) -> _Known:
    by_form = {
        form: {name: as_type(values, form) for name, values in left.items()}
        for form in {FORMS.get(column.type, column.type) for column in target.columns}
    }
    source = {column.name: by_form[FORMS.get(column.type, column.type)] for column in target.columns}
    codes = coded(source, right)
    rows = shared_rows(*codes, target.key)
    pairs = agreements(*codes, rows)
    named = frozenset(
        (name, column.name)
        for column in target.columns
        for name in left
        if name == column.name or name in column.aliases
    )
    confidence = {pair: found.low if pair in named else found.beyond_chance for pair, found in pairs.items()}
    return _Known(source, right, rows, pairs, named, _with_witness(confidence, pairs, target))


def _with_witness(
    confidence: Table[tuple[str, str], float], pairs: Table[tuple[str, str], Agreement], target: Schema
) -> dict[tuple[str, str], float]:
    """Of a key's columns no more than of the best other one: rows were joined on them, so that they agree is no news."""
    key = target.key
    witness = max((found.beyond_chance for (_, t), found in pairs.items() if t not in key), default=0.0)
    return {pair: min(own, witness) if pair[1] in key else own for pair, own in confidence.items()}


def _accepted(known: _Known, target: Schema, threshold: float) -> list[Match]:
    """Pairs over the threshold: those of one name first, of the others those that have no rival on either side."""
    sure = {
        pair
        for pair, confidence in known.confidence.items()
        if confidence >= threshold and known.pairs[pair].rows >= FEW
    }
    chosen = sorted(_alone(sure & known.named))
    taken = {s for s, _ in chosen}, {t for _, t in chosen}
    chosen += sorted(_alone({pair for pair in sure if pair[0] not in taken[0] and pair[1] not in taken[1]}))
    order = [column.name for column in target.columns]
    chosen.sort(key=lambda pair: order.index(pair[1]))
    return [_match(known, *pair, _why(known, *pair)) for pair in chosen]


def _alone(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    lefts, rights = [s for s, _ in pairs], [t for _, t in pairs]
    return {(s, t) for s, t in pairs if lefts.count(s) == 1 and rights.count(t) == 1}


def _match(known: _Known, source: str, target: str, reason: str, scale: float | None = None) -> Match:
    found = known.pairs[source, target]
    return Match(source, target, known.confidence[source, target], reason, found.rows, found.equal, scale)


def _why(known: _Known, source: str, target: str) -> str:
    found = known.pairs[source, target]
    text = f"equal in {found.equal:,} of {found.rows:,} shared rows"
    return text if (source, target) in known.named else f"{text}, under another name"


def _others(known: _Known, sources: list[str], targets: list[str]) -> tuple[list[Match], list[Match]]:
    """What was not accepted: (asked, unmapped).

    A column that has no counterpart is new, or gone, only if all others have one: else it may be a part of one of them,
    or a whole that was split.
    """
    asked, used = [], set()
    for target in targets:
        best = max(
            (_guess(known, source, target) for source in sources if source not in used),
            key=lambda guess: guess[0],
            default=(0.0, None),
        )
        if best[1] is not None:
            asked.append(best[1])
            used.add(best[1].source)
    gone = [name for name in targets if name not in {match.target for match in asked}]
    new = [name for name in sources if name not in used]
    no_rows = not any(found.rows for found in known.pairs.values())
    doubt = "no shared row tells" if no_rows else "may be a part, or the whole, of another column"
    in_doubt = bool(no_rows or asked or (gone and new))
    reasons = (
        (doubt, doubt)
        if in_doubt
        else ("gone: every column of the source is another", "new: the target has its own")
    )
    rest = [Match(None, name, 0.0, reasons[0]) for name in gone]
    rest += [Match(name, None, 0.0, reasons[1]) for name in new]
    return (asked + rest, []) if in_doubt else ([], rest)


def _is_unit(factor: float, offset: float) -> bool:
    return abs(factor - 1) > 0.01 or abs(offset) > 0.6  # less may be rounding


def _guess(known: _Known, source: str, target: str) -> tuple[float, Match | None]:
    """How good a guess it is that `source` is `target`, and the question; (0, None) if it is none."""
    (left, right), found = known.shared(source, target), known.pairs[source, target]
    likeness = 1.0 if (source, target) in known.named else alike(source, target)
    same = "same name, but " if (source, target) in known.named else ""
    if found.rows >= FEW and (line := linear(left, right)) and _is_unit(*line):
        unit = f"{same}values differ by a factor of {1 / line[0]:.6g}" + (
            f" and an offset of {line[1]:.6g}" if abs(line[1]) > 1e-6 else ""
        )
        return 3 + likeness, _match(known, source, target, f"{unit}: another unit?", line[0])
    if found.rows >= FEW and (values := recoded(left, right)):
        return 2 + likeness, _match(
            known, source, target, f"{same}each of {values} values is spelt otherwise: recoded?"
        )
    if found.rows >= FEW and found.beyond_chance >= _RELATED:
        share = f"equal in {found.equal:,} of {found.rows:,} shared rows"
        return 1 + found.beyond_chance + likeness / 10, _match(known, source, target, f"{same}{share}")
    if likeness >= _ALIKE:
        told = (
            f"equal in {found.equal:,} of {found.rows:,} shared rows" if found.rows else "no shared row tells"
        )
        return likeness, _match(known, source, target, f"{same or 'similar name, '}{told}")
    return 0.0, None
