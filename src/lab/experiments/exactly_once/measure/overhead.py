"""What a transaction costs: batches of several sizes, one after the other with a pause between, nothing else at work."""

from __future__ import annotations

import time
import uuid

from lab.experiments.exactly_once.kit.loop import Link, connect
from lab.experiments.exactly_once.measure.seen import Timed
from lab.experiments.exactly_once.mechanism import AT_LEAST_ONCE, EXACTLY_ONCE
from lab.experiments.exactly_once.params import PASSES, TIMES
from lab.load.interleave import interleaved

_PATIENCE_S = 20.0
# A broker that still writes the marks of the last transaction refuses the next, and librdkafka asks again 100 ms later:
# that is the price of transactions that follow each other too soon, not of one.
_APART_S = 0.05


def time_batches(bootstrap: str, source: str, target: str, sizes: tuple[int, ...], seed: int) -> list[Timed]:
    """Of each mode and size `PASSES` times `TIMES` batches; each pass reads the topic `source` from its begin."""
    return [one for number in range(PASSES) for one in _pass(bootstrap, source, target, sizes, seed + number)]


def _pass(bootstrap: str, source: str, target: str, sizes: tuple[int, ...], seed: int) -> list[Timed]:
    """Sizes and modes take turns, so that whatever the machine does meets all alike."""
    modes = (EXACTLY_ONCE, AT_LEAST_ONCE)
    links = {}
    for mode in modes:
        name = f"{target}-{uuid.uuid4().hex[:8]}"
        links[mode] = connect(bootstrap, source, target, name, name, mode.transactional)
    found: list[Timed] = []
    for number, (mode, size) in interleaved(
        [(mode, size) for mode in modes for size in sizes], TIMES + 1, seed
    ):
        batch = _whole(links[mode], size)
        if len(batch) < size:
            break  # the topic has no more
        if mode.transactional:
            time.sleep(_APART_S)
        begun = time.perf_counter()
        mode.step(links[mode], batch)
        if number:  # the first of each opens connections
            found.append(Timed(mode.name, size, time.perf_counter() - begun))
    for link in links.values():
        link.consumer.close()
    return found


def _whole(link: Link, size: int) -> list:
    batch: list = []
    until = time.monotonic() + _PATIENCE_S
    while len(batch) < size and time.monotonic() < until:
        batch += link.take(size - len(batch), 1.0)
    return batch
