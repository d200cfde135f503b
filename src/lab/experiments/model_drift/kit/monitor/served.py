"""One served model: what answers, the window that fills, labels that come later, and what Prometheus is told of them."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Annotated, Any

import joblib
import numpy as np
import pandas as pd
from fastapi import HTTPException
from prometheus_client import Counter, Gauge, Histogram
from pydantic import BaseModel, ConfigDict, Field

from .drift import detect

ALPHA = 0.01
MOST_ROWS = 10_000  # of one request

PREDICTIONS = Counter("model_predictions", "Rows predicted", ["model", "version"])
SCORES = Histogram(
    "model_score", "Predicted probability", ["model"], buckets=[tenth / 10 for tenth in range(1, 11)]
)
SECONDS = Histogram("model_predict_seconds", "Time of one request", ["model"])
VERSION = Gauge("model_version", "Version that answers", ["model"])
WINDOWS = Gauge("model_windows", "Windows compared since this version is served", ["model"])
KS = Gauge(
    "model_feature_ks_statistic", "Largest distance of the distribution functions", ["model", "feature"]
)
KS_P = Gauge("model_feature_ks_p_value", "p-value of Kolmogorov-Smirnov", ["model", "feature"])
ADJUSTED = Gauge(
    "model_feature_adjusted_p_value", "Chi-square, for all features and looks", ["model", "feature"]
)
EFFECT = Gauge("model_feature_cramers_v", "Effect size, 0 to 1", ["model", "feature"])
LABELLED = Gauge("model_labelled_rows", "Rows in the newest window of labels", ["model"])
ACCURACY = Gauge("model_accuracy", "Share predicted right in the newest window of labels", ["model"])
BASELINE = Gauge("model_accuracy_baseline", "The same on data that were held out in training", ["model"])
BASELINE_ROWS = Gauge("model_accuracy_baseline_rows", "Rows that were held out in training", ["model"])
_PER_WINDOW = (KS, KS_P, ADJUSTED, EFFECT)


class Batch(BaseModel):
    """Rows to predict. ids: by which labels are told later; rows: features by name, one value a row."""

    model_config = ConfigDict(extra="forbid")
    ids: Annotated[list[int], Field(min_length=1, max_length=MOST_ROWS)]
    rows: dict[str, list[float]]


class Labels(BaseModel):
    """What came true: 0 or 1 for each id."""

    model_config = ConfigDict(extra="forbid")
    ids: Annotated[list[int], Field(min_length=1, max_length=MOST_ROWS)]
    labels: list[Annotated[int, Field(ge=0, le=1)]]


class Swap(BaseModel):
    """A file of MODEL_FOLDER to serve from now on."""

    model_config = ConfigDict(extra="forbid")
    file: str


class Served:
    """One model: what answers, the window that fills, what was seen of each window. Guarded by one lock."""

    def __init__(self, name: str, file: Path, version: int, window: int, looks: int) -> None:
        self.name, self.window, self.looks = name, window, looks
        self.journal = file.parent / f"{name}.jsonl"
        self.lock = threading.Lock()
        self.frames: list[pd.DataFrame] = []  # every row served, for the retrain job
        self.row_of: dict[int, int] = {}  # by id
        self.scores: list[float] = []  # by row
        self.labels: dict[int, int] = {}  # by row
        self.windows: list[dict[str, Any]] = []
        self.rows = self.begun = 0
        self.load(file, version)

    def load(self, file: Path, version: int) -> int:
        """Serve `file` from now on. What can't be read or answers nothing leaves the old one in place."""
        made = joblib.load(file)
        made["model"].predict_proba(made["reference"].head(1))
        with self.lock:
            self.made, self.version, self.begun = made, version, self.rows
            self.windows.clear()
            for gauge in _PER_WINDOW:
                for feature in made["reference"].columns:
                    gauge.labels(self.name, feature).set(float("nan"))
            VERSION.labels(self.name).set(self.version)
            BASELINE.labels(self.name).set(made["accuracy"])
            BASELINE_ROWS.labels(self.name).set(made["held_out"])
            ACCURACY.labels(self.name).set(float("nan"))
            WINDOWS.labels(self.name).set(0)
            self.write(event="version", version=self.version, file=file.name)
            return self.version

    def predict(self, batch: Batch) -> tuple[int, list[float]]:
        """Version and probabilities; remembers rows, and compares a window once it is full."""
        with self.lock:
            made, version = self.made, self.version
        frame = self._frame(batch, made["reference"])
        scores = made["model"].predict_proba(frame)[:, 1]
        with self.lock:
            first = self.rows
            self.frames.append(frame)
            self.rows += len(frame)
            self.row_of |= {id: first + place for place, id in enumerate(batch.ids)}
            self.scores += scores.tolist()
            self.write(
                event="predicted",
                version=version,
                first=first,
                ids=batch.ids,
                scores=scores.round(6).tolist(),
            )
            self._compare()
        PREDICTIONS.labels(self.name, str(version)).inc(len(frame))
        for score in scores:
            SCORES.labels(self.name).observe(float(score))
        return version, scores.tolist()

    def _frame(self, batch: Batch, reference: pd.DataFrame) -> pd.DataFrame:
        if wrong := set(batch.rows) ^ set(reference.columns):
            raise HTTPException(422, f"features missing or unknown: {', '.join(sorted(wrong))}")
        if {len(values) for values in batch.rows.values()} != {len(batch.ids)}:
            raise HTTPException(422, "every feature needs one value for each id")
        frame = pd.DataFrame(batch.rows)[list(reference.columns)]
        if not np.isfinite(frame.to_numpy()).all():
            raise HTTPException(422, "values must be finite")
        cast = frame.astype(reference.dtypes.to_dict())
        cut = [
            str(name) for name in cast if cast[name].dtype.kind in "biu" and (cast[name] != frame[name]).any()
        ]
        if cut:
            raise HTTPException(422, f"not of the type that the model was fitted on: {', '.join(cut)}")
        return cast

    def _compare(self) -> None:
        """Every window of this version that has become full against its reference: a request may bring several."""
        while (done := self.begun + len(self.windows) * self.window) + self.window <= self.rows:
            self._compare_one(done)

    def _compare_one(self, done: int) -> None:
        """The window that begins with row `done`."""
        current = self.slice(done, done + self.window)
        found = detect(self.made["reference"], current, ALPHA, "bonferroni", looks=self.looks)
        for each in found.features:
            for gauge, value in zip(_PER_WINDOW, (each.ks, each.ks_p, each.adjusted, each.v), strict=True):
                gauge.labels(self.name, each.name).set(value)
        lowest = min(each.ks_p for each in found.features)
        one = {"first": done, "end": done + self.window, "ks_p": lowest, "drifted": found.drifted}
        self.windows.append(one)
        WINDOWS.labels(self.name).set(len(self.windows))
        ks_p = {str(each.name): each.ks_p for each in found.features}
        self.write(event="window", version=self.version, **one, by_feature=ks_p)

    def slice(self, first: int, end: int) -> pd.DataFrame:
        """Rows first..end-1 as they were served."""
        found, at = [], 0
        for frame in self.frames:
            if at < end and at + len(frame) > first:
                found.append(frame.iloc[max(0, first - at) : end - at])
            at += len(frame)
        return pd.concat(found, ignore_index=True)

    def label(self, labels: Labels) -> int:
        """Take labels in; how many of them belong to rows that were served."""
        if len(labels.ids) != len(labels.labels):
            raise HTTPException(422, "one label for each id")
        with self.lock:
            pairs = zip(labels.ids, labels.labels, strict=True)
            known = {self.row_of[id]: label for id, label in pairs if id in self.row_of}
            self.labels |= known
            newest = [row for row in list(self.labels)[-self.window :] if row >= self.begun]
            if len(newest) == self.window:
                right = [(self.scores[row] >= 0.5) == self.labels[row] for row in newest]
                ACCURACY.labels(self.name).set(float(np.mean(right)))
                LABELLED.labels(self.name).set(len(newest))
        return len(known)

    def labelled(self, since: int) -> dict[str, Any]:
        """Rows from number `since` on that have a label, with them."""
        with self.lock:
            rows = sorted(row for row in self.labels if row >= since)
            frame = self.slice(since, self.rows) if rows else pd.DataFrame()
            chosen = frame.iloc[[row - since for row in rows]] if rows else frame
            return {"rows": chosen.to_dict("list"), "labels": [self.labels[row] for row in rows]}

    def suspect_since(self) -> int:
        """First row of the newest unbroken series of windows that KS alarms on; where there is none, of the newest window
        of labelled rows (what an alert on accuracy goes by).
        """
        since = None
        for window in reversed(self.windows):
            if window["ks_p"] >= ALPHA:
                break
            since = window["first"]
        newest = max(self.labels, default=0)
        return since if since is not None else max(self.begun, newest - self.window)

    def write(self, **line: Any) -> None:
        """A line of the journal, from which everything that was answered can be told afterwards."""
        with self.journal.open("a") as file:
            file.write(json.dumps({"at": time.time(), "model": self.name, **line}) + "\n")
