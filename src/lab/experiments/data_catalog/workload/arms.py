"""The arms: the catalog on its two stores, parts of it left out, and what databases offer without it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from lab.experiments.data_catalog.mechanism import Catalog, Dataset, Options, open_catalog
from lab.experiments.data_catalog.params import TODAY, Params

Search = Callable[[str, int], Sequence[str]]  # (query, limit) -> ids, best first
Opened = Callable[[Sequence[Dataset], Path], AbstractContextManager[Search]]

SQLITE, POSTGRES = "catalog on SQLite", "catalog on PostgreSQL"
_COLUMNS = "id UNINDEXED, name UNINDEXED, content"
_MATCH = "SELECT id FROM document WHERE document MATCH ? ORDER BY bm25(document), id LIMIT ?"
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


def whole_words(params: Params, path: Path) -> Arm:
    """The catalog in SQLite's file `path` without prefixes and without correction: full text as it comes."""
    asked = replace(options(params), prefix=False, typos=False)

    @contextmanager
    def opened(datasets: Sequence[Dataset], folder: Path) -> Iterator[Search]:
        with closing(open_catalog(str(path), asked)) as catalog:
            yield ids(catalog)

    return Arm(WHOLE_WORDS, opened)


@contextmanager
def _in_memory(table: str, datasets: Sequence[Dataset]) -> Iterator[Callable[[str, str, int], list[str]]]:
    """A table of all that the catalog is given, for the block: (SQL, query, limit) -> ids."""
    with closing(sqlite3.connect(":memory:", check_same_thread=False)) as connection:
        connection.execute(f"CREATE {table}")
        rows = [(item.id, item.name, _everything(item)) for item in datasets]
        connection.executemany("INSERT INTO document VALUES (?, ?, ?)", rows)
        yield lambda sql, query, limit: [id for (id,) in connection.execute(sql, (query, limit))]


def trigrams() -> Arm:
    """SQLite's trigram index over everything: any three letters in a row that are the same count, ranked by BM25."""

    @contextmanager
    def opened(datasets: Sequence[Dataset], folder: Path) -> Iterator[Search]:
        with _in_memory(
            f"VIRTUAL TABLE document USING fts5({_COLUMNS}, tokenize='trigram')", datasets
        ) as asked:

            def search(query: str, limit: int) -> list[str]:
                pieces = {query[place : place + 3].lower() for place in range(len(query) - 2)}
                if not pieces:
                    return []  # of two letters there is no trigram
                quoted = ('"{}"'.format(piece.replace('"', '""')) for piece in sorted(pieces))
                return asked(_MATCH, " OR ".join(quoted), limit)

            yield search

    return Arm(TRIGRAMS, opened)


def raw_match() -> Arm:
    """Full text whose query is what the reader typed: FTS5 reads operators in it, and fails on what is none."""

    @contextmanager
    def opened(datasets: Sequence[Dataset], folder: Path) -> Iterator[Search]:
        with _in_memory(f"VIRTUAL TABLE document USING fts5({_COLUMNS})", datasets) as asked:
            yield lambda query, limit: asked(_MATCH, query, limit)

    return Arm(RAW, opened)


def like() -> Arm:
    """The control: the whole query somewhere in one of the columns, in the order of names, as a first version has it."""

    @contextmanager
    def opened(datasets: Sequence[Dataset], folder: Path) -> Iterator[Search]:
        with _in_memory("TABLE document (id, name, content)", datasets) as asked:

            def search(query: str, limit: int) -> list[str]:
                escaped = query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
                sql = "SELECT id FROM document WHERE content LIKE ? ESCAPE '\\' ORDER BY name, id LIMIT ?"
                return asked(sql, f"%{escaped}%", limit)

            yield search

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
