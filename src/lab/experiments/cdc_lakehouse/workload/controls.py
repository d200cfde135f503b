"""Designs that are known to fail, and in which batches they get the same events again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lab.experiments.cdc_lakehouse.criteria import ANYWHERE, ARRIVAL, THROUGH, UPSERTS
from lab.experiments.cdc_lakehouse.kit.sink.batch import Batch, Read
from lab.experiments.cdc_lakehouse.kit.sink.merge import Net
from lab.experiments.cdc_lakehouse.mechanism import Change, Design, mid_transaction, net
from lab.experiments.cdc_lakehouse.params import Params


def by_arrival(read: Read) -> Batch:
    """Everything that was read, partition after partition: the order in which a consumer gets it."""
    return replace(mid_transaction(read), changes=read.in_order_of_arrival())


def upserts_only(changes: Sequence[Change]) -> Net:
    """Inserts and updates; deletes and TRUNCATE are passed over."""
    return net([change for change in changes if change.op not in "dt"])


def marker_through(changes: Sequence[Change]) -> Net:
    """Debezium's unchanged-TOAST marker taken for a value."""
    return net(changes, lambda change: dict(change.after or {}))


BROKEN = (
    Design(ANYWHERE, cut=mid_transaction),
    Design(ARRIVAL, cut=by_arrival),
    Design(UPSERTS, reduce=upserts_only),
    Design(THROUGH, reduce=marker_through),
)


@dataclass(frozen=True)
class Replay:
    """The same events once more, in other batches, by a design, into a table of its own.

    ends: shares of the events at which batches end, ascending to 1.
    """

    table: str
    merge_mode: str
    design: Design
    ends: tuple[float, ...]


def table_of(number: int) -> str:
    """Where the control of that number writes, namespace.name."""
    return f"bank.control_{number}"


def replays(params: Params, controls: Sequence[Design]) -> tuple[Replay, ...]:
    """One of each control."""
    return tuple(
        Replay(f"lake.{table_of(number)}", params.merge_mode, one, _ends(one, params))
        for number, one in enumerate(controls)
    )


def _ends(design: Design, params: Params) -> tuple[float, ...]:
    if design.name == ANYWHERE:
        return tuple(turn / params.replay_batches for turn in range(1, params.replay_batches + 1))
    if design.name != THROUGH:
        return (1.0,)
    # The last one behind the last TRUNCATE, whose reload would mend what a design had done to the rows.
    return 0.5, 1 - 0.15 / params.reloads, 1.0
