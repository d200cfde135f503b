"""A judge that knows nothing of files: the event log's answers by brute force over the generator's arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def point(log: Mapping[str, Array], user: int, day: int) -> tuple[int, int]:
    """Events of one user on one day: how many, and their sum in cents."""
    chosen = (log["user_id"] == user) & (log["day"] == day)
    return int(chosen.sum()), int(log["cents"][chosen].sum())


def by_kind(log: Mapping[str, Array], days: Sequence[int]) -> list[tuple[int, int, int]]:
    """Of some days' events, for each kind: its number, how many, and their sum in cents."""
    chosen = np.isin(log["day"], days)
    kinds = log["kind"][chosen]
    counts = np.bincount(kinds)
    sums = np.bincount(kinds, weights=log["cents"][chosen]).astype(int)
    return [(int(kind), int(counts[kind]), int(sums[kind])) for kind in np.flatnonzero(counts)]


def whole(log: Mapping[str, Array]) -> tuple[int, int, str]:
    """Of the whole log: how many events, their sum in cents, the last payload in the order of text."""
    return len(log["cents"]), int(log["cents"].sum()), max(log["payload"].tolist()).decode()
