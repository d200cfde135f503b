"""The catalog: datasets in, answers out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

from .connections import Connections
from .dataset import AGES, KINDS, Answer, Dataset, Hit, QueryError
from .engines import Engine, Postgres, Sqlite
from .indexing import document, labels
from .question import Options, Tried, expression, narrowing, reasons, terms, tries
from .words import SHORTEST_CORRECTED, deletions, joined, one_edit

LONGEST_QUERY = 1_000  # characters
MOST_HITS = 500  # of one answer
_AT_ONCE = 500  # values in one statement


class Catalog:
    """A catalog in one store; safe to use from several threads."""

    def __init__(self, engine: Engine, options: Options | None = None) -> None:
        self.options = options or Options()
        self._engine = engine
        self._connections = Connections(engine)

    def put(self, datasets: Iterable[Dataset]) -> int:
        """Take these datasets in, in place of those with the same id; all or none. Returns how many.

        QueryError for one that has more words than an index takes.
        """
        given = {item.id: item for item in datasets}
        with self._writing() as connection:
            self._remove(connection, list(given))
            ((last,),) = self._engine.execute(connection, "SELECT coalesce(max(number), 0) FROM dataset")
            numbered = dict(enumerate(given.values(), start=last + 1))
            rows = [
                (number, item.id, item.updated.toordinal(), item.model_dump_json())
                for number, item in numbered.items()
            ]
            documents = {number: document(item) for number, item in numbered.items()}
            self._engine.fill(connection, "dataset", rows)
            self._engine.fill(
                connection, "label", [row for pair in numbered.items() for row in labels(*pair)]
            )
            self._engine.index(connection, documents)
            self._learn(
                connection, {word for found in documents.values() for part in found.values() for word in part}
            )
        return len(given)

    def get(self, id: str) -> Dataset | None:
        """The dataset of that id, None if there is none."""
        with self._connections.one() as connection:
            rows = self._engine.execute(connection, "SELECT record FROM dataset WHERE id = ?", [id])
        return Dataset.model_validate_json(rows[0][0]) if rows else None

    def delete(self, id: str) -> bool:
        """Forget the dataset of that id; False if there is none."""
        with self._writing() as connection:
            return self._remove(connection, [id]) > 0

    def __len__(self) -> int:
        with self._connections.one() as connection:
            return int(self._engine.execute(connection, "SELECT count(*) FROM dataset")[0][0])

    def search(
        self,
        query: str = "",
        limit: int = 10,
        offset: int = 0,
        filters: Mapping[str, Collection[str]] | None = None,
        within_days: int | None = None,
        facets: bool = False,
    ) -> Answer:
        """Datasets that have every word of `query`, best first; all of them, freshest first, for an empty one.

        filters: by kind (KINDS) the values of which a dataset must have one, whatever the case. within_days: changed
        no longer ago. QueryError for what can't be answered.
        """
        self._check(query, limit, offset, filters or {})
        where, values = narrowing(filters or {}, self._today(), within_days)
        with self._connections.one() as connection:
            found = self._try(connection, query, offset + limit, where, values)
            counted = self._facets(connection, found, where, values) if facets else {}
        hits = [replace(hit, why=tuple(reasons(hit.dataset, found.terms))) for hit in found.hits[offset:]]
        return Answer(found.total, hits, found.how, counted)

    def matching(self, query: str) -> set[str]:
        """Ids of all datasets that `query` finds, however many."""
        with self._connections.one() as connection:
            found = self._try(connection, query, 1, "1 = 1", ())
            match, given = self._match(found)
            sql = f"SELECT id FROM ({match}) AS matching JOIN dataset USING (number)"
            return {id for (id,) in self._engine.execute(connection, sql, given)}

    def corrections(self, word: str) -> list[str]:
        """Other words of the catalog that are one typing error away, sorted; none for a word under four letters."""
        with self._connections.one() as connection:
            return self._corrections(connection, joined(word))

    def vocabulary(self) -> int:
        """How many different words of at least four letters the catalog has had."""
        sql = "SELECT count(*) FROM deletion WHERE variant = word"
        with self._connections.one() as connection:
            return int(self._engine.execute(connection, sql)[0][0])

    def size(self) -> int:
        """Bytes of tables and indexes."""
        with self._connections.one() as connection:
            return self._engine.size(connection)

    def close(self) -> None:
        self._connections.close()

    def _try(self, connection: Any, query: str, most: int, where: str, values: Sequence[Any]) -> Tried:
        """Ask more and more loosely until enough is found. What was found earlier stays in front."""
        asked = [replace(term, prefix=self.options.prefix) for term in terms(query)]
        if not asked:
            return self._found(connection, Tried("everything", asked), most, where, values)
        best = self._found(connection, Tried("as typed", asked), most, where, values)
        corrected = asked
        if self.options.typos and best.total < self.options.enough:
            corrected = [replace(term, others=self._corrections(connection, term.word)) for term in asked]
        for looser in tries(asked, corrected):
            if best.total and looser.how == "any word":
                break
            found = self._found(connection, looser, most, where, values)
            if found.total > best.total:
                best = found.behind(best, most)
        return best

    def _found(self, connection: Any, asked: Tried, most: int, where: str, values: Sequence[Any]) -> Tried:
        today, options = self._today().toordinal(), self.options
        match, given = self._match(asked)
        # A date in the future counts as today.
        age = f"({today} - CASE WHEN updated > {today} THEN {today} ELSE updated END)"
        fresh = f"{options.half_life} / ({options.half_life} + {age})"
        sql = (
            "SELECT record, score, total FROM ("
            f"SELECT number, relevance * (1 + {options.boost} * {fresh}) AS score, count(*) OVER () AS total"
            f" FROM ({match}) AS matching JOIN dataset USING (number) WHERE {where}"
            f" ORDER BY score DESC, id LIMIT {most}) AS best JOIN dataset USING (number) ORDER BY score DESC, id"
        )
        rows = self._engine.execute(connection, sql, [*given, *values])
        hits = [Hit(Dataset.model_validate_json(record), float(score)) for record, score, _ in rows]
        return replace(asked, total=int(rows[0][2]) if rows else 0, hits=hits)

    def _facets(
        self, connection: Any, found: Tried, where: str, values: Sequence[Any]
    ) -> dict[str, dict[str, int]]:
        match, given = self._match(found)
        chosen = (
            f"(SELECT number, updated FROM ({match}) AS matching JOIN dataset USING (number) WHERE {where})"
        )
        labels = (
            f"SELECT kind, value, count(*) FROM {chosen} AS chosen JOIN label USING (number) WHERE kind <> 'field'"
            " GROUP BY kind, value ORDER BY count(*) DESC, value"
        )
        counted: dict[str, dict[str, int]] = {kind: {} for kind in KINDS if kind != "field"}
        for kind, value, count in self._engine.execute(connection, labels, [*given, *values]):
            counted[kind][value] = count
        since = [self._today().toordinal() - days for days in AGES.values()]
        sums = ", ".join(f"coalesce(sum(CASE WHEN updated >= {day} THEN 1 ELSE 0 END), 0)" for day in since)
        (row,) = self._engine.execute(connection, f"SELECT {sums} FROM {chosen} AS chosen", [*given, *values])
        return counted | {"changed within": dict(zip(AGES, map(int, row), strict=True))}

    def _match(self, asked: Tried) -> tuple[str, list[str]]:
        """SQL that gives number and relevance, and its values."""
        if not asked.terms:
            return "SELECT number, 1.0 AS relevance FROM dataset", []
        return self._engine.match, [expression(self._engine, asked.terms, asked.any_word)]

    def _corrections(self, connection: Any, word: str) -> list[str]:
        if len(word) < SHORTEST_CORRECTED:
            return []
        variants = sorted(deletions(word))
        marks = ", ".join("?" * len(variants))
        sql = f"SELECT DISTINCT word FROM deletion WHERE variant IN ({marks})"
        near = [other for (other,) in self._engine.execute(connection, sql, variants)]
        return sorted(other for other in near if other != word and one_edit(word, other))

    def _learn(self, connection: Any, found: Collection[str]) -> None:
        # Words that a deleted dataset leaves behind correct to nothing, and do no harm.
        rows = [(left, word) for word in found if len(word) >= SHORTEST_CORRECTED for left in deletions(word)]
        self._engine.fill(connection, "deletion", rows)

    def _remove(self, connection: Any, ids: Sequence[str]) -> int:
        numbers = [
            number
            for start in range(0, len(ids), _AT_ONCE)
            for (number,) in self._select_in(
                connection, "SELECT number FROM dataset WHERE id", ids[start : start + _AT_ONCE]
            )
        ]
        for table, column in (("document", self._engine.key), ("label", "number"), ("dataset", "number")):
            for start in range(0, len(numbers), _AT_ONCE):
                self._select_in(
                    connection, f"DELETE FROM {table} WHERE {column}", numbers[start : start + _AT_ONCE]
                )
        return len(numbers)

    def _select_in(self, connection: Any, sql: str, values: Sequence[Any]) -> list[Any]:
        return self._engine.execute(connection, f"{sql} IN ({', '.join('?' * len(values))})", values)

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        """One writer at a time; all of it or nothing. A connection whose block fails is closed, which rolls back."""
        with self._connections.one() as connection:
            for statement in self._engine.begin:
                self._engine.execute(connection, statement)
            yield connection
            self._engine.execute(connection, "COMMIT")

    def _today(self) -> date:
        return self.options.today or date.today()

    @staticmethod
    def _check(query: str, limit: int, offset: int, filters: Mapping[str, Collection[str]]) -> None:
        if len(query) > LONGEST_QUERY:
            raise QueryError(f"a query has at most {LONGEST_QUERY:,} characters, this one has {len(query):,}")
        if limit < 1 or offset < 0 or limit + offset > MOST_HITS:
            raise QueryError(f"limit is at least 1, offset at least 0, and both together at most {MOST_HITS}")
        if unknown := sorted(set(filters) - set(KINDS)):
            raise QueryError(f"no facet {unknown[0]!r}; known: {', '.join(KINDS)}")


def open_catalog(database: str, options: Options | None = None, schema: str = "catalog") -> Catalog:
    """The catalog in `database`: postgresql://..., or the path of a SQLite file. StoreError if it can't be used."""
    if database.startswith(("postgresql://", "postgres://")):
        engine: Engine = Postgres(database, schema)
    else:
        engine = Sqlite(database.removeprefix("sqlite:///"))
    catalog = Catalog(engine, options)
    len(catalog)
    return catalog
