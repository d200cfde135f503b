"""Published answers of TPC-H, and a comparison with them value by value.

The answers come with DuckDB's tpch extension as texts, for the scale factors 0.01, 0.1 and 1. Those for 1
are the ones that TPC publishes for validation; the smaller two were added by DuckDB's authors.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from itertools import groupby, zip_longest
from numbers import Integral
from typing import Any

from lab.duck import connect

Row = tuple[Any, ...]
RELATIVE = Decimal("1e-9")
CENTS = 2  # decimals of the amounts that are added up


class Nothing(Enum):
    """A row or column that is missing, which is not a NULL."""

    NOTHING = "nothing"


NOTHING = Nothing.NOTHING


@dataclass(frozen=True)
class Check:
    """values: compared; differing: of them; first: the first difference in words, or ''."""

    values: int
    differing: int
    first: str = ""


def parse(answer: str) -> list[tuple[str, ...]]:
    """Rows of a published answer, as texts. Format: a header, then a line for each row, fields parted by |."""
    lines = answer.removesuffix("\n").split("\n")[1:]  # an empty line is a row too: one NULL
    return [tuple(line.split("|")) for line in lines]


def published(scale_factor: float) -> dict[int, list[tuple[str, ...]]]:
    """Published answers of all 22 queries at 0.01, 0.1 or 1."""
    with connect("tpch") as connection:
        rows = connection.execute(
            "SELECT query_nr, answer FROM tpch_answers() WHERE abs(scale_factor - $sf) < 1e-6",
            {"sf": scale_factor},
        ).fetchall()
    return {int(number): parse(answer) for number, answer in rows}


def check(given: Sequence[Row], published: Sequence[tuple[str, ...]], order: Sequence[int]) -> Check:
    """Compare an engine's rows with the published ones.

    order: columns of ORDER BY. Rows that tie in them are compared as a set, because SQL leaves their order open.
    A missing or surplus row counts as one differing value per column.
    """
    values = differing = 0
    first = ""
    for row, (got, want) in enumerate(
        zip_longest(_canonical(given, order), _canonical(published, order), fillvalue=()), 1
    ):
        for column, (one, other) in enumerate(zip_longest(got, want, fillvalue=NOTHING), 1):
            values += 1
            if one is NOTHING or other is NOTHING or not _equal(one, other):
                differing += 1
                first = first or f"row {row}, column {column}: {one!r}, published {other!r}"
    return Check(values, differing, first)


def _canonical(rows: Sequence[Row], order: Sequence[int]) -> list[Row]:
    """The rows, those that follow one another with equal sort columns put in one agreed order."""
    if not order:
        return list(rows)
    # A row may lack columns; that is told where values are compared.
    runs = groupby(rows, key=lambda row: tuple(_plain(value) for at in order for value in row[at : at + 1]))
    return [row for _, run in runs for row in sorted(run, key=lambda row: [_plain(value) for value in row])]


def _plain(value: Any) -> str:
    """A text by which equal values of different types become equal, rounded where engines round apart."""
    number = _number(value)
    if number is None:
        return str(value).rstrip()
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool | dt.date) or value is None:
        return None
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def _equal(given: Any, published: Any) -> bool:
    """Texts and dates exactly, whole numbers exactly, others to the decimals that the engine gives, two at the least.

    SQL leaves the scale of avg() and of a quotient to the engine: 25.5376 agrees with a published 25.537587. What is no
    number, or no finite one, agrees with none.
    """
    if given is None or published is None:
        return given is None and published == ""
    want = _number(published)
    if isinstance(given, str | dt.date) or want is None:
        return str(given).rstrip() == str(published).rstrip()
    got = _number(given)
    if got is None or isinstance(given, Integral):
        return got == want
    if not isinstance(given, Decimal):
        return abs(got - want) <= RELATIVE * max(abs(got), abs(want))
    decimals = max(-int(got.as_tuple().exponent), CENTS)
    return got == want.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
