"""What the bank does: transactions that keep the sum of all balances, among them those that break naive pipelines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg

from lab.experiments.cdc_lakehouse.params import Params
from lab.experiments.cdc_lakehouse.workload.source import OWNERS, note

# Share of each kind among transactions, and the row changes of one.
KINDS: dict[str, tuple[float, int]] = {
    "transfer": (0.55, 2),
    "touch, note unchanged": (0.15, 1),
    "new note": (0.05, 1),
    "open": (0.05, 2),
    "close": (0.04, 2),
    "delete and re-insert": (0.05, 2),
    "change of key": (0.04, 1),
    "key changed twice": (0.02, 2),
    "key changed and row updated": (0.02, 2),
    "rolled back": (0.03, 0),
}
RELOAD, COLUMN = "TRUNCATE and reload", "new column"  # on top, at times of their own
ZONES = ("UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham")
MEAN_CHANGES = sum(share * changes for share, changes in KINDS.values())


@dataclass
class Teller:
    """One connection with accounts of its own (ids congruent to `number`), so that writers don't deadlock."""

    connection: Any
    number: int
    params: Params
    ids: list[int]
    chance: np.random.Generator
    fresh: Iterator[int]

    def some(self, count: int = 1) -> list[int]:
        return [int(one) for one in self.chance.choice(self.ids, count, replace=False)]

    def move(self, amount: float, source: int, target: int) -> None:
        change = (
            "UPDATE bank.account SET balance = balance + %s, changed_at = clock_timestamp() WHERE id = %s"
        )
        self.connection.execute(change, (-amount, source))
        self.connection.execute(change, (amount, target))


def transfer(teller: Teller) -> None:
    teller.move(int(teller.chance.integers(1, 10_000)) / 100, *teller.some(2))


def touch(teller: Teller) -> None:
    """Everything but the note, with values that are easily lost: NULL, 38 digits, local time, emoji."""
    chance = teller.chance
    rate = None if chance.random() < 0.3 else f"{chance.integers(10**15)}9999.{chance.integers(10**17):018d}"
    local = None if chance.random() < 0.2 else f"2024-10-27 01:59:59.{chance.integers(10**6):06d}"
    active = (None, True, False)[chance.integers(3)]
    teller.connection.execute(
        "UPDATE bank.account SET rate = %s, local_at = %s, active = %s, owner = %s, opened_on = %s, "
        "changed_at = clock_timestamp() WHERE id = %s",
        (rate, local, active, str(chance.choice(OWNERS)), "0001-01-01", *teller.some()),
    )


def new_note(teller: Teller) -> None:
    text = None if teller.chance.random() < 0.3 else note(teller.chance, teller.params.note_bytes)
    teller.connection.execute("UPDATE bank.account SET note = %s WHERE id = %s", (text, *teller.some()))


def open_account(teller: Teller) -> None:
    new, (payer,) = next(teller.fresh), teller.some()
    teller.connection.execute(
        "INSERT INTO bank.account (id, owner, balance, note) VALUES (%s, 'new 🎉', 5, %s)",
        (new, note(teller.chance, teller.params.note_bytes)),
    )
    teller.connection.execute("UPDATE bank.account SET balance = balance - 5 WHERE id = %s", (payer,))
    teller.ids.append(new)


def close(teller: Teller) -> None:
    gone, heir = teller.some(2)
    sql = "DELETE FROM bank.account WHERE id = %s RETURNING balance"
    (balance,) = teller.connection.execute(sql, (gone,)).fetchone()
    teller.connection.execute("UPDATE bank.account SET balance = balance + %s WHERE id = %s", (balance, heir))
    teller.ids.remove(gone)


def reinsert(teller: Teller) -> None:
    (one,) = teller.some()
    sql = "DELETE FROM bank.account WHERE id = %s RETURNING balance"
    (balance,) = teller.connection.execute(sql, (one,)).fetchone()
    teller.connection.execute(
        "INSERT INTO bank.account (id, owner, balance) VALUES (%s, 'again', %s)", (one, balance)
    )


def rekey(teller: Teller) -> None:
    _moved(teller, *teller.some())


def rekey_twice(teller: Teller) -> None:
    _moved(teller, _moved(teller, *teller.some()))


def rekey_and_update(teller: Teller) -> None:
    """The row that got another key is updated under it, in the same transaction."""
    new = _moved(teller, *teller.some())
    teller.connection.execute("UPDATE bank.account SET owner = 'after 🔑' WHERE id = %s", (new,))


def _moved(teller: Teller, old: int) -> int:
    """The new key of the row whose key was `old`."""
    new = next(teller.fresh)
    teller.connection.execute("UPDATE bank.account SET id = %s WHERE id = %s", (new, old))
    teller.ids[teller.ids.index(old)] = new
    return new


def rolled_back(teller: Teller) -> None:
    transfer(teller)
    raise psycopg.Rollback


def reload(teller: Teller) -> None:
    """TRUNCATE and the same rows again. The lock comes first, or another's commit could be lost here."""
    for sql in (
        "LOCK TABLE bank.account IN ACCESS EXCLUSIVE MODE",
        "CREATE TEMP TABLE held ON COMMIT DROP AS SELECT * FROM bank.account",
        "TRUNCATE bank.account",
        "INSERT INTO bank.account SELECT * FROM held",
    ):
        teller.connection.execute(sql)


def use_column(teller: Teller) -> None:
    """Values for the column that was added just before."""
    sql = "UPDATE bank.account SET tier = 'gold 🥇' WHERE id = ANY(%s)"
    teller.connection.execute(sql, (teller.ids[::5],))


ACTIONS: dict[str, Callable[[Teller], None]] = {
    "transfer": transfer,
    "touch, note unchanged": touch,
    "new note": new_note,
    "open": open_account,
    "close": close,
    "delete and re-insert": reinsert,
    "change of key": rekey,
    "key changed twice": rekey_twice,
    "key changed and row updated": rekey_and_update,
    "rolled back": rolled_back,
    RELOAD: reload,
    COLUMN: use_column,
}


def perform(teller: Teller, kind: str) -> int | None:
    """One transaction of that kind; its number, None if it was rolled back."""
    connection = teller.connection
    if kind == COLUMN:
        connection.execute("ALTER TABLE bank.account ADD COLUMN tier text")
    xid = None
    with connection.transaction():
        connection.execute(f"SET LOCAL TIME ZONE '{teller.chance.choice(ZONES)}'")
        ACTIONS[kind](teller)
        (xid,) = connection.execute("SELECT pg_current_xact_id()::xid::text::bigint").fetchone()
    return xid
