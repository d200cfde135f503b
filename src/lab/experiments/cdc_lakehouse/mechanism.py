"""What a reader takes home: the meaning of change events, where a batch of them ends, the MERGE, the comparison.

The code is the kit's, which stands alone. A `Design` puts its parts together to a sink.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.experiments.cdc_lakehouse.kit.sink.batch import Cut, at_transactions, mid_transaction
from lab.experiments.cdc_lakehouse.kit.sink.change import Change, parse
from lab.experiments.cdc_lakehouse.kit.sink.lake import merge_sql
from lab.experiments.cdc_lakehouse.kit.sink.merge import Net, apply, net
from lab.experiments.cdc_lakehouse.kit.verify import Consistency, LakeTable, verify

__all__ = [
    "KIT",
    "SAFE",
    "Change",
    "Consistency",
    "Design",
    "LakeTable",
    "apply",
    "at_transactions",
    "merge_sql",
    "mid_transaction",
    "net",
    "parse",
    "verify",
]

KIT = Path(__file__).parent / "kit"


@dataclass(frozen=True)
class Design:
    """A sink: where a batch ends, in which order its events count, what they are reduced to.

    cut: takes what was read, gives the changes to apply, in order. reduce: their effect on the table.
    """

    name: str
    cut: Cut = at_transactions
    reduce: Callable[[Sequence[Change]], Net] = net


SAFE = Design("transaction boundaries")
