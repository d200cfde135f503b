"""(a) The load generator against Kafka's ProducerPerformance: the highest rate held within 1 %, and its lateness.

Both send 100-byte messages with the same batching to the same broker, one after the other, three times each.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from bench import limits
from bench.budget import Budget, Found
from lab.experiments.kafka_lag import Params, Variant, keyed
from lab.experiments.kafka_lag.oracle import producer_performance
from lab.experiments.kafka_lag.workload.messages import prepare
from lab.experiments.kafka_lag.workload.producer import JAVA_SETTINGS, Generator, generate
from lab.experiments.kafka_lag.workload.variants import Load, Topic
from lab.load.gate import Gate
from lab.services.kafka import Kafka, kafka
from lab.services.topics import create_topics
from lab.services.workers import spawn

SIZE, PARTITIONS, PROCESSES, SECONDS, REPEATS = 100, 6, 2, 5.0, 3
STEP = 1.15


def main() -> dict[Budget, Found]:
    with kafka(heap_mb=1024) as broker:
        create_topics(broker.bootstrap, {"java": PARTITIONS, "ours": PARTITIONS})
        _java(broker, 500_000)  # warm-up of the broker
        java = [_java(broker, 1_500_000) for _ in range(REPEATS)]
        rate, held, late = 100_000, 0, float("nan")
        while (found := _ours(broker, rate))[0]:
            held, late, rate = rate, found[1], round(rate * STEP)
    best = median(java)
    print(
        f"generator: ProducerPerformance unthrottled {', '.join(f'{value:,.0f}' for value in java)} messages/s"
    )
    print(
        f"generator: ours holds {held:,} messages/s within 1 %, lateness p99 {late:.1f} ms; ratio {held / best:.2f}"
    )
    origin = f"measured here, {REPEATS} times {SECONDS:g} s at each rate"
    return {limits.RATE: Found(held, origin), limits.RATE_RATIO: Found(held / best, origin)}


def _java(broker: Kafka, count: int) -> float:
    return producer_performance(broker, "java", count, SIZE, -1, JAVA_SETTINGS).rate


def _ours(broker: Kafka, rate: int) -> tuple[bool, float]:
    """Was `rate` held within 1 % in each of the repeats, and the worst p99 of lateness in ms."""
    found = [_once(broker, rate, number) for number in range(REPEATS)]
    return all(within for within, _ in found), max(late for _, late in found)


def _once(broker: Kafka, rate: int, seed: int) -> tuple[bool, float]:
    params = Params(rate=rate, seconds=SECONDS, partitions=PARTITIONS, seed=seed)
    load = Load("level", Variant("keyed", keyed, 0), Topic(PARTITIONS, params.service_ns), rate, SECONDS)
    window = prepare(load, 0, seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generators = [
            Generator(broker.bootstrap, ["ours"], part, PROCESSES, params.message_bytes, seed, folder)
            for part in range(PROCESSES)
        ]
        workers = [spawn(generate, generator) for generator in generators]
        (folder / "window-0").mkdir()
        window.save(folder / "window-0" / "window.npz", "ours")
        gate = Gate(folder / "window-0")
        gate.await_all([generator.name for generator in generators])
        start_ns = gate.open()
        reports = [folder / "window-0" / f"{item.name}.npy" for item in generators]
        while not all(path.exists() for path in reports):
            for worker in workers:
                worker.check()  # one that has failed leaves no report
            time.sleep(0.002)
        done_ns = time.monotonic_ns()
        (folder / "stop").touch()
        for worker in workers:
            worker.join(120)
        late = np.concatenate([np.load(path) for path in reports])
    # A report is written when every message was acknowledged, so a queue that fills up counts as not held.
    overrun_s = (done_ns - start_ns) / 1e9 - SECONDS
    return overrun_s <= 0.01 * SECONDS, float(np.percentile(late, 99)) / 1e6
