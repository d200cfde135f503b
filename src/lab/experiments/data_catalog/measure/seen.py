"""What the measurements of one run give, before anything is judged; a part that was not measured is None."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from hdrh.histogram import HdrHistogram

from lab.experiments.data_catalog.oracle import Query


@dataclass(frozen=True)
class Asked:
    """Queries, for each the relevant ids, and by arm for each the ids that were found, best first."""

    queries: Sequence[Query]
    relevant: Sequence[set[str]]
    ranked: Mapping[str, Sequence[Sequence[str]]]


@dataclass(frozen=True)
class Compared:
    """How many cases were compared with an oracle, and which differ, in words."""

    cases: int
    wrong: Sequence[str]


@dataclass(frozen=True)
class Served:
    """One store's application under load. latency: of all answers with 200, from when the search was due.

    punctual: share sent in time; answered: share answered with 200; errors: what else there was.
    """

    store: str
    latency: HdrHistogram
    punctual: float
    answered: float
    searches: int
    errors: Mapping[str, int]


@dataclass(frozen=True)
class Seen:
    """One part for each measurement.

    hostile: input, status and words of each answer. boosts: of each boost its nDCG and the mean age of the first ten.
    times: of searches in the catalog and in copies of it. words: of parts of it. examples: searches with their answers as sent.
    sample: one dataset's metadata, likewise.
    """

    asked: Asked | None = None
    agreement: Compared | None = None
    corrections: Compared | None = None
    facets: Compared | None = None
    hostile: pd.DataFrame | None = None
    served: Sequence[Served] = ()
    boosts: pd.DataFrame | None = None
    times: pd.DataFrame | None = None
    words: pd.DataFrame | None = None
    examples: Sequence[Mapping[str, Any]] = field(default_factory=list)
    sample: Mapping[str, Any] = field(default_factory=dict)
