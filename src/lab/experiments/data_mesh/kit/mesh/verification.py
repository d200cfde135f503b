"""Whether a publication is what a consumer needs, from its columns and rows alone; nothing of the consumer's code is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .expectation import Expectation, Need, Value
from .tables import (
    NUMBERS,
    TIMES,
    Publication,
    ask,
    columns,
    engine_of,
    family_of,
    literal,
    quoted,
    same_type,
    sql_moment,
)

_AT_ONCE = (
    50  # rules in one scan: with hundreds DuckDB plans for minutes, and PostgreSQL takes no more than 1,664
)
_SHORT = 40  # letters of an example: it goes into logs and into the broker


@dataclass(frozen=True)
class Break:
    """One need that is not met. field: "" if it is of the whole dataset."""

    consumer: str
    dataset: str
    field: str
    rule: str
    message: str

    @property
    def where(self) -> str:
        return f"{self.dataset}.{self.field}" if self.field else self.dataset

    def __str__(self) -> str:
        return f"{self.consumer} needs {self.where}: {self.message}"


@dataclass(frozen=True)
class _Check:
    """An aggregate over the table. wrong: the SQL condition of rows that break the rule; say: with {count} and {example}.

    negated: it is broken if no row meets the condition.
    """

    field: str
    rule: str
    wrong: str
    say: str
    example: str = "CAST(NULL AS text)"
    negated: bool = False

    @property
    def sql(self) -> str:
        example = f"left(min({self.example}) FILTER (WHERE {self.wrong}), {_SHORT})"
        return f"count(*) FILTER (WHERE {self.wrong}), {example}"


def verify(publication: Publication, expectation: Expectation) -> list[Break]:
    """What in `publication` is not as `expectation` needs it: empty if all is. A scan for 50 rules, and one for a key.

    ValueError if the expectation is of another publisher, or the connection or the clock can't be used.
    """
    if expectation.publisher != publication.publisher:
        raise ValueError(f"this expects something of {expectation.publisher}, not of {publication.publisher}")
    made = _Verification(publication, expectation)
    if not made.types:
        return [made.broken("", "published", f"there is no such table or view in {publication.schema}")]
    return [*made.shape(), *made.content(), *made.key()]


def grants(publication: Publication, expectations: Sequence[Expectation], role: str) -> list[str]:
    """SQL after which `role` reads the fields that one of `expectations` states, and no other, of the datasets that they name.

    What is granted to PUBLIC stays. PostgreSQL forgets all of it when the table is made anew.
    """
    statements = []
    for dataset in dict.fromkeys(each.dataset for each in expectations):
        relation, there = quoted(publication.schema, dataset), columns(publication, dataset)
        stated = dict.fromkeys(
            name for each in expectations if each.dataset == dataset for name in each.fields
        )
        named = ", ".join(quoted(name) for name in stated if name in there)
        # Rights to the whole table would outweigh those to columns; to revoke them revokes both.
        statements += [f"REVOKE SELECT ON {relation} FROM {quoted(role)}"] if there else []
        statements += [f"GRANT SELECT ({named}) ON {relation} TO {quoted(role)}"] if named else []
    return statements


class _Verification:
    def __init__(self, publication: Publication, expectation: Expectation) -> None:
        self.connection, self.expectation = publication.connection, expectation
        self.engine = engine_of(self.connection)
        self.at = publication.at or datetime.now(UTC)
        if self.at.tzinfo is None:
            raise ValueError("the moment from which freshness is reckoned has no time zone")
        # DuckDB takes names in any case; PostgreSQL's are exact once they are quoted.
        self.fold = str.casefold if self.engine == "duckdb" else str
        found = columns(publication, expectation.dataset)
        self.types = {self.fold(name): type_ for name, type_ in found.items()}
        self.relation = quoted(publication.schema, expectation.dataset)

    def type(self, name: str) -> str:
        """As the database names it; "" if there is no such field."""
        return self.types.get(self.fold(name), "")

    def usable(self, name: str) -> bool:
        """Whether the field is there, with the type that is needed: else its values have nothing to add."""
        need = self.expectation.fields[name].type
        return bool(self.type(name)) and (not need or same_type(need, self.type(name)))

    def broken(self, field: str, rule: str, message: str) -> Break:
        return Break(self.expectation.consumer, self.expectation.dataset, field, rule, message)

    def shape(self) -> Iterator[Break]:
        """Fields that are missing or of another type."""
        for name, need in self.expectation.fields.items():
            if not self.type(name):
                yield self.broken(name, "published", "it is not published")
            elif not self.usable(name):
                yield self.broken(name, "type", f"it is {self.type(name)}, not {need.type}")

    def content(self) -> Iterator[Break]:
        """Rules for values."""
        usable = [name for name in self.expectation.fields if self.usable(name)]
        checks = [check for name in usable for check in self.checks(name)]
        total, found = self.counted(checks)
        if total < self.expectation.rows:
            yield self.broken("", "rows", f"it has {total} rows, not {self.expectation.rows} or more")
        for check, count, example in zip(checks, found[::2], found[1::2], strict=True):
            if total and (not count if check.negated else count):
                said = check.say.replace("{count}", f"{count} of {total}").replace("{example}", str(example))
                yield self.broken(check.field, check.rule, said)

    def counted(self, checks: Sequence[_Check]) -> tuple[int, list[Any]]:
        """Rows in all; and of each check how many meet its condition, with an example."""
        total, found = 0, list[Any]()
        for start in range(0, max(1, len(checks)), _AT_ONCE):
            some = [check.sql for check in checks[start : start + _AT_ONCE]]
            ((total, *counts),) = ask(
                self.connection, f"SELECT {', '.join(['count(*)', *some])} FROM {self.relation}"
            )
            found += counts
        return total, found

    def checks(self, name: str) -> Iterator[_Check]:
        need, fresh = self.expectation.fields[name], self.expectation.fresh
        if not need.nulls or name in self.expectation.key:
            yield _Check(name, "nulls", f"{quoted(name)} IS NULL", "{count} rows have none")
        yield from self.listed(name, need)
        yield from self.bounds(name, need)
        if fresh and fresh.field == name:
            yield self.fresh(name, fresh.hours)

    def listed(self, name: str, need: Need) -> Iterator[_Check]:
        if need.one_of:
            value, known = self.compared(name, need.one_of)
            say = f"{{count}} rows have other values than {', '.join(map(str, need.one_of))}, such as {{example}}"
            wrong = f"{value} NOT IN ({', '.join(known)})" if value else "true"
            yield _Check(name, "one_of", wrong, say, f"CAST({quoted(name)} AS text)")
        if need.includes:
            value, known = self.compared(name, need.includes)
            for wanted, known_as in zip(need.includes, known, strict=True):
                there = f"{value} = {known_as}" if value else "false"
                yield _Check(name, "includes", there, f"no row has {wanted}", negated=True)

    def compared(self, name: str, values: Sequence[Value]) -> tuple[str, list[str]]:
        """SQL of the column and of the values, as they are compared; no column where its type can't have such values."""
        kind, column = family_of(self.type(name)), quoted(name)
        if isinstance(values[0], bool):
            return column if kind == "boolean" else "", [str(value).lower() for value in values]
        if isinstance(values[0], str):
            # An enumeration is compared by its text: PostgreSQL refuses values that it does not have.
            return f"CAST({column} AS text)" if kind in ("", "text") else "", [
                literal(str(value)) for value in values
            ]
        return column if kind in NUMBERS else "", [self.number(name, value) for value in values]

    def number(self, name: str, value: Value) -> str:
        """As SQL; to a column of floats the nearest float, or .1 would be another value than its own .1."""
        nearest = family_of(self.type(name)) == "float" and abs(float(value)) < 3e38
        return f"CAST({value!r} AS {self.type(name)})" if nearest else repr(value)

    def bounds(self, name: str, need: Need) -> Iterator[_Check]:
        kind, column = family_of(self.type(name)), quoted(name)
        for rule, sign, bound in (("minimum", "<", need.minimum), ("maximum", ">", need.maximum)):
            if bound is not None and kind in NUMBERS:
                say = f"{{count}} rows are {'below' if sign == '<' else 'above'} {bound}, such as {{example}}"
                wrong = f"({column} {sign} {self.number(name, bound)}{self.not_a_number(kind, column)})"
                yield _Check(name, rule, wrong, say, f"CAST({column} AS text)")
            elif bound is not None:
                yield _Check(name, rule, "true", f"it is {self.type(name)}, which has no {rule} {bound}")

    def not_a_number(self, kind: str, column: str) -> str:
        """NaN is larger than all to a database, and within no bounds to a reader."""
        if self.engine == "duckdb":
            return f" OR isnan({column})" if kind == "float" else ""
        return "" if kind == "integer" else f" OR {column} = 'NaN'"

    def fresh(self, name: str, hours: float) -> _Check:
        kind, column = family_of(self.type(name)), quoted(name)
        if kind not in TIMES:
            return _Check(name, "fresh", "true", f"it is {self.type(name)}, which has no age")
        now, then = (sql_moment(moment, kind) for moment in (self.at, self.at - timedelta(hours=hours)))
        # What lies in the future, or is "infinity", says nothing of how far the data reach.
        recent = f"{column} BETWEEN {then} AND {now}"
        say = f"no row is of the {hours:g} hours before {self.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        return _Check(name, "fresh", recent, say, negated=True)

    def key(self) -> Iterator[Break]:
        """Whether no two rows have the same key. NULLs are told by its fields."""
        key = self.expectation.key
        if not key or not all(self.type(name) for name in key):
            return
        # Types without equality, such as JSON, are compared as text.
        parts = [
            quoted(name) if family_of(self.type(name)) else f"CAST({quoted(name)} AS text)" for name in key
        ]
        there = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in key)
        grouped = (
            f"SELECT 1 FROM {self.relation} WHERE {there} GROUP BY {', '.join(parts)} HAVING count(*) > 1"
        )
        ((count,),) = ask(self.connection, f"SELECT count(*) FROM ({grouped}) AS repeated")
        if count:
            said = "a value comes" if count == 1 else f"{count} values come"
            yield self.broken(", ".join(key), "key", f"{said} more than once")
