"""Whether both stores find the same, and what an oracle says of corrections and facets."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from lab.experiments.data_catalog import oracle
from lab.experiments.data_catalog.measure.retrieval import Collection
from lab.experiments.data_catalog.measure.seen import Compared
from lab.experiments.data_catalog.mechanism import Catalog

FACETS = ("owner", "tag", "source")
SETS, COUNTS = 240, 60  # queries whose sets, and whose facets, are compared
CORRECTED = 4  # words; to compare one with all others takes the oracle half a second


def agreement(collection: Collection, first: Catalog, second: Catalog) -> Compared:
    """Queries for which the two do not find the same set."""
    typed = _spread(list(dict.fromkeys(query.typed for query in collection.queries)), SETS)
    return Compared(len(typed), [text for text in typed if first.matching(text) != second.matching(text)])


def corrections(collection: Collection, catalog: Catalog, path: Path) -> Compared:
    """Mistyped words whose neighbours are other ones than a comparison with every word of the catalog finds.

    A wrong one stands once for each word that is missing or too many.
    """
    vocabulary = all_words(path)
    mistyped = [query.typed for query in collection.queries if query.form == "typo"]
    words = list(dict.fromkeys(word for word in map(oracle.plain, mistyped) if len(word) >= 4))
    words = _spread(words, CORRECTED)
    wrong = [
        f"{word}: {other}"
        for word in words
        for other in sorted(set(catalog.corrections(word)) ^ set(oracle.neighbours(word, vocabulary)))
    ]
    return Compared(len(words), wrong)


def all_words(path: Path) -> list[str]:
    """Every word of at least four letters that stands in the index of SQLite's file, read from the index itself."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'document', 'row')")
        found = [word for (word,) in connection.execute("SELECT term FROM temp.vocabulary")]
    connection.close()
    return [word for word in found if len(word) >= 4 and re.fullmatch(r"\w+", word)]


def facets(collection: Collection, catalogs: Sequence[Catalog]) -> Compared:
    """Queries whose counted facets differ from a count over the datasets that are found."""
    known = {item.id: item.model_dump() for item in collection.datasets}
    typed = dict.fromkeys(collection.queries[place].typed for place in collection.common("exact"))
    texts = _spread(list(typed), COUNTS)
    wrong = []
    for catalog in catalogs:
        for text in texts:
            found = catalog.matching(text)
            due = oracle.facets([known[id] for id in found], ["owner", "source"])
            due |= oracle.facets([{"tag": known[id]["tags"]} for id in found], ["tag"])
            counted = catalog.search(text, limit=1, facets=True).facets
            if {kind: counted[kind] for kind in FACETS} != due:
                wrong.append(text)
    return Compared(len(texts) * len(catalogs), wrong)


def _spread(texts: list[str], most: int) -> list[str]:
    """At most `most` of them, of all kinds."""
    return texts[:: -(-len(texts) // most) or 1]
