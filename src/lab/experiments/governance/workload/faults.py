"""Faults by class, drawn blind: nothing here, nor in what it draws from, imports the audit."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from lab.experiments.governance.workload.company import Company
from lab.experiments.governance.workload.content import CONTENT
from lab.experiments.governance.workload.fault import Draw, Fault, Variant
from lab.experiments.governance.workload.rights import RIGHTS

CLASSES: dict[str, Sequence[Variant]] = RIGHTS | CONTENT


def draw_faults(company: Company, random: Random, count: int) -> list[Fault]:
    """So many faults on different objects, class and variant drawn evenly; two that meet are drawn again."""
    draw, found = Draw(company, random, set()), list[Fault]()
    while len(found) < count:
        fault = random.choice(CLASSES[random.choice(list(CLASSES))])(draw)
        if not _meets(fault, found):
            found.append(fault)
    return found


def every_variant(company: Company, random: Random, most: int) -> list[list[Fault]]:
    """Each variant once, in rounds of at most `most` faults that do not meet."""
    rounds: list[tuple[Draw, list[Fault]]] = []
    for variant in (variant for variants in CLASSES.values() for variant in variants):
        for draw, faults in rounds:
            if len(faults) < most and not _meets(fault := variant(draw), faults):
                faults.append(fault)
                break
        else:
            draw = Draw(company, random, set())
            rounds.append((draw, [variant(draw)]))
    return [faults for _, faults in rounds]


def _meets(fault: Fault, others: Sequence[Fault]) -> bool:
    """Whether one hides another: they name the same object, or it could not be told whose session a line of the log is."""
    return any(
        fault.subject.rpartition(" ")[2] == other.subject.rpartition(" ")[2]
        or (fault.sessions and other.sessions)
        for other in others
    )
