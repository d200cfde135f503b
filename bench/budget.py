"""A budget: what a thing may take, or has to reach; and the table that holds what was found against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab.report.tables import quantity

HEAD = ("budget", "limit", "measured", "within it", "from")


@dataclass(frozen=True)
class Budget:
    """limit: in `unit`; None if there is none and the value is only told. least: the limit must be reached, not kept to."""

    what: str
    limit: float | None
    unit: str
    least: bool = False

    @property
    def bound(self) -> str:
        if self.limit is None:
            return "none"
        return f"at {'least' if self.least else 'most'} {quantity(self.limit, self.unit)}"

    def holds(self, value: float) -> bool:
        """False for NaN, which keeps to nothing."""
        return self.limit is None or (value >= self.limit if self.least else value <= self.limit)


@dataclass(frozen=True)
class Found:
    """value: in the budget's unit; None if it was not measured. origin: where it was measured or read, or why it was not."""

    value: float | None
    origin: str


Findings = Mapping[Budget, Found]


def table(budgets: Sequence[Budget], found: Findings) -> str:
    """A line for each of `budgets`, in columns, and how many are kept; KeyError for one of which nothing is said."""
    lines = [HEAD, *(_line(each, found[each]) for each in budgets)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    return "\n".join([*(line.rstrip() for line in shown), "", _count(budgets, found)])


def _line(budget: Budget, found: Found) -> tuple[str, ...]:
    if found.value is None:
        return budget.what, budget.bound, "not measured", "–", found.origin
    told = "–" if budget.limit is None else "yes" if budget.holds(found.value) else "NO"
    return budget.what, budget.bound, quantity(found.value, budget.unit), told, found.origin


def _count(budgets: Sequence[Budget], found: Findings) -> str:
    limited = [each for each in budgets if each.limit is not None]
    measured = {each: value for each in limited if (value := found[each].value) is not None}
    kept = sum(each.holds(value) for each, value in measured.items())
    return (
        f"{len(limited)} budgets: {kept} kept, {len(measured) - kept} exceeded, "
        f"{len(limited) - len(measured)} not measured"
    )
