"""Processes of their own while lookups run: stream jobs, and checks of what lookups give."""

from __future__ import annotations

import pickle
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from lab.experiments.feature_store.kit.features.online import Online, Row
from lab.experiments.feature_store.kit.features.reconcile import Sample, over_http
from lab.experiments.feature_store.kit.features.stream import follow
from lab.experiments.feature_store.measure.offline import VIEW
from lab.experiments.feature_store.mechanism import REGISTRY, load_registry
from lab.experiments.feature_store.params import ASKED_AT_ONCE, Params
from lab.experiments.feature_store.workload.popularity import UNKNOWN, ageing, names, shares
from lab.load.gate import Gate
from lab.load.schedule import SECOND, poisson


@dataclass(frozen=True)
class Job:
    """A stream job into the keys under `space`. It ends when NAME.stop is in `folder`, and leaves NAME.npz there:

    known_us, applied_us (of each update) and written.
    """

    name: str
    bootstrap: str
    topic: str
    url: str
    space: str
    hold_s: float
    folder: Path


def stream(job: Job) -> None:
    """Follow the topic from its end on; NAME.up says that it does."""
    stop, seen = job.folder / f"{job.name}.stop", list[tuple[float, float, bool]]()
    checked = [0.0, False]

    def ended() -> bool:
        # Asked in every turn: the first time says that the topic's end is known.
        if not checked[0]:
            (job.folder / f"{job.name}.up").touch()
        if time.monotonic() - checked[0] > 0.1:
            checked[:] = [time.monotonic(), stop.exists()]
        return bool(checked[1])

    def applied(rows: Sequence[Row], done: Sequence[tuple[bool, datetime]]) -> None:
        seen.extend(
            (_us(row.known_time), _us(moment), written)
            for row, (written, moment) in zip(rows, done, strict=False)
        )

    view = load_registry(REGISTRY).view(VIEW)
    # Of a job that waits anyway, longer batches leave the processors to others.
    batch_s = 0.05 if job.hold_s else 0.02
    follow(job.bootstrap, job.topic, Online(job.url, job.space), view, ended, batch_s, job.hold_s, applied)
    known, moments, written = zip(*seen, strict=True) if seen else ((), (), ())
    np.savez(job.folder / f"{job.name}.npz", known_us=known, applied_us=moments, written=written)


@dataclass(frozen=True)
class Checker:
    """Asks every arm about the same entities at the same moments; leaves checks.pickle in `folder`.

    spaces: of each arm; the first is asked over HTTP at `app`.
    """

    params: Params
    app: str
    url: str
    spaces: Sequence[str]
    folder: Path


def check(checker: Checker) -> None:
    """From the gate on, at random moments that were fixed beforehand."""
    params, view = checker.params, load_registry(REGISTRY).view(VIEW)
    # A job that holds updates back is behind by all of them only after it has held the first ones for so long.
    due = poisson(params.checks, params.seconds - params.settled, params.seed + 7) + round(
        params.settled * SECOND
    )
    drawn = random.Random(params.seed + 8)
    http, stores = over_http(checker.app, VIEW), [Online(checker.url, space) for space in checker.spaces[1:]]
    entities, weights, old = names(params), shares(params).tolist(), ageing()
    found: list[tuple[int, int, Sample]] = []
    http(entities[:2])
    start_ns = Gate(checker.folder).arrive("checker")
    for instant, moment in enumerate(due.tolist()):
        time.sleep(max(0.0, (start_ns + moment - time.monotonic_ns()) / SECOND))
        if time.monotonic_ns() > start_ns + params.seconds * SECOND:
            break  # behind its plan: after the end there may be no updates to be behind of
        asked = [*drawn.choices(entities, weights, k=ASKED_AT_ONCE), drawn.choice(old), UNKNOWN]
        found += [(0, instant, each) for each in http(asked)]
        for arm, store in enumerate(stores, 1):
            answer = store.read(view, asked)
            found += [
                (arm, instant, Sample(entity, answer.at, given))
                for entity, given in zip(asked, answer.found, strict=True)
            ]
    (checker.folder / "checks.pickle").write_bytes(pickle.dumps(found))


def _us(moment: datetime) -> int:
    return int(np.datetime64(moment, "us").astype(np.int64))
