"""One thing that is wrong in the database or in the catalogue, and the objects from which it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from lab.experiments.governance.workload.company import SUPERUSER, Books, Company

Edit = Callable[[Books], None]
# (login, address that it comes from, turn): those of one turn are open at the same time.
Session = tuple[str, str, int]
HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"


def _nothing(books: Books) -> None:
    """Leaves the catalogue as it is."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong; check "" if nothing is. subject: what must be named.

    do, undo: statements of a superuser; edit: of the catalogue. also: further findings that are right because of it.
    """

    check: str
    variant: str
    subject: str
    do: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()
    edit: Edit = _nothing
    sessions: tuple[Session, ...] = ()
    also: tuple[tuple[str, str], ...] = ()


@dataclass
class Draw:
    """Objects for the faults of one round: no table twice, so that no fault hides another."""

    company: Company
    random: Random
    taken: set[str]

    def table(self, personal: bool = False) -> str:
        names = self.company.with_personal_data() if personal else list(self.company.tables)
        free = [name for name in names if name not in self.taken and not name.endswith(".events")]
        chosen = self.random.choice(free)
        self.taken.add(chosen)
        return chosen

    def name(self, stem: str) -> str:
        return f"{stem}_{self.random.randrange(10**6)}"


Variant = Callable[[Draw], Fault]


def yesterday(days: int = 1) -> str:
    return (date.today() - timedelta(days=days)).isoformat()


def open_window(books: Books, start: timedelta, end: timedelta) -> None:
    at = datetime.now(UTC)
    books.access["break_glass"].append(
        {
            "role": SUPERUSER,
            "from": (at + start).isoformat(),
            "to": (at + end).isoformat(),
            "ticket": "OPS-1",
            "approved_by": "omar",
        }
    )
