"""What should be found, by looking at every dataset; and the measures, from their definitions.

Nothing here knows an index, a tokenizer or a score. A query is judged by what was meant, which its author knows: the word
before it was misspelt or cut off. Every dataset for which that holds is relevant, however many there are.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any


@dataclass(frozen=True)
class Fact:
    """What is true of a dataset. apart: the words of its documentation that no catalog was given."""

    id: str
    name: str
    owner: str
    email: str
    fields: Sequence[str]
    apart: frozenset[str]

    @cached_property
    def known(self) -> dict[str, set[str]]:
        """What it is called, by kind: an owner by the whole name, by either part of it, or by the address."""
        owner = (self.owner, *self.owner.split(), self.email)
        return {
            kind: set(map(plain, names))
            for kind, names in {"name": [self.name], "owner": owner, "field": self.fields}.items()
        }


@dataclass(frozen=True)
class Query:
    """What is typed, and what is meant by it: one name, owner or prefix of it; fields or words, of which all must hold."""

    kind: str
    form: str
    typed: str
    meant: tuple[str, ...]


@cache
def plain(text: str) -> str:
    """Letters and digits of `text`, small and without accents."""
    whole = text.replace("ł", "l").replace("Ł", "L").replace("ø", "o").replace("Ø", "O")
    apart = unicodedata.normalize("NFD", whole)
    return re.sub(r"[^0-9a-z]", "", "".join(c for c in apart if not unicodedata.combining(c)).lower())


def relevant(query: Query, facts: Iterable[Fact]) -> set[str]:
    """Ids of all datasets that the query is about."""
    if query.kind == "text":
        return {fact.id for fact in facts if fact.apart.issuperset(query.meant)}
    wanted = [plain(word) for word in query.meant]
    holds = _begins if query.form == "prefix" else _has
    return {fact.id for fact in facts if all(holds(fact.known[query.kind], word) for word in wanted)}


def _has(known: Collection[str], word: str) -> bool:
    return word in known


def _begins(known: Collection[str], word: str) -> bool:
    return any(one.startswith(word) for one in known)


def distance(first: str, second: str) -> int:
    """Fewest letters to insert, leave out, replace or swap with the next (optimal string alignment), by the full table."""
    rows = [list(range(len(second) + 1))]
    for i, a in enumerate(first, 1):
        row = [i]
        for j, b in enumerate(second, 1):
            best = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == second[j - 2] and b == first[i - 2]:
                best = min(best, rows[i - 2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


def neighbours(word: str, vocabulary: Iterable[str]) -> list[str]:
    """Other words of `vocabulary` at most one typing error away, sorted."""
    near = (other for other in vocabulary if abs(len(other) - len(word)) <= 1)
    return sorted(other for other in near if other != word and distance(word, other) <= 1)


def measures(ranked: Sequence[str], wanted: Collection[str], k: int = 10) -> dict[str, float]:
    """Measures of one answer by their definitions: gains are 0 or 1, discounts 1 / log2(1 + rank)."""
    good = [item in wanted for item in ranked]
    ideal = sum(1 / math.log2(rank + 2) for rank in range(min(k, len(wanted))))
    gain = sum(1 / math.log2(rank + 2) for rank, hit in enumerate(good[:k]) if hit)
    return {
        "success": float(any(good[:k])),
        "precision": sum(good[:k]) / k,
        "recall": sum(good[:k]) / len(wanted),
        "r_precision": sum(good[: len(wanted)]) / len(wanted),
        "mrr": next((1 / rank for rank, hit in enumerate(good, 1) if hit), 0.0),
        "ndcg": gain / ideal,
    }


def facets(items: Iterable[Mapping[str, Any]], kinds: Sequence[str]) -> dict[str, dict[str, int]]:
    """How many of `items` have each value, by kind; a value is text or several texts."""
    counted: dict[str, dict[str, int]] = {kind: {} for kind in kinds}
    for item in items:
        for kind in kinds:
            given = item[kind]
            for value in {given} if isinstance(given, str) else set(given):
                counted[kind][value] = counted[kind].get(value, 0) + 1
    return counted
