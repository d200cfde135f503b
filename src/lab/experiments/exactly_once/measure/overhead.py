"""What a transaction costs: batches of several sizes, one after the other with a pause between, nothing else at work."""

from __future__ import annotations

import time
import uuid
from contextlib import ExitStack

from lab.errors import ServiceError
from lab.experiments.exactly_once.kit.loop import Link, connect
from lab.experiments.exactly_once.measure.seen import Timed
from lab.experiments.exactly_once.mechanism import AT_LEAST_ONCE, EXACTLY_ONCE
from lab.experiments.exactly_once.params import PASSES, TIMES
from lab.load.interleave import interleaved

_PATIENCE_S = 20.0
# A broker that still writes the marks of the last transaction refuses the next. For its partitions librdkafka asks again
# after 20 ms, for its offsets after retry.backoff.ms: the price of transactions that follow each other too soon, not of one.
_APART_S = 0.05


def time_batches(bootstrap: str, source: str, target: str, sizes: tuple[int, ...], seed: int) -> list[Timed]:
    """Of each mode and size `PASSES` times `TIMES` batches; each pass reads the topic `source` from its begin."""
    # The first is not counted: the broker was killed not long ago, and its JVM has yet to compile what transactions need.
    passes = [_pass(bootstrap, source, target, sizes, seed, number) for number in range(PASSES + 1)]
    return [one for counted in passes[1:] for one in counted]


def _pass(
    bootstrap: str, source: str, target: str, sizes: tuple[int, ...], seed: int, which: int
) -> list[Timed]:
    """Sizes and modes take turns, so that whatever the machine does meets all alike."""
    turns = [(mode, size) for mode in (EXACTLY_ONCE, AT_LEAST_ONCE) for size in sizes]
    found: list[Timed] = []
    with ExitStack() as stack:
        links = {}
        for mode in (EXACTLY_ONCE, AT_LEAST_ONCE):
            name = f"{target}-{uuid.uuid4().hex[:8]}"
            links[mode] = connect(bootstrap, source, target, name, name, mode.transactional)
            stack.callback(links[mode].consumer.close)
        for number, (mode, size) in interleaved(turns, TIMES + 1, seed + which):
            batch = _whole(links[mode], size)
            time.sleep(_APART_S)
            begun = time.perf_counter()
            mode.step(links[mode], batch)
            if number:  # the first of each opens connections
                seconds = time.perf_counter() - begun
                found.append(Timed(mode.name, size, seconds, which * TIMES + number))
    return found


def _whole(link: Link, size: int) -> list:
    batch: list = []
    until = time.monotonic() + _PATIENCE_S
    while len(batch) < size and time.monotonic() < until:
        batch += link.take(size - len(batch), 1.0)
    if len(batch) < size:
        raise ServiceError(
            f"of {size} messages that a batch should have {len(batch)} came within {_PATIENCE_S:.0f} s: is Kafka overloaded?"
        )
    return batch
