"""Designs that are known to fail; and in which batches they, and both merge modes, get the same events again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lab.experiments.cdc_lakehouse.criteria import ANYWHERE, ARRIVAL, THROUGH, UPSERTS
from lab.experiments.cdc_lakehouse.kit.sink.batch import Batch, Read
from lab.experiments.cdc_lakehouse.kit.sink.change import PLACEHOLDER
from lab.experiments.cdc_lakehouse.kit.sink.merge import Net
from lab.experiments.cdc_lakehouse.mechanism import SAFE, Change, Design, anywhere, net
from lab.experiments.cdc_lakehouse.params import Params

MODES = {"merge-on-read": "bank.merge_on_read", "copy-on-write": "bank.copy_on_write"}
# A fifth of the events fills the tables; then small and large batches in turn, so that what a batch costs by itself and
# what its changes cost can be told apart, whichever way the machine's speed drifts.
_SIZES = (0.2, 0.0005, 0.36, 0.008, 0.4315)
_IN_TURN = (*(sum(_SIZES[:turn]) for turn in range(1, len(_SIZES))), 1.0)


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


BROKEN = (
    Design(ANYWHERE, cut=anywhere),
    Design(ARRIVAL, cut=by_arrival),
    Design(UPSERTS, reduce=upserts_only),
    Design(THROUGH, reduce=placeholder_through),
)


@dataclass(frozen=True)
class Replay:
    """The same events once more, in other batches, by a design.

    tables: name -> merge mode; each batch goes into all of them, so that modes are compared side by side.
    ends: shares of the events at which batches end, ascending to 1.
    """

    tables: Mapping[str, str]
    design: Design
    ends: tuple[float, ...]


def table_of(number: int) -> str:
    """Where the control of that number writes, namespace.name."""
    return f"bank.control_{number}"


def replays(params: Params, controls: Sequence[Design]) -> tuple[Replay, ...]:
    """One of each control, and one of both merge modes; none without controls."""
    if not controls:
        return ()
    return (
        *(
            Replay({f"lake.{table_of(number)}": params.merge_mode}, one, _ends(one, params))
            for number, one in enumerate(controls)
        ),
        Replay({f"lake.{table}": mode for mode, table in MODES.items()}, SAFE, _IN_TURN),
    )


def _ends(design: Design, params: Params) -> tuple[float, ...]:
    if design.name == ANYWHERE:
        return tuple(turn / params.replay_batches for turn in range(1, params.replay_batches + 1))
    if design.name != THROUGH:
        return 0.5, 1.0
    # The last one behind the last TRUNCATE, whose reload would mend what a design had done to the rows.
    return 0.5, 1 - 0.15 / params.reloads, 1.0
