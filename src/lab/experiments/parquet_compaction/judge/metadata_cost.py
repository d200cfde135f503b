"""The law of what comes before the first byte: seconds of a commit, a plan and a listing against the number of files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.fit import RESAMPLES, Line, line, percentile_interval, resampled
from lab.evidence.result import Metric
from lab.evidence.statistics import Interval
from lab.experiments.parquet_compaction.criteria import ERROR_LIMIT

PAGE = 1_000  # objects in one answer to LIST, at most: Amazon S3 API, ListObjectsV2, MaxKeys


@dataclass(frozen=True)
class MetadataCost:
    """Timings of one kind ("commit" or "plan"): `fitted` without the largest log, which is `held`."""

    fitted: pd.DataFrame
    held: pd.DataFrame

    @cached_property
    def line(self) -> Line:
        """Seconds = fixed + each x files; of relative errors, neither constant negative."""
        return _line(_points(self.fitted))

    @cached_property
    def lines(self) -> list[Line]:
        """The line as it might as well have come out: each size's timings drawn with replacement."""
        return resampled([_points(part) for _, part in self.fitted.groupby("size")], _line)

    @property
    def deviations(self) -> list[float]:
        """How far each of `lines` is from a median of the held-out timings, drawn with replacement as well."""
        random = np.random.default_rng(1)
        files, took = self.held["files"].median(), self.held["seconds"].to_numpy()
        medians = np.median(random.choice(took, (RESAMPLES, len(took))), axis=1)
        return [abs(each.at(files) / own - 1) for each, own in zip(self.lines, medians, strict=True)]

    def seconds(self, files: float) -> tuple[float, Interval]:
        """Seconds at `files`, and their 95 % interval."""
        return self.line.at(files), percentile_interval([each.at(files) for each in self.lines])

    def files(self, seconds: float) -> tuple[float, Interval]:
        """Files that take `seconds`, and their 95 % interval."""
        return self.line.reaches(seconds), percentile_interval([each.reaches(seconds) for each in self.lines])


def _points(timings: pd.DataFrame) -> list[tuple[float, float]]:
    return list(zip(timings["files"], timings["seconds"], strict=True))


def _line(points: list[tuple[float, float]]) -> Line:
    files, seconds = zip(*points, strict=True)
    return line(files, seconds, relative=True).rising()


def metadata_cost(planned: pd.DataFrame, what: str) -> MetadataCost:
    """The timings of one kind. Commits grow the log by a file each, so logs of about one length are one size."""
    rows = planned[planned["what"] == what]
    rows = rows.assign(size=(rows["files"] / 1_000).round())
    largest = rows["size"] == rows["size"].max()
    return MetadataCost(rows[~largest], rows[largest])


def list_s(planned: pd.DataFrame) -> list[float]:
    """Seconds of one LIST request, each listing's average."""
    rows = planned[planned["what"] == "LIST"]
    return (rows["seconds"] / rows["requests"]).tolist()


def commit_predicted(planned: pd.DataFrame) -> Observation:
    """The line's word for the largest log, beside the median of its commits.

    interval: of that deviation, timings on both sides resampled. Inconclusive if it misses the limit by less than they scatter.
    """
    found = metadata_cost(planned, "commit")
    files, seconds = found.held["files"].median(), found.held["seconds"].median()
    said, (low, high) = found.seconds(files)
    off = abs(said / seconds - 1)
    least, most = percentile_interval(found.deviations)
    return Observation(
        off,
        f"{files:,.0f} files: {said:.2f} s predicted ({low:.2f} to {high:.2f}), {seconds:.2f} s measured; fitted on "
        f"{found.fitted['files'].min():,.0f} to {found.fitted['files'].max():,.0f} files",
        (least, most),
        conclusive=not least <= ERROR_LIMIT < off,
    )


def metrics(planned: pd.DataFrame) -> list[Metric]:
    """A LIST request, and a file's share of a commit and of a plan."""
    found = []
    for what, text in (("commit", "a commit to the log"), ("plan", "reading the log and leaving files out")):
        own = metadata_cost(planned, what)
        each = own.line.each * 1e6
        ends = percentile_interval([item.each * 1e6 for item in own.lines])
        found.append(Metric(f"{what}.fixed", own.line.fixed * 1e3, "ms", f"fixed, {text}", better="lower"))
        found.append(
            Metric(
                f"{what}.each",
                each,
                "µs/file",
                text,
                interval=ends,
                method="bootstrap 95 %",
                better="lower",
            )
        )
    single = list_s(planned)
    logs = planned[planned["what"] == "plan"]
    entry = float((logs["bytes"] / logs["files"]).median())
    return [
        *found,
        Metric("list", float(np.median(single)), "s", "of a LIST request", single, better="lower"),
        Metric("log_entry", entry, "bytes", "of a file in the log"),
    ]
