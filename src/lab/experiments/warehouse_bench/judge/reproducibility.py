"""What two halves of the rounds say about two engines: ordered, a tie, unclear or a contradiction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lab.experiments.warehouse_bench.criteria import MARGIN

ORDERED, TIE, UNCLEAR, CONTRADICTION = "ordered", "tie", "unclear", "contradiction"
_FROM_BAD = (CONTRADICTION, UNCLEAR, TIE, ORDERED)


def standing(one_half: float, other_half: float) -> str:
    """From the ratio of two times in either half.

    ordered: both halves find the same engine faster by the margin. contradiction: each finds another one faster by
    the margin. unclear: they disagree about who is faster, and one of them by the margin. tie: all else.
    """
    sides = _side(one_half), _side(other_half)
    if sides[0] == sides[1]:
        return ORDERED if sides[0] else TIE
    if 0 not in sides:
        return CONTRADICTION
    return TIE if (one_half > 1) == (other_half > 1) else UNCLEAR


def worst(found: Iterable[str]) -> str:
    """The one that speaks most against an order."""
    return min(found, key=_FROM_BAD.index)


def in_words(names: Sequence[str], neighbours: Sequence[str]) -> str:
    """`DuckDB < Spark = Trino`: engines from fast to slow; `neighbours`: how each stands to the next.

    Those that are not told apart, be it a tie or unclear, come in the order of the alphabet: two runs that know the same
    say the same.
    """
    signs = {CONTRADICTION: "!", ORDERED: "<"}
    groups, between = [[names[0]]], []
    for name, stands in zip(names[1:], neighbours, strict=True):
        if stands in signs:
            groups.append([name])
            between.append(f" {signs[stands]} ")
        else:
            groups[-1].append(name)
    told = [" = ".join(sorted(group)) for group in groups]
    return told[0] + "".join(sign + group for sign, group in zip(between, told[1:], strict=True))


def _side(ratio: float) -> int:
    return 1 if ratio >= MARGIN else -1 if ratio <= 1 / MARGIN else 0
