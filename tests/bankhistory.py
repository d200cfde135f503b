"""A table's random history, and the log that PostgreSQL and Debezium would make of it (experiment cdc_lakehouse)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from lab.experiments.cdc_lakehouse.kit.sink.change import UNCHANGED, Change, End, Key, Row
from lab.experiments.cdc_lakehouse.kit.sink.merge import Net

NOTE = "a value of many kilobytes"
COLUMNS = ("id", "n", "note")


@dataclass
class Database:
    """A table, and the log that PostgreSQL and Debezium would make of what is done to it."""

    rows: dict[int, Row] = field(default_factory=dict)
    log: list[Change] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    states: list[dict[int, Row]] = field(default_factory=list)
    lsn: int = 100
    xid: int = 0
    place: int = 0

    def begin(self) -> None:
        self.xid, self.place = self.xid + 1, 0

    def commit(self) -> None:
        if self.place:
            self.lsn += 1
            self.ends.append(End(self.xid, self.lsn, self.place))
            self.states.append({key: dict(row) for key, row in self.rows.items()})

    def tell(
        self, op: str, key: int | None, after: Row | None = None, same: bool = False, **more: int
    ) -> None:
        self.lsn, self.place = self.lsn + (not same), self.place + 1
        self.log.append(Change(op, key, after, self.lsn, self.xid, self.place, **more))

    def insert(self, key: int, note: str | None) -> None:
        if key not in self.rows:
            self.rows[key] = {"id": key, "n": self.lsn, "note": note}
            self.tell("c", key, dict(self.rows[key]))

    def update(self, key: int, note: str | None, noted: bool) -> None:
        if key in self.rows:
            row = self.rows[key]
            unchanged = not noted and row["note"] is not None
            row |= {"n": self.lsn} | ({"note": note} if noted else {})
            self.tell("u", key, row | ({"note": UNCHANGED} if unchanged else {}))

    def delete(self, key: int) -> None:
        if self.rows.pop(key, None):
            self.tell("d", key)

    def rekey(self, key: int, new: int) -> None:
        if key in self.rows and new not in self.rows:
            row = self.rows[new] = self.rows.pop(key) | {"id": new}
            hidden = {} if row["note"] is None else {"note": UNCHANGED}
            self.tell("d", key, moved_to=new)
            self.tell("c", new, row | hidden, same=True, moved_from=key)

    def truncate(self) -> None:
        self.rows.clear()
        self.tell("t", None)


KEYS = st.integers(1, 5)
NOTES = st.none() | st.integers(0, 9).map(lambda n: f"{NOTE} {n}")
STEPS = st.one_of(
    st.tuples(st.just("insert"), KEYS, NOTES),
    st.tuples(st.just("insert"), KEYS, NOTES),
    st.tuples(st.just("update"), KEYS, NOTES, st.booleans()),
    st.tuples(st.just("delete"), KEYS),
    st.tuples(st.just("rekey"), KEYS, KEYS),
    st.tuples(st.just("truncate")),
)
HISTORIES = st.lists(st.lists(STEPS, min_size=1, max_size=6), min_size=1, max_size=8)


def played(history: Sequence[Sequence[tuple]]) -> Database:
    database = Database()
    for steps in history:
        database.begin()
        for name, *arguments in steps:
            getattr(database, name)(*arguments)
        database.commit()
    return database


def settled(result: Net, table: Mapping[Key, Row]) -> dict[Key, Row]:
    """`table` after a reduced batch: what the MERGE does, in memory."""
    rows = {} if result.truncated else {key: dict(row) for key, row in table.items()}
    for key, effect in result.effects.items():
        rows.pop(key, None)
        if effect.values is not None:
            held = table.get(effect.base, {}) if effect.base is not None else {}
            rows[key] = dict.fromkeys(COLUMNS) | dict(held) | dict(effect.values)
    return rows


def scattered(log: Sequence[Change], partitions: int = 3) -> dict[tuple[int, int], Change]:
    """Events over partitions as Connect spreads them: by key, each partition in order."""
    offsets = [0] * partitions
    found = {}
    for change in log:
        partition = (change.key or 0) % partitions
        found[partition, offsets[partition]] = change
        offsets[partition] += 1
    return found


def ends_of(found: dict[tuple[int, int], Change]) -> dict[int, int]:
    return {number: sum(one == number for one, _ in found) for number in range(3)}


def changed_key() -> Database:
    database = Database()
    database.begin()
    database.insert(1, NOTE)
    database.commit()
    database.begin()
    database.rekey(1, 2)
    database.commit()
    return database
