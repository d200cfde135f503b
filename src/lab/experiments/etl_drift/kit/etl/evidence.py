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
Codes = Mapping[str, np.ndarray]  # each value as a number, the same on all sides; -1 for NULL


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


def shared_rows(source: Side, target: Side, key: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Positions of rows with the same key on both sides, once on each. Empty if no key is found in the source.

    The source's key columns are looked for by their names, then by their values: both may have changed. A join on the wrong
    columns finds rows too, so other columns have to agree in what was joined; the join with most such rows is taken.
    """
    best, found = 0.0, (np.empty(0, dtype=int), np.empty(0, dtype=int))
    if not key or not source:
        return found
    left, right = _coded(source, target)
    # If the whole key leads nowhere, one of its columns may be gone, or written otherwise.
    parts = [list(key)] + [[name for name in key if name != without] for without in key if len(key) > 1]
    for part in parts:
        for columns in islice(_key_columns(left, right, part), _COMBINATIONS):
            rows = _joined([left[name] for name in columns], [right[name] for name in part])
            agree = _agreeing(left, right, rows, columns, key) if len(rows[0]) >= FEW else 0.0
            if agree * len(rows[0]) > best:
                best, found = agree * len(rows[0]), rows
            if agree >= _CLEAR and len(rows[0]) >= _LOOKED_AT:
                return found
        if best:
            return found
    return found


def _agreeing(
    source: Codes,
    target: Codes,
    rows: tuple[np.ndarray, np.ndarray],
    columns: Sequence[str],
    key: Sequence[str],
) -> float:
    """Share of the target's columns beside the key that some other column of the source equals in nearly all of `rows`."""
    here, there = rows[0][:_LOOKED_AT], rows[1][:_LOOKED_AT]
    others = [codes[here] for name, codes in source.items() if name not in columns]
    wanted = [codes[there] for name, codes in target.items() if name not in key]
    if not others or not wanted:
        return 0.0
    equal = (np.array(others)[:, None, :] == np.array(wanted)[None, :, :]).mean(axis=2)
    return float((equal.max(axis=0) >= _NEARLY_ALL).mean())


def _key_columns(source: Codes, target: Codes, key: Sequence[str]) -> Iterator[list[str]]:
    """Columns of the source that may be the key, in its order, the likeliest first."""
    if set(key) <= set(source):
        yield list(key)
    most = 1 + max((int(codes.max(initial=0)) for codes in (*source.values(), *target.values())), default=0)
    shares = {name: _shares(codes, most) for name, codes in source.items()}
    ranked = []
    for name in key:
        wanted = _shares(target[name], most)
        # The share of values in common is 1 less the total variation distance.
        scores = {
            other: float(np.minimum(wanted, own).sum()) + _NAME_COUNTS * alike(other, name)
            for other, own in shares.items()
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


def _joined(left: Sequence[np.ndarray], right: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
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


def agreements(source: Side, target: Side) -> dict[tuple[str, str], Agreement]:
    """Of every pair (source, target) whose columns hold the same rows. A row without a value on both sides is left out."""
    left, right = _coded(source, target)
    return {(s, t): _agreement(left[s], right[t]) for s in source for t in target}


def _coded(*sides: Side) -> list[dict[str, np.ndarray]]:
    """Every text as a number, the same on all sides; -1 for NULL."""
    columns = [values for side in sides for values in side.values()]
    codes, _ = pd.factorize(np.concatenate(columns) if columns else np.empty(0, dtype=object))
    parts = iter(np.split(codes, np.cumsum([len(values) for values in columns])[:-1]))
    return [{name: next(parts) for name in side} for side in sides]


def _agreement(one: np.ndarray, other: np.ndarray) -> Agreement:
    known = (one >= 0) | (other >= 0)
    rows, equal = int(known.sum()), int(((one == other) & known).sum())
    return Agreement(rows, equal, _chance(one[known], other[known]) if equal else 0.0)


def _chance(one: np.ndarray, other: np.ndarray) -> float:
    values, counts = np.unique(one, return_counts=True)
    others, there = np.unique(other, return_counts=True)
    _, left, right = np.intersect1d(values, others, assume_unique=True, return_indices=True)
    return float((counts[left] * there[right]).sum()) / len(one) ** 2


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
