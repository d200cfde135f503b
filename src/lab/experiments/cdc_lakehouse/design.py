"""A design of the sink: where a batch ends, in which order its events count, what they are reduced to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lab.experiments.cdc_lakehouse.kit.sink.batch import Batch, Cut, Read, anywhere, at_transactions
from lab.experiments.cdc_lakehouse.kit.sink.change import PLACEHOLDER, Change
from lab.experiments.cdc_lakehouse.kit.sink.merge import Net, net

Reduce = Callable[[Sequence[Change]], Net]


@dataclass(frozen=True)
class Design:
    """cut: takes what was read, gives the changes to apply, in order. reduce: their effect on the table."""

    name: str
    cut: Cut = at_transactions
    reduce: Reduce = net


def by_arrival(read: Read) -> Batch:
    """Everything that was read, partition after partition: the order in which a consumer gets it."""
    return replace(anywhere(read), changes=read.in_order_of_arrival())


def upserts_only(changes: Sequence[Change]) -> Net:
    """Inserts and updates; deletes and TRUNCATE are passed over."""
    return net([change for change in changes if change.op not in "dt"])


def placeholder_through(changes: Sequence[Change]) -> Net:
    """Debezium's placeholder taken for a value."""
    result = net(changes)
    for key, effect in result.effects.items():
        if effect.values is not None:
            values = dict(effect.values)
            result.effects[key] = replace(effect, values=values, base=None, kept=frozenset())
            values.update(dict.fromkeys(effect.kept, PLACEHOLDER))
    return result


SAFE = Design("transaction boundaries")
ANYWHERE = Design("batches end anywhere", cut=anywhere)
ARRIVAL = Design("order of arrival", cut=by_arrival)
UPSERTS = Design("inserts and updates only", reduce=upserts_only)
THROUGH = Design("placeholder written through", reduce=placeholder_through)
