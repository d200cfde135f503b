"""One core kept busy while something runs: long spans of work with short pauses, drawn from a seed."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

from lab.evidence.reproduction import Load
from lab.services.workers import spawn

BUSY_S = (0.2, 2.0)
PAUSE_S = (0.02, 0.2)
_STEPS = 20_000  # about a millisecond of work between two looks at the clock


@contextmanager
def busy(seed: int) -> Iterator[Callable[[], Load]]:
    """A process of its own at work until the block ends; what is yielded tells the load so far.

    Telling raises WorkerError if the process has ended before its time.
    """
    core = _core(seed)
    worker, begin = spawn(burn, os.getpid(), seed, core), time.monotonic()

    def told() -> Load:
        worker.check()
        used = psutil.Process(worker.pid).cpu_times()
        share = (used.user + used.system) / (time.monotonic() - begin)
        return Load(seed=seed, core=core, busy_s=BUSY_S, pause_s=PAUSE_S, share=round(share, 3))

    try:
        yield told
    finally:
        worker.kill()


def burn(parent: int, seed: int, core: int | None) -> None:
    """Work on `core` until the process `parent` is gone."""
    if core is not None:
        os.sched_setaffinity(0, {core})
    draw = random.Random(seed)
    while True:
        end = time.monotonic() + draw.uniform(*BUSY_S)
        while time.monotonic() < end:
            # The reaper ends it too; this needs nobody else, should both have been killed at once.
            if os.getppid() != parent:
                return
            sum(range(_STEPS))
        time.sleep(draw.uniform(*PAUSE_S))


def _core(seed: int) -> int | None:
    """One of the cores that this process may use; None where a process can't be bound to one."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    return random.Random(seed).choice(sorted(os.sched_getaffinity(0)))
