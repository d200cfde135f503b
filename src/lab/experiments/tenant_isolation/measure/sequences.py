"""Random sequences of two tenants and an operator, each answer held against a model in plain Python (Hypothesis)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import psycopg

from lab.experiments.tenant_isolation.measure.place import Connection, Place
from lab.experiments.tenant_isolation.oracle import CUSTOMERS, Book
from lab.experiments.tenant_isolation.params import ATTACKER, VICTIM, Params
from lab.services.session import session

TENANTS = (ATTACKER, VICTIM)
ROADS = ("login", "application", "operator")
VERBS = ("insert", "update", "delete", "read", "give away", "merge")
NUMBERS = (None, "a", "b", "c")  # the same for both tenants; None: all rows
Operation = tuple[int, str, str, str | None]  # tenant, road, verb, number


@dataclass(frozen=True)
class Sequences:
    """How many were run, of how many statements, and the shortest one that differs, in words."""

    tried: int
    statements: int
    differing: tuple[str, ...]


@dataclass
class Runner:
    """Plays operations on an installation and in the model."""

    place: Place
    stack: ExitStack
    book: Book = field(default_factory=Book)
    tried: int = 0
    statements: int = 0
    _open: dict[tuple[int, str], Connection] = field(default_factory=dict)

    def play(self, operations: Sequence[Operation]) -> None:
        """AssertionError where an answer is not the model's."""
        self.tried += 1
        self.book = Book()
        self.operator().execute("DELETE FROM shop.orders")
        for place, (tenant, road, verb, number) in enumerate(operations):
            note = f"{tenant}/{place}"
            due, told = self._due(tenant, verb, number, note), self._told(tenant, road, verb, number, note)
            assert told == due, f"{operations[: place + 1]}: {told}, the model says {due}"
        for tenant in TENANTS:
            told = self._told(tenant, "login", "read", None, "")
            assert told == self.book.seen(tenant), f"{operations}, then tenant {tenant} reads {told}"

    def _due(self, tenant: int, verb: str, number: str | None, note: str) -> Any:
        """What the model answers: rows, a count, or "refused"."""
        book = self.book
        if verb == "read":
            return book.seen(tenant)
        if verb == "delete":
            return book.delete(tenant, number)
        if verb == "update":
            return book.update(tenant, number, note)
        if verb == "merge":
            return book.update(tenant, number or "a", note) or int(book.insert(tenant, number or "a", note))
        if verb == "insert":
            return 1 if book.insert(tenant, number or "a", note) else "refused"
        return "refused" if (tenant, number or "a") in book.notes else 0  # give away

    def _told(self, tenant: int, road: str, verb: str, number: str | None, note: str) -> Any:
        """The same of the database."""
        connection = self._connection(tenant, road)
        self.statements += 1
        try:
            if road == "application":
                with self.place.arm.scope(connection, str(tenant), f"random/{tenant}/{verb}"):
                    return _execute(connection, tenant, road, verb, number, note)
            return _execute(connection, tenant, road, verb, number, note)
        except (psycopg.errors.UniqueViolation, psycopg.errors.InsufficientPrivilege):
            return "refused"

    def operator(self) -> Connection:
        """A superuser's connection."""
        return self._connection(0, "operator")

    def _connection(self, tenant: int, road: str) -> Connection:
        key = (0 if road == "operator" else tenant), road
        if key not in self._open:
            place = self.place
            made = {
                "login": lambda: place.direct(tenant),
                "application": lambda: place.pooled(place.service),
                "operator": place.admin,
            }
            self._open[key] = self.stack.enter_context(made[road]())
        return self._open[key]


def _execute(connection: Connection, tenant: int, road: str, verb: str, number: str | None, note: str) -> Any:
    other = VICTIM if tenant == ATTACKER else ATTACKER
    known = {
        "t": tenant,
        "n": number,
        "one": number or "a",
        "note": note,
        "c": tenant * 1000 + CUSTOMERS - 1,
        "o": other,
    }
    # No policy binds the operator, who has to name the tenant.
    mine = "tenant_id = %(t)s AND" if road == "operator" else ""
    some = f"{mine} (%(n)s::text IS NULL OR number = %(n)s)"
    new = "(tenant_id, customer_id, number, amount, note) VALUES (%(t)s, %(c)s, %(one)s, 1, %(note)s)"
    queries = {
        "read": f"SELECT number, note FROM shop.orders WHERE {mine} true ORDER BY 1, 2",
        "delete": f"DELETE FROM shop.orders WHERE {some}",
        "update": f"UPDATE shop.orders SET note = %(note)s WHERE {some}",
        "insert": f"INSERT INTO shop.orders {new}",
        "merge": f"MERGE INTO shop.orders o USING (SELECT 1) v ON {mine} o.number = %(one)s "
        f"WHEN MATCHED THEN UPDATE SET note = %(note)s WHEN NOT MATCHED THEN INSERT {new}",
        # The other's customer is named too, so that nothing but the policy is in the way.
        "give away": f"UPDATE shop.orders SET tenant_id = %(o)s, customer_id = %(o)s * 1000 WHERE {mine} number = %(one)s",
    }
    cursor = connection.execute(queries[verb], known)
    return cursor.fetchall() if verb == "read" else cursor.rowcount


def sequences(place: Place, params: Params) -> Sequences:
    """`params.sequences` random ones; the first that differs is made as short as can be."""
    import hypothesis
    from hypothesis import configuration, strategies

    configuration.set_hypothesis_home_dir(session().folder / "hypothesis")
    one = strategies.tuples(*map(strategies.sampled_from, (TENANTS, ROADS, VERBS, NUMBERS)))
    # An operator may give rows away, which is no question of isolation.
    allowed = one.filter(lambda operation: operation[1:3] != ("operator", "give away"))
    with ExitStack() as stack:
        runner = Runner(place, stack)

        @hypothesis.seed(params.seed)
        @hypothesis.settings(
            max_examples=params.sequences, deadline=None, database=None, report_multiple_bugs=False
        )
        @hypothesis.given(strategies.lists(allowed, min_size=1, max_size=params.steps))
        def agree(operations: list[Operation]) -> None:
            runner.play(operations)

        try:
            agree()
        except AssertionError as error:
            return Sequences(runner.tried, runner.statements, (str(error).splitlines()[0],))
        finally:
            place.seed(runner.operator())
        return Sequences(runner.tried, runner.statements, ())
