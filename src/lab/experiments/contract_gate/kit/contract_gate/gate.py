"""`validate`: what in the data breaks the contract, before anything is built from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from . import checks
from .document import Contract, load
from .duck import no_value_of
from .opening import opened
from .rules import (
    FRESHNESS,
    PRESENCE,
    QUERY,
    REFERENCE,
    ROWS,
    TYPE,
    UNIQUE,
    ZONE,
    ContractError,
    Rule,
)
from .sources import Source, Types, quoted, relation
from .words import comparison, rows_break, span

_OF_ANY = {"mustBe", "mustNotBe", "unit", "query"}  # comparisons that texts and dates have too
_AT_ONCE = (
    50  # rules in one scan: with hundreds DuckDB plans for minutes, and PostgreSQL takes no more than 1,664
)


@dataclass(frozen=True)
class Violation:
    """One rule that the data break. message: what is wrong, without values of the data, which may be personal."""

    rule: Rule
    message: str

    @property
    def kind(self) -> str:
        return self.rule.kind

    @property
    def table(self) -> str:
        return self.rule.table

    @property
    def column(self) -> str:
        """Its columns, by commas; "" for the whole table."""
        return self.rule.column

    def __str__(self) -> str:
        return f"{self.rule.place}: {self.kind}: {self.message}"


@dataclass
class Report:
    """skipped: rules that could not be judged, because what they need is missing or of another type."""

    violations: list[Violation] = field(default_factory=list)
    passed: list[Rule] = field(default_factory=list)
    skipped: list[Rule] = field(default_factory=list)

    def note(self, rule: Rule, broken: str | None) -> None:
        if broken is None:
            self.passed.append(rule)
        else:
            self.violations.append(Violation(rule, f"{broken} ({rule.text})" if rule.text else broken))


def validate(
    contract: Path | str, data: Path | str, now: datetime | None = None, schemas: Path | None = None
) -> list[Violation]:
    """Everything in `data` that breaks the contract in the file `contract` (ODCS v3, YAML); nothing is written.

    data: a DSN postgresql://..., a DuckDB file, a folder with TABLE.parquet or TABLE.csv for each table of the contract, or one
    such file. now: the clock for freshness (default: the machine's). schemas: folder of the standard's JSON Schemas.
    ContractError for a contract that can't be used, DataError for data that can't be opened.
    """
    return check(load(contract, schemas), data, now).violations


def check(contract: Contract, data: Path | str, now: datetime | None = None) -> Report:
    """As `validate`, with the rules that hold and those that could not be judged."""
    report = Report()
    with opened(data, contract.tables) as source:
        _Judge(contract, source, report, now or datetime.now(UTC)).all()
    return report


@dataclass
class _Judge:
    contract: Contract
    source: Source
    report: Report
    now: datetime
    types: dict[str, Types] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)  # tables
    unsound: set[tuple[str, str]] = field(default_factory=set)  # columns that are missing or of another type

    def all(self) -> None:
        for table in self.contract.tables:
            self._presence(table)
        for rule in self._of(TYPE, ZONE):
            self._type(rule)
        for table in self.contract.tables:
            self._by_row(table)
        judged: dict[str, Callable[[Rule], str | None]] = {
            UNIQUE: self._unique,
            REFERENCE: self._reference,
            FRESHNESS: self._freshness,
            ROWS: self._rows,
            QUERY: self._query,
        }
        for rule in self._of(*judged):
            if self._sound(rule):
                self.report.note(rule, judged[rule.kind](rule))
            else:
                self.report.skipped.append(rule)

    def _of(self, *kinds: str) -> list[Rule]:
        return [rule for rule in self.contract.rules if rule.kind in kinds]

    def _presence(self, table: str) -> None:
        found = self.source.columns(table)
        rules = [rule for rule in self._of(PRESENCE) if rule.table == table]
        if isinstance(found, str):
            self.gone.add(table)
            self.report.note(rules[0], found)
            self.report.skipped += rules[1:]
            return
        there = found if self.source.exact else {name.casefold(): type_ for name, type_ in found.items()}
        self.types[table] = {}
        for rule in rules:
            name = rule.column if self.source.exact else rule.column.casefold()
            if rule.columns and name not in there:
                self.unsound.add((table, rule.column))
                self.report.note(rule, f"there is no such column; there are {', '.join(found)}")
            else:
                self.types[table][rule.column] = there.get(name, "")
                self.report.note(rule, None)

    def _sound(self, rule: Rule) -> bool:
        places = [(rule.table, name) for name in rule.columns]
        if rule.kind == REFERENCE:
            places += [(rule.limits["table"], name) for name in rule.limits["columns"]]
        if rule.kind == QUERY and checks.mentions(
            checks.filled(rule), [*self.gone, *(name for _, name in self.unsound)]
        ):
            return False
        return not any(
            table in self.gone or (table, name) in self.unsound for table, name in [(rule.table, ""), *places]
        )

    def _type(self, rule: Rule) -> None:
        if not self._sound(rule):
            self.report.skipped.append(rule)
            return
        actual = self.types[rule.table][rule.column]
        broken = self._text(rule) if rule.table in self.source.raw else _other_type(rule, actual, self.source)
        if broken and rule.kind == TYPE:
            self.unsound.add((rule.table, rule.column))
        self.report.note(rule, broken or None) if broken is not None else self.report.skipped.append(rule)

    def _text(self, rule: Rule) -> str | None:
        """What is wrong with a column of text; "" if nothing is, None if text says nothing about it."""
        logical, column = rule.limits.get("logicalType") or "", quoted(rule.column)
        wrong = checks.unzoned_text(rule.column) if rule.kind == ZONE else no_value_of(logical, column)
        if wrong is None:
            return "" if logical == "string" else None
        raw = self.source.raw[rule.table]
        count, rows = self.source.row(f"SELECT count(*) FILTER (WHERE {wrong}), count(*) FROM {raw}")
        what = "are no times with a zone" if rule.kind == ZONE else f"are no {logical}"
        return f"{count:,} of {rows:,} values {what}" if count else ""

    def _by_row(self, table: str) -> None:
        rules = [rule for rule in self._of(*checks.BY_ROW) if rule.table == table]
        sound = [rule for rule in rules if self._sound(rule)]
        self.report.skipped += [rule for rule in rules if rule not in sound]
        if not sound:
            return
        wrong = [checks.breaking_row(rule, self.types[table][rule.column], self.source) for rule in sound]
        found: list[int] = []
        for some in (wrong[start : start + _AT_ONCE] for start in range(0, len(wrong), _AT_ONCE)):
            counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in some)
            rows, *counted = self.source.row(f"SELECT count(*), {counts} FROM {relation(table)}")
            found += counted
        for rule, count in zip(sound, found, strict=True):
            self.report.note(rule, None if rule.holds(count, rows) else rows_break(rule, count, rows))

    def _unique(self, rule: Rule) -> str | None:
        types = {name: self.types[rule.table][name] for name in rule.columns}
        (count,) = self.source.row(checks.surplus(rule.table, types))
        rows = self.source.row(f"SELECT count(*) FROM {relation(rule.table)}")[0]
        return None if rule.holds(int(count), rows) else f"{int(count):,} of {rows:,} rows come again"

    def _reference(self, rule: Rule) -> str | None:
        (count,) = self.source.row(checks.orphans(rule))
        target = f"{rule.limits['table']}.{', '.join(rule.limits['columns'])}"
        return f"{count:,} row(s) refer to no {target}" if count else None

    def _freshness(self, rule: Rule) -> str | None:
        column, now = quoted(rule.column), f"TIMESTAMPTZ '{self.now.isoformat()}'"
        # What lies in the future, or is "infinity", says nothing of how far the data reach.
        newest = f"max({column}) FILTER (WHERE {column} <= {now})"
        (newest,) = self.source.row(f"SELECT extract(epoch FROM {newest}) FROM {relation(rule.table)}")
        if newest is None:
            return "there is no value up to now, so nothing is fresh"
        age = self.now.timestamp() - float(newest)
        limit = rule.limits["seconds"]
        return f"the newest is {span(age)} old, at most {span(limit)} were agreed" if age > limit else None

    def _rows(self, rule: Rule) -> str | None:
        (rows,) = self.source.row(f"SELECT count(*) FROM {relation(rule.table)}")
        return None if rule.holds(rows, rows) else f"{rows:,} rows, agreed: {comparison(rule)}"

    def _query(self, rule: Rule) -> str | None:
        (value, *_) = self.source.row(checks.filled(rule))
        if not isinstance(value, int | float | Decimal | None) and not {*rule.limits} <= _OF_ANY:
            raise ContractError(f"{rule.place}: its query gives no number, which its comparison needs")
        if value is not None and value == value and rule.holds(value, 0):  # NaN is not equal to itself
            return None
        return f"its query gives {'NULL' if value is None else value}, agreed: {comparison(rule)}"


def _other_type(rule: Rule, actual: str, source: Source) -> str | None:
    """As `_text`, for a column that has a type."""
    if rule.kind == ZONE:
        return "" if checks.zoned(actual) else f"it is {actual}, without a time zone"
    declared, logical = rule.limits["physicalType"], rule.limits["logicalType"]
    same = checks.of_physical(declared, actual, source) if declared else None
    if same is None:
        if not logical:
            return None
        same, declared = checks.of_logical(logical, actual), logical
    return "" if same else f"it is {actual}, agreed: {declared}"
