"""Time of a layer against the rows of the source: a fixed part for each node, and one that grows."""

from __future__ import annotations

import pandas as pd

from lab.evidence.fit import Line, line

TESTS = "data tests"
# What a build consists of: kinds of nodes with contracts on, and models once more without.
PARTS = {
    ("all layers", "test"): TESTS,
    ("all layers", "unit_test"): "unit tests",
    ("all layers", "model"): "models, contracts, constraints",
    ("neither", "model"): "models alone",
}


def parts(timed: pd.DataFrame) -> pd.DataFrame:
    """Columns orders, round, part, nodes, seconds."""
    names = [PARTS.get((str(row.arm), str(row.kind)), "") for row in timed.itertuples()]
    found = timed.assign(part=names)
    return found[found["part"] != ""][["orders", "round", "part", "nodes", "seconds"]]


def medians(timed: pd.DataFrame, part: str) -> pd.Series:
    """Median seconds of a part by orders, ascending."""
    own = parts(timed)
    return own[own["part"] == part].groupby("orders")["seconds"].median().sort_index()


def fitted(timed: pd.DataFrame, part: str = TESTS) -> Line:
    """Seconds of a part by orders, from all sizes but the one in the middle."""
    found = medians(timed, part)
    used = found.drop(middle(timed))
    return line(list(used.index), list(used), relative=True).rising()


def middle(timed: pd.DataFrame) -> int:
    """The size that is predicted: with a larger and a smaller one."""
    sizes = sorted(set(timed["orders"]))
    return int(sizes[len(sizes) // 2])


def predicted(timed: pd.DataFrame) -> tuple[float, float]:
    """(predicted, measured) seconds of the tests at the size in the middle."""
    size = middle(timed)
    return fitted(timed).at(size), float(medians(timed, TESTS)[size])
