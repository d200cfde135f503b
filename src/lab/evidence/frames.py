"""Tables, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd


def records(frame: pd.DataFrame) -> Iterator[Any]:
    """Rows as named tuples; their fields are of any type to a type checker, which can't know the columns."""
    yield from frame.itertuples()
