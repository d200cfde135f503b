"""What was seen, before anything is judged; a part that was not measured is None."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from lab.experiments.lineage.mechanism import Coverage
from lab.experiments.lineage.oracle.perturbation import Pair

Column = tuple[str, str]  # table, column
Upstream = Mapping[str, str]  # "table.column" -> DIRECT or INDIRECT


@dataclass(frozen=True)
class Captured:
    """What the store tells of the pipeline, by its three ways, for every column of a mart in the catalog.

    rows_of: tables that each mart is made of. assets, columns: coverage. events: kinds by task. graph: of /api/graph.
    """

    catalog: Mapping[str, Sequence[str]]
    rest: Mapping[Column, Upstream]
    cli: Mapping[Column, Upstream]
    page: Mapping[Column, Upstream]
    rows_of: Mapping[str, Sequence[str]]
    assets: Coverage
    columns: Coverage
    assets_by_events: Coverage
    events: Mapping[str, Sequence[str]]
    graph: pd.DataFrame


@dataclass(frozen=True)
class Perturbed:
    """pairs: influences that were seen; runs: of the pipeline; sources: columns that were changed."""

    pairs: frozenset[Pair]
    runs: int
    sources: int


@dataclass(frozen=True)
class Generated:
    """read: a row for each statement and reader: sources told that are right and false, true ones missed; related: of
    the false ones, those that are indirect sources. influences: of ours, a row for each statement.

    refuted: influences seen in execution that the truth lacks; verified: statements executed; unnamed: unreadable
    statements that got an answer or no name, of `unreadable`. parse_s: seconds of each statement by our reader.
    """

    read: pd.DataFrame
    influences: pd.DataFrame
    refuted: Sequence[str]
    verified: int
    unnamed: Sequence[str]
    unreadable: int
    parse_s: Sequence[float]


@dataclass(frozen=True)
class Seen:
    """One part for each measurement.

    scaling: a row for each query in each synthetic graph; depth: for each layer of a deep one.
    """

    captured: Captured | None = None
    perturbed: Perturbed | None = None
    generated: Generated | None = None
    scaling: pd.DataFrame | None = None
    depth: pd.DataFrame | None = None
