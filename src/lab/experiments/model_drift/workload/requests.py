"""What is sent to the four served models: rows to predict on a schedule, and their labels a while later."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lab.experiments.model_drift.params import KINDS, Params
from lab.experiments.model_drift.workload.people import FEATURES, People
from lab.load.httpclient import Request
from lab.load.schedule import SECOND, Nanoseconds

JSON = (("Content-Type", "application/json"),)


@dataclass(frozen=True)
class Traffic:
    """requests and when each is due; rows: every row that is sent, by model and id, with its label."""

    requests: list[Request]
    due_ns: Nanoseconds
    rows: dict[str, pd.DataFrame]


def traffic(params: Params, people: People) -> Traffic:
    """A model for each kind of drift, under the same schedule; drift begins after `quiet_s` in the same moment."""
    timed: list[tuple[float, Request]] = []
    rows = {}
    for place, kind in enumerate(KINDS):
        rows[kind] = stream(params, people, kind)
        for number, first in enumerate(range(0, len(rows[kind]), params.batch)):
            part = rows[kind].iloc[first : first + params.batch]
            # Models take turns, so that no two are asked at once.
            at = (number + place / len(KINDS)) / params.rate
            timed += [(at, _predict(kind, part)), (at + params.label_s, _labels(kind, part))]
    timed.sort(key=lambda each: each[0])
    due = np.array([round(at * SECOND) for at, _ in timed], dtype=np.int64)
    return Traffic([request for _, request in timed], due, rows)


def stream(params: Params, people: People, kind: str) -> pd.DataFrame:
    """Features, label and whether drift had begun; the index is the id."""
    random = np.random.default_rng([params.seed, 6, KINDS.index(kind)])
    parts = []
    for seconds, now in ((params.quiet_s, "none"), (params.drift_s, kind)):
        size = round(seconds * params.rate) * params.batch
        chosen = people.draw(random, size, now, params.doses[-1], half=0)
        labels = people.labels(random, chosen, now, params.doses[-1])
        parts.append(people.frame.iloc[chosen][list(FEATURES)].assign(label=labels, drifted=now != "none"))
    return pd.concat(parts, ignore_index=True)


def _predict(kind: str, part: pd.DataFrame) -> Request:
    body = {"ids": part.index.tolist(), "rows": part[list(FEATURES)].to_dict("list")}
    return _post(f"/models/{kind}/predict", body)


def _labels(kind: str, part: pd.DataFrame) -> Request:
    return _post(f"/models/{kind}/labels", {"ids": part.index.tolist(), "labels": part["label"].tolist()})


def _post(target: str, body: Any) -> Request:
    return Request(target, "POST", json.dumps(body).encode(), JSON)
