"""What rows that both sides know say about their columns: how many values agree, and how one follows from another."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from itertools import islice, product

import numpy as np
import pandas as pd

from .values import Texts, numbers

Z = 1.96  # of a 95 % interval
FEW = 20  # shared rows under which nothing is concluded from them
_COMBINATIONS = 16  # of key columns that are tried
_LOOKED_AT = 200  # joined rows by which a join is judged
_NEARLY_ALL = 0.9  # of these have to be equal
_CLEAR = 0.5  # of the columns beside the key agree: no other join is looked for
_NAME_COUNTS = 0.3  # as much as a third of all values in common, where a key is looked for
Side = Mapping[str, Texts]
Codes = Mapping[str, np.ndarray]  # columns of a side, each value as a number
Rows = tuple[np.ndarray, np.ndarray]  # positions on both sides
Counts = tuple[np.ndarray, np.ndarray, int]


@dataclass(frozen=True)
class Agreement:
    """Of `rows` shared rows, `equal` agree; chance: the share that would if one side were shuffled (as in Cohen's kappa)."""

    rows: int
    equal: int
    chance: float

    @property
    def low(self) -> float:
        """Lower end of the 95 % Wilson interval of the share that agrees; 0 without rows."""
        return wilson_low(self.equal, self.rows)

    @property
    def beyond_chance(self) -> float:
        """`low`, with what chance gives taken off: 1 is all, 0 is nothing that a shuffle would not give too."""
        return max(0.0, (self.low - self.chance) / (1 - self.chance)) if self.chance < 1 else 0.0


def wilson_low(successes: int, trials: int) -> float:
    if not trials:
        return 0.0
    share, z2 = successes / trials, Z * Z / trials
    reach = Z * math.sqrt(share * (1 - share) / trials + z2 / trials / 4)
    return max(0.0, (share + z2 / 2 - reach) / (1 + z2))


def wilson_high(successes: int, trials: int) -> float:
    return 1 - wilson_low(trials - successes, trials) if trials else 1.0


def coded(forms: Mapping[str, Side], target: Side) -> tuple[dict[str, Codes], Codes]:
    """Every text as a number, the same everywhere; -1 for NULL: (source by column of the target, target).

    forms: by column of the target the source's columns, their values as that column's type has them.
    """
    columns = {id(values): values for side in (*forms.values(), target) for values in side.values()}
    codes, _ = pd.factorize(np.concatenate(list(columns.values())) if columns else np.empty(0, dtype=object))
    ends = np.cumsum([len(values) for values in columns.values()])[:-1]
    parts = dict(zip(columns, np.split(codes, ends), strict=bool(columns)))

    def of(side: Side) -> Codes:
        return {name: parts[id(values)] for name, values in side.items()}

    sides = {id(side): of(side) for side in forms.values()}
    return {name: sides[id(side)] for name, side in forms.items()}, of(target)


def shared_rows(source: Mapping[str, Codes], target: Codes, key: Sequence[str]) -> Rows:
    """Positions of rows with the same key on both sides, once on each. Empty if no key is found in the source.

    The source's key columns are looked for by their names, then by their values: both may have changed. A join on the wrong
    columns finds rows too, so other columns have to agree in what was joined; the join with most such rows is taken.
    """
    best, found = 0.0, (np.empty(0, dtype=int), np.empty(0, dtype=int))
    if not key or not source[key[0]]:
        return found
    # If the whole key leads nowhere, one of its columns may be gone, or written otherwise.
    parts = [list(key)] + [[name for name in key if name != without] for without in key if len(key) > 1]
    for part in parts:
        for columns in islice(_key_columns(source, target, part), _COMBINATIONS):
            left = [source[name][column] for name, column in zip(part, columns, strict=True)]
            rows = _joined(left, [target[name] for name in part])
            agree = _agreeing(source, target, rows, columns, key) if len(rows[0]) >= FEW else 0.0
            if agree * len(rows[0]) > best:
                best, found = agree * len(rows[0]), rows
            if agree >= _CLEAR and len(rows[0]) >= _LOOKED_AT:
                return found
        if best:
            return found
    return found


def _agreeing(
    source: Mapping[str, Codes], target: Codes, rows: Rows, columns: Sequence[str], key: Sequence[str]
) -> float:
    """Share of the target's columns beside the key that some other column of the source equals in nearly all of `rows`."""
    here, there = rows[0][:_LOOKED_AT], rows[1][:_LOOKED_AT]
    best = []
    for name, codes in target.items():
        others = [own[here] for other, own in source[name].items() if other not in columns]
        if name not in key and others:
            best.append((np.array(others) == codes[there]).mean(axis=1).max())
    return float(np.mean([share >= _NEARLY_ALL for share in best])) if best else 0.0


def _key_columns(source: Mapping[str, Codes], target: Codes, key: Sequence[str]) -> Iterator[list[str]]:
    """Columns of the source that may be the key, in its order, the likeliest first."""
    if set(key) <= set(source[key[0]]):
        yield list(key)
    ranked = []
    for name in key:
        most = 1 + max(int(codes.max(initial=0)) for codes in (*source[name].values(), target[name]))
        wanted = _shares(target[name], most)
        # The share of values in common is 1 less the total variation distance.
        scores = {
            other: float(np.minimum(wanted, _shares(own, most)).sum()) + _NAME_COUNTS * alike(other, name)
            for other, own in source[name].items()
        }
        best = sorted(scores, key=lambda other: -scores[other])[:3]
        ranked.append([other for other in best if scores[other] > 0])
    # By the sum of the ranks, so that one column is changed before two are.
    for chosen in sorted(product(*(range(len(names)) for names in ranked)), key=sum):
        columns = [names[place] for names, place in zip(ranked, chosen, strict=True)]
        if len(set(columns)) == len(columns):
            yield columns


def _shares(codes: np.ndarray, most: int) -> np.ndarray:
    """Of each value its share in a column, NULL left out."""
    known = codes[codes >= 0]
    return np.bincount(known, minlength=most) / max(1, len(codes))


def _joined(left: Sequence[np.ndarray], right: Sequence[np.ndarray]) -> Rows:
    """Positions of rows that have the same values, whole and only once on each side."""
    rows = len(left[0])
    whole = np.ones(rows + len(right[0]), dtype=bool)
    names = np.zeros(len(whole), dtype=np.int64)
    for one, other in zip(left, right, strict=True):
        codes = np.concatenate([one, other])
        whole &= codes >= 0
        names, _ = pd.factorize(names * (codes.max(initial=0) + 2) + codes + 1)
    sides = []
    for begin, end in ((0, rows), (rows, len(whole))):
        places = np.flatnonzero(whole[begin:end])
        found, first, counts = np.unique(names[begin:end][places], return_index=True, return_counts=True)
        sides.append((found[counts == 1], places[first[counts == 1]]))
    _, at, there = np.intersect1d(sides[0][0], sides[1][0], assume_unique=True, return_indices=True)
    return sides[0][1][at], sides[1][1][there]


def agreements(source: Mapping[str, Codes], target: Codes, rows: Rows) -> dict[tuple[str, str], Agreement]:
    """Of every pair (source, target) in the shared `rows`. A row without a value on both sides is left out."""
    found, blocks = {}, {}
    for t, codes in target.items():
        side = source[t]
        if id(side) not in blocks:
            own = [values[rows[0]] for values in side.values()]
            blocks[id(side)] = np.array(own, ndmin=2), [_counted(values) for values in own]
        block, counts = blocks[id(side)]
        there = codes[rows[1]]
        known = ((block >= 0) | (there >= 0)).sum(axis=1).tolist()
        equal = ((block == there) & (there >= 0)).sum(axis=1).tolist()
        wanted = _counted(there)
        for s, count, same, here in zip(side, known, equal, counts, strict=False):
            found[s, t] = Agreement(count, same, _chance(here, wanted, len(there)) if same else 0.0)
    return found


def _counted(codes: np.ndarray) -> Counts:
    """Known values, how often each is there, and how often there is none."""
    values, counts = np.unique(codes[codes >= 0], return_counts=True)
    return values, counts, int((codes < 0).sum())


def _chance(one: Counts, other: Counts, rows: int) -> float:
    """Share of equal values among known ones, on average over all orders of one side."""
    _, left, right = np.intersect1d(one[0], other[0], assume_unique=True, return_indices=True)
    return float((one[1][left] * other[1][right]).sum()) / (rows**2 - one[2] * other[2])


def linear(source: Texts, target: Texts) -> tuple[float, float] | None:
    """(a, b) with target = a source + b in every row, up to rounding: a change of unit. None if it is none."""
    x, y = numbers(source), numbers(target)
    if x is None or y is None:
        return None
    known = ~(np.isnan(x) | np.isnan(y))
    x, y = x[known], y[known]
    if len(x) < FEW or len(np.unique(x)) < 3 or len(np.unique(y)) < 3:
        return None
    a, b = np.polyfit(x, y, 1)
    # What is given in whole units may have been rounded, on either side.
    slack = 0.51 * (1 + abs(a)) if np.ptp(y) > 50 else 1e-6 * max(1.0, float(np.abs(y).max()))
    return (float(a), float(b)) if a and float(np.abs(a * x + b - y).max()) <= slack else None


def recoded(source: Texts, target: Texts) -> int:
    """Of how many values one side's are another spelling of the other's: each stands for one. 0 if they are not."""
    pairs = {(s, t) for s, t in zip(source, target, strict=True) if s is not None and t is not None}
    lefts, rights = {s for s, _ in pairs}, {t for _, t in pairs}
    one_to_one = len(pairs) == len(lefts) == len(rights)
    return len(pairs) if one_to_one and 2 <= len(pairs) <= len(source) / 4 else 0


@cache
def alike(one: str, other: str) -> float:
    """How alike two names are, from 0 to 1; case, separators and the order of their words do not count."""
    left, right = words(one), words(other)
    if left == right:
        return 1.0
    return SequenceMatcher(None, " ".join(sorted(left)), " ".join(sorted(right))).ratio()


def words(name: str) -> list[str]:
    """depTime, dep_time and DEP-TIME are the same two words."""
    parted = re.sub(r"(?<=[^\W\d_])(?=\d)|(?<=[a-z])(?=[A-Z])", " ", name)
    return [word.casefold() for word in re.findall(r"[^\W_]+", parted)] or [name]
