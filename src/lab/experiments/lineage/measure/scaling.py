"""Upstream queries in synthetic graphs of growing size: by recursion, and from a closure table."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import numpy as np
import pandas as pd

from lab.experiments.lineage.mechanism import store
from lab.experiments.lineage.params import Params

TABLES = 5  # of a layer: a graph grows in depth, as a warehouse does where marts are built on marts
WIDTH = 20  # columns of a table
KINDS = ("DIRECT", "INDIRECT")  # each column has a source of either kind in the layer before
NEIGHBOURS = 3  # tables of the layer before that a table reads


def scaling(params: Params) -> pd.DataFrame:
    """A row for each query: columns of the graph, edges, fields found, seconds both ways; and the closure's rows."""
    return pd.DataFrame([row for size in params.graphs for row in _graph(size, params)])


def _graph(size: int, params: Params) -> list[dict[str, float]]:
    random = np.random.default_rng(params.seed)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(store.TABLES)
        edges = _fill(connection, size, random)
        began = time.perf_counter()
        closure = store.build_closure(connection)
        built = time.perf_counter() - began
        last = [f"layer{_layers(size) - 1}.t{table}" for table in range(TABLES)]
        rows = []
        for _ in range(params.queries):
            asked = str(random.choice(last)), f"c{random.integers(WIDTH)}"
            recursive, found = _timed(connection, store.upstream, *asked)
            looked_up, same = _timed(connection, store.upstream_by_closure, *asked)
            if {tuple(vars(item).values()) for item in found} != {
                tuple(vars(item).values()) for item in same
            }:
                raise AssertionError(f"the closure table and the recursion differ for {asked}")
            rows.append(
                {
                    "columns": size,
                    "edges": edges,
                    "found": len(found),
                    "recursive_s": recursive,
                    "closure_s": looked_up,
                    "closure_rows": closure,
                    "build_s": built,
                }
            )
        return rows


def _layers(size: int) -> int:
    return max(2, size // (TABLES * WIDTH))


def _fill(connection: sqlite3.Connection, size: int, random: np.random.Generator) -> int:
    """A warehouse of so many layers; the number of its edges."""
    edges = []
    for layer in range(_layers(size)):
        for table in range(TABLES):
            name = f"layer{layer}.t{table}"
            connection.execute("INSERT INTO dataset VALUES (?)", (name,))
            connection.executemany(
                "INSERT INTO field VALUES (?, ?, ?)", [(name, f"c{c}", c) for c in range(WIDTH)]
            )
            edges += _edges(name, layer, random) if layer else []
    connection.executemany("INSERT OR IGNORE INTO edge VALUES (?, ?, ?, ?, ?, ?, ?)", edges)
    return len(edges)


def _edges(name: str, layer: int, random: np.random.Generator) -> list[tuple[str, ...]]:
    near = random.choice(TABLES, NEIGHBOURS, replace=False)
    return [
        (
            name,
            f"c{column}",
            f"layer{layer - 1}.t{random.choice(near)}",
            f"c{random.integers(WIDTH)}",
            kind,
            "",
            "job",
        )
        for column in range(WIDTH)
        for kind in KINDS
    ]


def _timed(connection: sqlite3.Connection, walk: object, *asked: str) -> tuple[float, list[store.Field]]:
    began = time.perf_counter()
    found: list[store.Field] = walk(connection, *asked)  # type: ignore[operator]
    return time.perf_counter() - began, found
