"""The 22 queries of TPC-H: one text each, the same for all three engines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

TABLES = ("region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem")
_FOLDER = Path(__file__).parents[1] / "kit" / "queries"

# Columns of the result that ORDER BY names, in its order. Rows that tie in them may come in any order.
ORDER: Mapping[int, tuple[int, ...]] = MappingProxyType(
    {
        1: (0, 1),
        2: (0, 2, 1, 3),
        3: (1, 2),
        4: (0,),
        5: (1,),
        6: (),
        7: (0, 1, 2),
        8: (0,),
        9: (0, 1),
        10: (2,),
        11: (1,),
        12: (0,),
        13: (1, 0),
        14: (),
        15: (0,),
        16: (3, 0, 1, 2),
        17: (),
        18: (4, 3),
        19: (),
        20: (0,),
        21: (1, 0),
        22: (0,),
    }
)


def path(number: int) -> Path:
    """File of one query, 1 to 22; ValueError for any other number."""
    if number not in ORDER:
        raise ValueError(f"TPC-H has queries 1 to 22, no {number!r}")
    return _FOLDER / f"q{number:02d}.sql"


def text(number: int) -> str:
    """SQL of one query, without a semicolon."""
    return path(number).read_text().strip()


def words_of(numbers: Iterable[int]) -> set[str]:
    """Names and keywords in these queries, tables and columns among them."""
    return {word for number in numbers for word in re.findall(r"[a-z]\w+", text(number))}


def tables_of(numbers: Iterable[int]) -> tuple[str, ...]:
    """Tables that these queries read, in the order of TABLES."""
    words = words_of(numbers)
    return tuple(table for table in TABLES if table in words)
