"""Judges that know nothing of files: published TPC-H answers, and the event log's answers by brute force."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def published(duck: duckdb.DuckDBPyConnection, scale_factor: float) -> dict[int, list[list[str]]]:
    """The published answers by query number, as text, without their header (extension tpch must be loaded)."""
    found = duck.execute(
        "SELECT query_nr, answer FROM tpch_answers() WHERE abs(scale_factor - ?) < 1e-6", [scale_factor]
    ).fetchall()
    return {number: parse(text) for number, text in found}


def parse(text: str) -> list[list[str]]:
    """The rows below the header. A blank line is a row whose only column is NULL."""
    return [row or [""] for row in csv.reader(io.StringIO(text), delimiter="|")][1:]


def agrees(rows: Iterable[Sequence[Any]], answer: Sequence[Sequence[str]]) -> bool:
    """True if the rows are the published ones in the published order, numbers to a cent or 1 part in 10**8."""
    given = list(rows)
    return len(given) == len(answer) and all(
        len(row) == len(wanted) and all(_same(*pair) for pair in zip(row, wanted, strict=True))
        for row, wanted in zip(given, answer, strict=True)
    )


def _same(value: Any, wanted: str) -> bool:
    if value is None:
        return wanted in ("", "NULL")
    try:
        return bool(np.isclose(float(value), float(wanted), rtol=1e-8, atol=0.005))
    except (TypeError, ValueError):
        return str(value).strip() == wanted.strip()


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
