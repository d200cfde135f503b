"""Upstream queries in synthetic graphs of growing size: by recursion, and from a closure table."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab.experiments.lineage.mechanism import closure, store
from lab.experiments.lineage.params import Params
from lab.load.interleave import interleaved

TABLES = 5  # of a layer: a graph grows in depth, as a warehouse does where marts are built on marts
WIDTH = 20  # columns of a table
KINDS = ("DIRECT", "INDIRECT")  # each column has a source of either kind in the layer before
ROUNDS = 5
DEEP = 12_000  # columns: so far a graph is followed in about a second
NEIGHBOURS = 3  # tables of the layer before that a table reads


def scaling(params: Params) -> pd.DataFrame:
    """A row for each query: columns of the graph, edges, fields found, seconds both ways; and the closure's rows.

    Graphs take turns, so that whatever else the machine does meets all of them; of a query's times the median counts.
    """
    with ExitStack() as stack:
        graphs = {size: stack.enter_context(_graph(size, params)) for size in params.graphs}
        times: dict[tuple[int, int], list[tuple[float, float]]] = {}
        for _, size in interleaved(list(graphs), ROUNDS, params.seed):
            for number, asked in enumerate(graphs[size].asked):
                times.setdefault((size, number), []).append(graphs[size].timed(*asked))
        return pd.DataFrame([graphs[size].row(number, each) for (size, number), each in times.items()])


@dataclass(frozen=True)
class _Graph:
    connection: sqlite3.Connection
    asked: list[tuple[str, str]]
    facts: dict[str, float]

    def timed(self, *asked: str) -> tuple[float, float]:
        (recursive, found), (looked_up, same) = (
            _timed(self.connection, walk, *asked) for walk in (store.upstream, closure.upstream_by_closure)
        )
        if set(found) != set(same):
            raise AssertionError(f"the closure table and the recursion differ for {asked}")
        return recursive, looked_up

    def row(self, number: int, times: list[tuple[float, float]]) -> dict[str, float]:
        recursive, looked_up = np.median(times, axis=0)
        found = len(store.upstream(self.connection, *self.asked[number]))
        return {**self.facts, "found": found, "recursive_s": recursive, "closure_s": looked_up}


@contextmanager
def _graph(size: int, params: Params) -> Iterator[_Graph]:
    random = np.random.default_rng(params.seed)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(store.TABLES)
        edges = _fill(connection, size, random)
        began = time.process_time()
        rows = closure.build_closure(connection)
        built = time.process_time() - began
        last = [f"layer{_layers(size) - 1}.t{table}" for table in range(TABLES)]
        asked = [(str(random.choice(last)), f"c{random.integers(WIDTH)}") for _ in range(params.queries)]
        facts = {"columns": size, "edges": edges, "closure_rows": rows, "build_s": built}
        yield _Graph(connection, asked, facts)


def _layers(size: int) -> int:
    return max(2, size // (TABLES * WIDTH))


def _fill(connection: sqlite3.Connection, size: int, random: np.random.Generator) -> int:
    """A warehouse of so many layers; the number of its edges."""
    edges = []
    for layer in range(_layers(size)):
        for table in range(TABLES):
            name = f"layer{layer}.t{table}"
            connection.execute("INSERT INTO dataset (name) VALUES (?)", (name,))
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


def in_depth(params: Params) -> pd.DataFrame:
    """A row for each layer of one deep graph: columns so far, upstream of the layer's own (median), rows of a closure.

    Its first layers are the graphs of `scaling`, because they are drawn alike. Each column's upstream is the bits of a number.
    """
    random = np.random.default_rng(params.seed)
    above: dict[tuple[str, str], int] = {}  # of the layer before: what is upstream of each column, and itself
    rows, closed = [], 0
    for layer in range(_layers(max(DEEP, *params.graphs))):
        names = [
            (f"layer{layer}.t{table}", f"c{column}") for table in range(TABLES) for column in range(WIDTH)
        ]
        upstream = dict.fromkeys(names, 0)
        for table in range(TABLES) if layer else ():
            for target, field, source, source_field, *_ in _edges(f"layer{layer}.t{table}", layer, random):
                upstream[target, field] |= above[source, source_field]
        found = [bits.bit_count() for bits in upstream.values()]
        closed += sum(found)
        rows.append(
            {"columns": (layer + 1) * len(names), "found": float(np.median(found)), "closure_rows": closed}
        )
        above = {
            name: bits | 1 << (layer * len(names) + place)
            for place, (name, bits) in enumerate(upstream.items())
        }
    return pd.DataFrame(rows)


def _timed(connection: sqlite3.Connection, walk: object, *asked: str) -> tuple[float, list[store.Field]]:
    # Processor time of this process, which holds SQLite: what else the machine does lengthens it little.
    began = time.process_time()
    found: list[store.Field] = walk(connection, *asked)  # type: ignore[operator]
    return time.process_time() - began, found
