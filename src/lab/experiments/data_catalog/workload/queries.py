"""Queries, made by rule from text that no catalog was given.

A name is one that a manual page's code or its "See Also" mentions; fields are those that its examples compute with; two
words of a text stand in one sentence of its details, source or notes. Owners come from the list of people. So what is asked
for often by those who wrote is asked for often here, and nothing was chosen by hand. Then part of it is cut off or mistyped.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from lab.experiments.data_catalog.oracle import Fact, Query, plain, relevant
from lab.experiments.data_catalog.params import FORMS, Params
from lab.experiments.data_catalog.workload.datasets import Page

CODE = ("Usage", "Examples", "See Also")
PROSE = ("Details", "Source", "Note", "Notes")
SHORTEST = 4  # letters of what is cut off or mistyped
KEPT = 0.6  # of its letters a prefix keeps, and at least three
COMMON = 0.01  # a word of a text query stands in at most this share of the pages, and in two at least
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9._]*")
_KINDS = ("name", "owner", "field")


def queries(pages: Sequence[Page], params: Params) -> list[Query]:
    """`params.queries` of each kind in each form; fewer where the datasets do not give as many."""
    random = np.random.default_rng([params.seed, 1])
    facts = [page.fact() for page in pages]
    pools: dict[str, list[tuple[str, ...]]] = {
        "name": [(name,) for name in _names(pages, random)],
        "owner": [(owner,) for owner in _owners(pages, random, 3 * params.queries)],
        "field": [(field,) for field in _fields(pages, random)],
    }
    made = []
    for kind in _KINDS:
        source = iter(pools[kind])
        for form in FORMS:
            made += _take(_formed(kind, form, source, random, facts), params.queries)
    made += _take(_pairs(pages, random), params.queries)
    return made + _take(_texts(pages, facts, random), params.queries)


def _formed(
    kind: str, form: str, meant: Iterator[tuple[str, ...]], random: np.random.Generator, facts: Sequence[Fact]
) -> Iterator[Query]:
    for (word,) in meant:
        if form == "exact":
            yield Query(kind, form, word, (word,))
        elif len(plain(word)) >= SHORTEST:
            typed = cut(word) if form == "prefix" else mistyped(word, random)
            query = Query(kind, form, typed, (typed if form == "prefix" else word,))
            # A typing error that makes another name of the catalog is no error that anyone could see.
            if form == "prefix" or not relevant(Query(kind, "exact", typed, (typed,)), facts):
                yield query


def cut(word: str) -> str:
    """The beginning of `word`, as typed before the rest."""
    return word[: max(3, int(np.ceil(KEPT * len(word))))]


def mistyped(word: str, random: np.random.Generator) -> str:
    """`word` with one letter left out, doubled by another, replaced, or swapped with the next: Damerau's four errors."""
    letters = [place for place, letter in enumerate(word) if letter.isalnum()]
    other = str(random.choice(list(string.ascii_lowercase)))
    while True:
        place = int(random.choice(letters))
        before, letter, after = word[:place], word[place], word[place + 1 :]
        error = (
            before + after,
            before + other + letter + after,
            before + other + after,
            before + after[:1] + letter + after[1:],
        )[random.integers(4)]
        if plain(error) != plain(word) and plain(error):
            return error
        other = str(random.choice(list(string.ascii_lowercase)))


def _names(pages: Sequence[Page], random: np.random.Generator) -> list[str]:
    known = {page.dataset.name for page in pages}
    return _mentioned(pages, random, lambda page: known)


def _fields(pages: Sequence[Page], random: np.random.Generator) -> list[str]:
    return _mentioned(
        pages, random, lambda page: {each.name for each in page.dataset.fields if len(each.name) > 1}
    )


def _mentioned(
    pages: Sequence[Page], random: np.random.Generator, known: Callable[[Page], set[str]]
) -> list[str]:
    """What pages mention of what is `known`, each once, in the order of mentions drawn at random: what is mentioned
    by many pages comes early."""
    mentions = [
        word for page in pages for word in sorted(set(_IDENTIFIER.findall(_joined(page, CODE))) & known(page))
    ]
    return list(dict.fromkeys(str(mentions[place]) for place in random.permutation(len(mentions))))


def _owners(pages: Sequence[Page], random: np.random.Generator, most: int) -> list[str]:
    """Owners as people write them: the whole name, the family name, the address."""
    people = sorted({(page.dataset.owner, page.dataset.email) for page in pages})
    ways = [way for owner, email in people for way in (owner, owner.split()[-1], email)]
    return [ways[place] for place in random.integers(0, len(ways), 2 * most)]


def _pairs(pages: Sequence[Page], random: np.random.Generator) -> Iterator[Query]:
    """Two fields that one page's examples use."""
    for place in random.permutation(len(pages)):
        used = _mentioned([pages[place]], random, lambda page: {each.name for each in page.dataset.fields})
        chosen = tuple(name for name in used if len(name) > 1)[:2]
        if len(chosen) == 2:
            yield Query("field", "two", " ".join(chosen), chosen)


def _texts(pages: Sequence[Page], facts: Sequence[Fact], random: np.random.Generator) -> Iterator[Query]:
    """Two words that are not common, from one sentence."""
    spread = Counter(word for fact in facts for word in fact.apart)
    most = COMMON * len(pages)
    for place in random.permutation(len(pages)):
        sentences = re.split(r"[.!?]\s", _joined(pages[place], PROSE))
        sentence = sentences[random.integers(len(sentences))]
        words = sorted({word for word in re.findall(r"\b[a-z]{5,}\b", sentence) if 2 <= spread[word] <= most})
        if len(words) >= 2:
            chosen = tuple(str(word) for word in random.choice(words, 2, replace=False))
            yield Query("text", "two", " ".join(chosen), chosen)


def _joined(page: Page, sections: Sequence[str]) -> str:
    return "\n".join(page.apart.get(name, "") for name in sections)


def _take(made: Iterator[Query], count: int) -> list[Query]:
    return [query for _, query in zip(range(count), made, strict=False)]
