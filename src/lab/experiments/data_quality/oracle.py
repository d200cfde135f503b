"""What each expectation means, worked out row by row in plain Python; and what a mart should hold.

Nothing of pandas' or of Great Expectations' arithmetic is used: a column is a list, None or NaN in it is missing.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

Table = Mapping[str, Sequence[Any]]  # column -> values


class Column(list[Any]):
    """Values of a column that is asked many things: those that are there are picked once."""

    @cached_property
    def there(self) -> list[Any]:
        """All that are not missing, in order."""
        return [item for item in self if not _missing(item)]


def holds(type: str, kwargs: Mapping[str, Any], table: Table) -> bool:
    """Whether `table` meets one expectation, named and parameterised as in Great Expectations."""
    if type == "expect_table_columns_to_match_set":
        return set(table) == set(kwargs["column_set"])
    try:
        return within(value(type, kwargs, table), kwargs)
    except (KeyError, TypeError):  # no such column, or values of a type that can't be compared or added
        return False


def within(value: float, kwargs: Mapping[str, Any]) -> bool:
    """Whether the number that an expectation looks at keeps to its bounds; NaN keeps to none."""
    if "mostly" in kwargs:
        return value >= kwargs["mostly"]
    return bool(kwargs["min_value"] <= value <= kwargs["max_value"])


def value(type: str, kwargs: Mapping[str, Any], table: Table) -> float:
    """The number that an expectation looks at: a share of rows that pass (1 of no rows), or a value of them (NaN of none)."""
    if type == "expect_table_row_count_to_be_between":
        return len(next(iter(table.values()), ()))
    if type == "expect_compound_columns_to_be_unique":
        return _share(_alone(zip(*(_hollow(table[name]) for name in kwargs["column_list"]), strict=True)))
    if type == "expect_column_pair_values_to_be_in_set":
        known = {tuple(pair) for pair in kwargs["value_pairs_set"]}
        pairs = zip(_hollow(table[kwargs["column_A"]]), _hollow(table[kwargs["column_B"]]), strict=True)
        return _share([pair in known for pair in pairs if pair[0] is not None and pair[1] is not None])
    column = table[kwargs["column"]]
    there = _there(column)
    if type == "expect_column_values_to_not_be_null":
        return len(there) / len(column) if column else 1.0
    return _of_there(type, kwargs, there)


def _of_there(type: str, kwargs: Mapping[str, Any], there: list[Any]) -> float:
    if type == "expect_column_values_to_be_between":
        return _share([kwargs["min_value"] <= item <= kwargs["max_value"] for item in there])
    if type == "expect_column_values_to_be_in_set":
        known = set(kwargs["value_set"])
        return _share([item in known for item in there])
    if type == "expect_column_values_to_match_regex":
        expression = re.compile(kwargs["regex"])
        return _share([expression.search(str(item)) is not None for item in there])
    if type == "expect_column_unique_value_count_to_be_between":
        return len(set(there))
    if math.inf in there or -math.inf in there:
        return math.nan  # neither a mean nor a spread of it can keep to a bound
    mean = math.fsum(there) / len(there) if there else math.nan
    if type == "expect_column_mean_to_be_between":
        return mean
    if type == "expect_column_stdev_to_be_between":
        squares = math.fsum((item - mean) ** 2 for item in there)
        return math.sqrt(squares / (len(there) - 1)) if len(there) > 1 else math.nan
    raise ValueError(f"the oracle does not know {type}")


def report(table: Table) -> dict[str, float]:
    """What a manager reads of one day in the mart: flights, mean delay, miles, aircraft and carriers."""
    delays = [item for item in table["dep_delay"] if not _missing(item)]
    miles = [item for item in table["distance"] if not _missing(item)]
    return {
        "flights": float(len(table["dep_delay"])),
        "mean departure delay": math.fsum(delays) / len(delays) if delays else math.nan,
        "miles": math.fsum(miles),
        "flights that did not leave": float(sum(map(_missing, table["dep_time"]))),
        "aircraft": float(len({item for item in table["tailnum"] if not _missing(item)})),
        "routes": float(
            len(
                {
                    pair
                    for pair in zip(table["origin"], table["dest"], strict=True)
                    if not any(map(_missing, pair))
                }
            )
        ),
    }


def largest_error(found: Mapping[str, float], true: Mapping[str, float]) -> float:
    """Of a report's figures: the largest relative error; 1 for one that is not there at all."""
    errors = (abs(found[name] - true[name]) / max(abs(true[name]), 1e-9) for name in true)
    return max(1.0 if math.isnan(error) else error for error in errors)


def _share(passes: Sequence[bool]) -> float:
    return sum(passes) / len(passes) if passes else 1.0


def _alone(rows: Iterable[tuple[Any, ...]]) -> list[bool]:
    rows = list(rows)
    times = Counter(rows)
    return [times[row] == 1 for row in rows]


def _there(column: Sequence[Any]) -> list[Any]:
    return (column if isinstance(column, Column) else Column(column)).there


def _hollow(column: Sequence[Any]) -> Sequence[Any]:
    """Missing values as None, because NaN is not equal to itself."""
    if len(_there(column)) == len(column):
        return column
    return [None if _missing(item) else item for item in column]


def _missing(item: Any) -> bool:
    return item is None or item != item
