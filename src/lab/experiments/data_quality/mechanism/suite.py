"""A suite of expectations as plain data in Great Expectations' own terms, and how it becomes the library's own object."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import great_expectations as gx
else:
    from lab.lazy import module

    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # it would tell its makers of each use
    gx = module("great_expectations")  # loaded when it is first used: that takes seconds


@dataclass(frozen=True)
class Expectation:
    """type, kwargs: as Great Expectations has them. columns: that it looks at, none for the table as a whole."""

    type: str
    kwargs: Mapping[str, Any]
    columns: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """One name in one suite, for people: `mean of dep_delay`."""
        return f"{SHORT[self.type]}{' of ' + ', '.join(self.columns) if self.columns else ''}"


SHORT = {
    "expect_table_columns_to_match_set": "columns",
    "expect_table_row_count_to_be_between": "row count",
    "expect_compound_columns_to_be_unique": "no row twice",
    "expect_column_values_to_not_be_null": "not null",
    "expect_column_values_to_be_between": "range",
    "expect_column_mean_to_be_between": "mean",
    "expect_column_stdev_to_be_between": "standard deviation",
    "expect_column_values_to_be_in_set": "value set",
    "expect_column_values_to_match_regex": "pattern",
    "expect_column_unique_value_count_to_be_between": "distinct values",
    "expect_column_pair_values_to_be_in_set": "pair set",
}


@dataclass(frozen=True)
class Suite:
    """What a good batch looks like. columns: of the table, in order."""

    columns: tuple[str, ...]
    expectations: tuple[Expectation, ...]

    def gx(self, name: str = "learned") -> gx.ExpectationSuite:
        """The same as an `ExpectationSuite`, for checkpoints, stores and Data Docs."""
        return gx.ExpectationSuite(
            name=name,
            expectations=[
                {"type": item.type, "kwargs": dict(item.kwargs), "meta": {"columns": list(item.columns)}}
                for item in self.expectations
            ],
        )

    def json(self) -> str:
        """As text, to be kept under version control."""
        return json.dumps(
            {"columns": self.columns, "expectations": [vars(item) for item in self.expectations]}
        )

    @staticmethod
    def from_json(text: str) -> Suite:
        """What `json` wrote."""
        data: Mapping[str, Sequence[Any]] = json.loads(text)
        items = (
            Expectation(each["type"], each["kwargs"], tuple(each["columns"])) for each in data["expectations"]
        )
        return Suite(tuple(data["columns"]), tuple(items))
