"""The arms: the catalog on its two stores, parts of it left out, and what databases offer without it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from lab.experiments.data_catalog.mechanism import Catalog, Dataset, Options, open_catalog
from lab.experiments.data_catalog.params import TODAY, Params

Search = Callable[[str, int], Sequence[str]]  # (query, limit) -> ids, best first
Opened = Callable[[Sequence[Dataset], Path], AbstractContextManager[Search]]

SQLITE, POSTGRES = "catalog on SQLite", "catalog on PostgreSQL"
WHOLE_WORDS, TRIGRAMS, LIKE, RAW = "whole words only", "trigrams", "LIKE", "raw MATCH"


@dataclass(frozen=True)
class Arm:
    """A way to search. open: (datasets, folder for its files) -> a search, for the block."""

    name: str
    open: Opened


def options(params: Params) -> Options:
    """How the catalog searches here."""
    return Options(boost=params.boost, half_life=params.half_life, today=TODAY)


def ids(catalog: Catalog) -> Search:
    """A catalog's search as an arm's."""
    return lambda query, limit: [hit.dataset.id for hit in catalog.search(query, limit).hits]


def whole_words(params: Params) -> Arm:
    """The catalog without prefixes and without correction: full text as it comes."""
    asked = replace(options(params), prefix=False, typos=False)

    @contextmanager
    def opened(datasets: Sequence[Dataset], folder: Path) -> Iterator[Search]:
        catalog = open_catalog(str(folder / "words.db"), asked)
        catalog.put(datasets)
        yield ids(catalog)
        catalog.close()

    return Arm(WHOLE_WORDS, opened)


def trigrams() -> Arm:
    """SQLite's trigram index over everything: any three letters in a row that are the same count, ranked by BM25."""

    @contextmanager
    def opened(datasets: Sequence[Dataset], folder: Path) -> Iterator[Search]:
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        connection.execute(
            "CREATE VIRTUAL TABLE document USING fts5(id UNINDEXED, content, tokenize='trigram')"
        )
        connection.executemany(
            "INSERT INTO document VALUES (?, ?)", [(item.id, _everything(item)) for item in datasets]
        )

        def search(query: str, limit: int) -> list[str]:
            pieces = {query[place : place + 3].lower() for place in range(len(query) - 2)}
            if not pieces:
                return []  # of two letters there is no trigram
            asked = " OR ".join('"{}"'.format(piece.replace('"', '""')) for piece in sorted(pieces))
            sql = "SELECT id FROM document WHERE document MATCH ? ORDER BY bm25(document), id LIMIT ?"
            return [id for (id,) in connection.execute(sql, (asked, limit))]

        yield search
        connection.close()

    return Arm(TRIGRAMS, opened)


def raw_match() -> Arm:
    """Full text whose query is what the reader typed: FTS5 reads operators in it, and fails on what is none."""

    @contextmanager
    def opened(datasets: Sequence[Dataset], folder: Path) -> Iterator[Search]:
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        connection.execute("CREATE VIRTUAL TABLE document USING fts5(id UNINDEXED, content)")
        connection.executemany(
            "INSERT INTO document VALUES (?, ?)", [(item.id, _everything(item)) for item in datasets]
        )
        sql = "SELECT id FROM document WHERE document MATCH ? ORDER BY bm25(document), id LIMIT ?"
        yield lambda query, limit: [id for (id,) in connection.execute(sql, (query, limit))]
        connection.close()

    return Arm(RAW, opened)


def like() -> Arm:
    """The control: the whole query somewhere in one of the columns, in the order of names, as a first version has it."""

    @contextmanager
    def opened(datasets: Sequence[Dataset], folder: Path) -> Iterator[Search]:
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        connection.execute("CREATE TABLE dataset (id, name, content)")
        rows = [(item.id, item.name, _everything(item)) for item in datasets]
        connection.executemany("INSERT INTO dataset VALUES (?, ?, ?)", rows)

        def search(query: str, limit: int) -> list[str]:
            escaped = query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            sql = "SELECT id FROM dataset WHERE content LIKE ? ESCAPE '\\' ORDER BY name, id LIMIT ?"
            return [id for (id,) in connection.execute(sql, (f"%{escaped}%", limit))]

        yield search
        connection.close()

    return Arm(LIKE, opened)


def _everything(item: Dataset) -> str:
    lines = (
        item.name,
        item.title,
        item.owner,
        item.email,
        *(each.name for each in item.fields),
        *item.tags,
        item.source,
    )
    return "\n".join((*lines, item.text))
