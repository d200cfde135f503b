"""A question taken apart: its words, what each of them may stand for, and how they are put to a store."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from .dataset import Dataset, Hit, QueryError
from .engines import Engine
from .words import joined, name_words, words

MOST_WORDS = 32  # of a question; the rest is not looked at
SHORTEST_PREFIX = 2  # letters
# A value as it is written; where there is none, those of the same letters: C++ is not C#, and "jose nunez" finds José Núñez.
_ALIKE = (
    "folded = ? AND (value = ? OR folded <> '' AND NOT EXISTS"
    " (SELECT 1 FROM label AS same WHERE same.kind = ? AND same.folded = ? AND same.value = ?))"
)


@dataclass(frozen=True)
class Options:
    """How a catalog searches.

    prefix: a word finds those that begin with it. typos: words one typing error away are tried where fewer than `enough`
    datasets were found. boost: how much more a dataset counts that was changed today; half that `half_life` days later
    (1 / (1 + age / half_life)); today: None for the clock's.
    """

    prefix: bool = True
    typos: bool = True
    enough: int = 10
    boost: float = 0.5
    half_life: float = 90.0
    today: date | None = None

    def __post_init__(self) -> None:
        if not (0 <= self.boost < math.inf and 0 < self.half_life < math.inf and self.enough >= 0):
            raise ValueError("boost and enough are at least 0, half_life is above 0, and all are finite")


@dataclass(frozen=True)
class Term:
    """One word as it was typed. parts: where it has several (wt.loss); others: corrections."""

    word: str
    parts: tuple[str, ...] = ()
    others: Sequence[str] = ()
    prefix: bool = True


@dataclass(frozen=True)
class Tried:
    """A way to ask, and what it found."""

    how: str
    terms: Sequence[Term]
    any_word: bool = False
    total: int = 0
    hits: Sequence[Hit] = field(default_factory=list)

    def behind(self, before: Tried, most: int) -> Tried:
        """The same, with the hits of `before` in front."""
        first = {hit.dataset.id for hit in before.hits}
        rest = [hit for hit in self.hits if hit.dataset.id not in first]
        return replace(self, hits=[*before.hits, *rest][:most])


def terms(query: str) -> list[Term]:
    """The words of a question, each once."""
    made = (Term(joined(chunk), tuple(words(chunk))) for chunk in query.split())
    return list(dict.fromkeys(term for term in made if term.word))[:MOST_WORDS]


def tries(asked: Sequence[Term], corrected: Sequence[Term]) -> Iterator[Tried]:
    """Looser ways to ask than `asked`, in order."""
    if any(term.others for term in corrected):
        yield Tried("corrected", corrected)
    if len(asked) > 1:
        yield Tried("any word", corrected, any_word=True)


def expression(engine: Engine, asked: Sequence[Term], any_word: bool) -> str:
    """The question in the store's own language. Words are letters and digits only, so nothing in it can be an operator."""
    groups = [f"({engine.either.join(_alternatives(engine, term))})" for term in asked]
    return (engine.either if any_word else engine.both).join(groups)


def _alternatives(engine: Engine, term: Term) -> Iterator[str]:
    def begins(word: str) -> str:
        long_enough = term.prefix and len(word) >= SHORTEST_PREFIX
        return (engine.prefix if long_enough else engine.exact).format(word)

    # What a word finds twice counts twice: in a name before in a field or text, whole before as a beginning.
    yield engine.named.format(term.word)
    yield engine.exact.format(term.word)
    yield begins(term.word)
    if len(term.parts) > 1:
        *first, last = term.parts
        yield f"({engine.both.join([*map(engine.exact.format, first), begins(last)])})"
    yield from map(engine.exact.format, term.others)


def narrowing(
    filters: Mapping[str, Collection[str]], today: date, within_days: int | None
) -> tuple[str, list[str]]:
    """A condition on `dataset`, and its values: of each kind one of the values, all kinds together."""
    conditions, values = ["1 = 1"], []
    for kind, given in filters.items():
        if not given:
            continue
        alike = " OR ".join([_ALIKE] * len(given))
        conditions.append(f"number IN (SELECT number FROM label WHERE kind = ? AND ({alike}))")
        values.append(kind)
        for value in given:
            values += [joined(value), value, kind, joined(value), value]
    if within_days is not None:
        if not 0 <= within_days <= 1_000_000:
            raise QueryError(f"days are counted from 0 to 1,000,000, not {within_days}")
        conditions.append(f"updated >= {today.toordinal() - within_days}")
    return " AND ".join(conditions), values


def reasons(item: Dataset, asked: Sequence[Term]) -> Iterator[str]:
    """For each word where it was found, looking at short columns first: "field wt.loss", "owner José Gross", "text"."""
    places = [("name", item.name, name_words(item.name)), ("owner", item.owner, words(item.owner))]
    places.append(("owner", item.email, name_words(item.email)))
    places += [("field", each.name, name_words(each.name)) for each in item.fields]
    places += [("tag", each, name_words(each)) for each in (*item.tags, item.source)]
    title = words(item.title)
    for term in asked:
        yield _reason(term, places, title)


def _reason(term: Term, places: Sequence[tuple[str, str, Sequence[str]]], title: Sequence[str]) -> str:
    for holds in (_exactly, _begins, _corrected):
        for kind, value, found in places:
            if holds(term, found):
                return f"{kind} {value}"
        if holds(term, title):
            return "title"
    return "text"


def _exactly(term: Term, found: Sequence[str]) -> bool:
    return term.word in found or (len(term.parts) > 1 and set(term.parts) <= set(found))


def _begins(term: Term, found: Sequence[str]) -> bool:
    return (
        len(term.word) >= SHORTEST_PREFIX
        and term.prefix
        and any(word.startswith(term.word) for word in found)
    )


def _corrected(term: Term, found: Sequence[str]) -> bool:
    return not set(term.others).isdisjoint(found)
