"""The faults, each with the proof that it happened where it hurts."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial

import psutil

from lab.experiments.exactly_once.measure import driver, outputs
from lab.experiments.exactly_once.measure.bench import Bench, Member
from lab.experiments.exactly_once.measure.seen import SINK, Injected
from lab.experiments.exactly_once.mechanism import Processor
from lab.experiments.exactly_once.params import Fault
from lab.services.ports import occupied

_AIM_S, _FREEZE_S, _TAKE_OVER_S, _END_S, _CUT_S = 5.0, 2.0, 40.0, 20.0, 30.0
_TRIES = 15  # a slow machine misses often: between aim and stop the batch is over


def inject(bench: Bench, number: int, fault: Fault) -> list[Injected]:
    """Do it to every arm that it concerns; one entry each."""
    return _FAULTS[fault](bench, number)


def processor(bench: Bench, number: int) -> list[Injected]:
    """SIGKILL in mid-batch, to every loop and to Spark; each has a successor at once."""
    found = _kill_loops(bench, number, "processor")
    return found + ([_kill_driver(bench, number)] if bench.dsn else [])


def loop(bench: Bench, number: int) -> list[Injected]:
    """The same without Spark, which takes longest to come back."""
    return _kill_loops(bench, number, "loop")


def _kill_loops(bench: Bench, number: int, fault: Fault) -> list[Injected]:
    return [_kill_loop(bench, number, fault, arm) for arm in _as_exposed(bench)]


def _kill_loop(bench: Bench, number: int, fault: Fault, arm: Processor) -> Injected:
    """Stopped first, so that it is in mid-batch when it is killed: between aim and shot it would often have gone on."""
    victim, _ = _freeze(bench, arm)
    victim.worker.kill()
    at = time.time()
    bench.start_processor(arm)
    proof, real = f"dead {victim.mark}", _ended(victim) and victim.mark.writing()
    return Injected(number, fault, arm.name, at, real, proof, victim.number)


def _kill_driver(bench: Bench, number: int) -> Injected:
    """When PostgreSQL has a batch whose end Spark's checkpoint does not know yet, if that can be met."""
    victim = bench.members[SINK]
    before = victim.mark.read()
    _wait(lambda: victim.mark.read() != before, _AIM_S)
    victim.worker.kill()
    at, done = time.time(), victim.mark.read()[0]
    noted = (driver.checkpoint(bench.folder) / "commits" / str(done - 1)).exists()
    bench.start_driver()
    proof = (
        f"dead after batch {done - 1} was in PostgreSQL, {'and' if noted else 'not yet'} in the checkpoint"
    )
    return Injected(number, "processor", SINK, at, _ended(victim), proof, victim.number)


def zombie(bench: Bench, number: int) -> list[Injected]:
    """SIGSTOP in mid-batch, a successor with the same ids takes over, SIGCONT: the old one goes on where it was."""
    found, old = [], []
    for arm in _as_exposed(bench):
        victim, at = _freeze(bench, arm)
        old.append(victim)
        bench.stopped.append(victim.worker)
        bench.start_processor(arm)
        proof = f"stopped {victim.mark}"
        found.append(Injected(number, "zombie", arm.name, at, victim.mark.writing(), proof, victim.number))
    for arm in bench.processors:
        successor = bench.members[arm.name].number
        bench.came(partial(bench.told, arm.name, "committed", successor), _TAKE_OVER_S)
    for victim in old:
        os.kill(victim.worker.pid, signal.SIGCONT)
    for victim in old:
        if not bench.came(partial(_ended, victim), _END_S):
            victim.worker.kill()  # it was never refused; its log says so
    return found


def _freeze(bench: Bench, arm: Processor) -> tuple[Member, float]:
    victim = bench.members[arm.name]
    for attempt in range(_TRIES):
        if attempt:
            _wait(victim.mark.exposed, _AIM_S)
        os.kill(victim.worker.pid, signal.SIGSTOP)
        _wait(lambda: _stopped(victim), _FREEZE_S)
        if victim.mark.writing() or attempt == _TRIES - 1:
            break
        os.kill(victim.worker.pid, signal.SIGCONT)
    return victim, time.time()


def broker(bench: Bench, number: int) -> list[Injected]:
    """SIGKILL of the broker, started again on what it has on disk. It is one fault to all arms."""
    node = bench.broker.nodes[0]
    node.kill()
    at = time.time()
    dead = not occupied(int(bench.broker.bootstrap.rpartition(":")[2]))
    node.start()
    proof = f"dead, and back after {time.time() - at:.1f} s"
    arms = [arm.name for arm in bench.processors] + ([SINK] if bench.dsn else [])
    return [Injected(number, "broker", arm, at, dead, proof) for arm in arms]


def commit(bench: Bench, number: int) -> list[Injected]:
    """The link to PostgreSQL lets a COMMIT pass, drops the answer and hangs up."""
    if not (bench.link and bench.dsn):
        return []
    before = len(bench.told(SINK, "unknown"))
    bench.link.arm()
    bench.came(bench.link.lost.is_set, _CUT_S)
    at = time.time()
    bench.came(lambda: len(bench.told(SINK, "unknown")) > before, _CUT_S)
    told = bench.told(SINK, "unknown")[before:]
    status = outputs.transaction(bench.dsn, told[0].detail) if told and told[0].detail else "never lost"
    proof = f"the client was told of a lost connection; pg_xact_status: {status}"
    return [Injected(number, "commit", SINK, at, status == "committed", proof, bench.members[SINK].number)]


def _as_exposed(bench: Bench) -> Iterator[Processor]:
    """The loops, each when a fault would hurt it; those that did not come to that are last."""
    left, until = list(bench.processors), time.monotonic() + _AIM_S
    while left:
        late = time.monotonic() > until
        for arm in [one for one in left if late or bench.members[one.name].mark.exposed()]:
            left.remove(arm)
            yield arm
        time.sleep(0.0005)


def _stopped(victim: Member) -> bool:
    return psutil.Process(victim.worker.pid).status() == psutil.STATUS_STOPPED


def _ended(victim: Member) -> bool:
    return victim.worker._child.poll() is not None


def _wait(ready: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not ready() and time.monotonic() < deadline:
        time.sleep(0.0005)


_FAULTS: dict[Fault, Callable[[Bench, int], list[Injected]]] = {
    "processor": processor,
    "loop": loop,
    "zombie": zombie,
    "broker": broker,
    "commit": commit,
}
