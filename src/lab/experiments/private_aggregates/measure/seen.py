"""What the measurements of one run give, before anything is judged; a part that was not measured is None."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Requests:
    """Requests to one accountant, in thousandths of epsilon, and what it made of them. entries: in its ledger."""

    limit: int
    costs: Sequence[int]
    admitted: Sequence[bool]
    spent: int
    entries: int


@dataclass(frozen=True)
class Ledger:
    """table: the publication and one query too many; entries: in its ledger; random: sequences of requests."""

    table: pd.DataFrame
    entries: int
    random: Sequence[Requests]


@dataclass(frozen=True)
class Exact:
    """A statistic before noise and recomputed (of the quantile: rank errors). most_rows: of one person."""

    statistic: str
    found: Any
    plain: Any
    most_rows: int


@dataclass(frozen=True)
class Keys:
    """Releases with unknown keys: groups in each, those with a group of one person.

    groups: in the data; alone: of one person. same_known: keys given beforehand were published alike with and
    without the person who was in longest.
    """

    published: Sequence[int]
    leaked: int
    groups: int
    alone: int
    same_known: bool


@dataclass(frozen=True)
class Bits:
    """attack: what the attacker said by epsilon. off_grid: OpenDP's outputs off their grid, of `outputs`."""

    attack: pd.DataFrame
    off_grid: int
    outputs: int


@dataclass(frozen=True)
class Sizes:
    """groups: error by group; tried: what is advised, and its neighbours; visits: of all, and after clipping.

    group_epsilon: of the groups' counts; key_threshold: noisy count from which an unknown key is published with it.
    """

    groups: pd.DataFrame
    tried: pd.DataFrame
    people: int
    clipped_visits: float
    visits: float
    group_epsilon: float
    key_threshold: int


@dataclass(frozen=True)
class Seen:
    """One part for each measurement. Tables have one row for each point, release or audit."""

    ledger: Ledger | None = None
    exactness: Sequence[Exact] | None = None
    errors: pd.DataFrame | None = None
    utility: pd.DataFrame | None = None
    coverage: Mapping[str, int] | None = None  # intervals that hold the answer, by statistic
    audits: pd.DataFrame | None = None
    account: Mapping[tuple[str, float], float] | None = None  # loss / claim, by statistic and epsilon
    keys: Keys | None = None
    bits: Bits | None = None
    peer: pd.DataFrame | None = None
    sizes: Sizes | None = None
