"""One run, read by name, and the tables of its page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from lab.evidence.result import Metric, Result
from lab.experiments.warehouse_bench.judge.linear_model import Growth, Line, by_engine
from lab.experiments.warehouse_bench.judge.median_interval import label
from lab.experiments.warehouse_bench.judge.metrics import WHOLE
from lab.experiments.warehouse_bench.params import Params

GB = 1e9
MOST_NAMED = 2  # queries; more are counted
Rows = Sequence[Sequence[object]]


@dataclass(frozen=True)
class Findings:
    """A run by name. `whole` is all 22 queries at scale factor 1: this run if it is that, else the one that is kept."""

    treatment: Result

    @property
    def params(self) -> Params:
        return self.treatment.of(Params)

    @property
    def engines(self) -> list[str]:
        """Of this run, the fastest over plain Parquet first."""
        means = self.treatment.tables["means"]
        plain = means[means["format"] == "parquet"].sort_values("seconds")
        return [str(name) for name in plain["engine"]]

    @property
    def rounds(self) -> str:
        """What the intervals of this run are."""
        return label(self.params.repeats)

    def whole(self, name: str) -> Metric:
        return self.treatment.metric(WHOLE + name)

    def whole_names(self, ending: str) -> list[str]:
        """Names of the whole benchmark's figures of one kind, without prefix and kind."""
        found = [metric.name for metric in self.treatment.metrics]
        return [
            name.removeprefix(WHOLE).removesuffix(ending)
            for name in found
            if name.startswith(WHOLE) and name.endswith(ending)
        ]

    @property
    def whole_engines(self) -> list[str]:
        """Of the whole benchmark, the fastest first."""
        return sorted(self.whole_names(".times"), key=lambda name: self.whole(f"{name}.times").value)

    @property
    def wins(self) -> pd.Series:
        """On how many of the 22 queries an engine is the first, the most successful one at the top."""
        wide = self.treatment.tables["whole"].pivot(index="query", columns="engine", values="seconds")
        return wide.idxmin(axis=1).value_counts()

    @property
    def growth(self) -> dict[str, Growth]:
        """Each engine's lines."""
        rows = self.treatment.tables["lines"].to_dict("records")
        return by_engine([Line(**{str(name): value for name, value in row.items()}) for row in rows])

    @property
    def modelled(self) -> str:
        """Whose growth with size the model is: `Q12`, or a mean of several."""
        names = [f"Q{number}" for number in self.params.model_queries]
        few = ", ".join(names) if len(names) <= MOST_NAMED else f"{len(names)} queries"
        return few if len(names) == 1 else f"the mean of {few}"

    def whole_seconds(self, engine: str) -> float:
        """What the model's queries took in the whole benchmark, at scale factor 1: mean of their medians."""
        table = self.treatment.tables["whole"]
        queries = [str(number) for number in self.params.model_queries]
        own = table[(table["engine"] == engine) & table["query"].isin(queries)]
        return float(own["seconds"].mean())

    def stored(self, size: float) -> float:
        """GB of the tables of the model's queries at a scale factor of this run."""
        growth = self.treatment.tables["growth"]
        return float(growth.loc[growth["scale_factor"] == size, "bytes"].iloc[0]) / GB


def milliseconds(metric: Metric) -> str:
    """`+9 ms (+7 to +12)`: what a format adds."""
    low, high = metric.interval or (metric.value, metric.value)
    return f"{signed(metric.value)} ms ({signed(low)} to {signed(high)})"


def multiple(metric: Metric) -> str:
    """`4.9 (3.1 to 6.2)`: how many times as much."""
    low, high = metric.interval or (metric.value, metric.value)
    return f"{metric.value:.1f} ({low:.1f} to {high:.1f})"


def signed(value: float) -> str:
    """A whole number with its sign; zero has none."""
    return f"{round(value):+d}" if round(value) else "0"


def rankings(treatment: Result) -> tuple[Rows, list[str]]:
    """Every two engines on each format, the faster one first, and how far the halves of the rounds agree."""
    rows = []
    for row in treatment.tables["pairs"].to_dict("records"):
        names, ends = [row["engine_one"], row["engine_other"]], [row["ratio"], row["low"], row["high"]]
        if row["ratio"] < 1:
            names, ends = names[::-1], [1 / ends[0], 1 / ends[2], 1 / ends[1]]
        ratio, low, high = ends
        rows.append(
            (
                row["format"],
                f"{names[0]} / {names[1]}",
                f"{ratio:.1f} ({low:.1f} to {high:.1f})",
                row["standing"],
            )
        )
    return rows, ["format", "engines", "ratio of times (range)", "by halves of the rounds"]


def costs(treatment: Result) -> tuple[Rows, list[str]]:
    """Latency, processor time, bytes and cost of the mean query, by engine and format."""
    rows = [
        (
            row["engine"],
            row["format"],
            f"{1e3 * row['seconds']:.0f}",
            f"{1e3 * row['cpu_s']:.0f}",
            f"{row['read_bytes'] / 1e6:.1f}",
            f"{row['busy']:.1f} ({row['busy_low']:.1f} to {row['busy_high']:.1f})",
        )
        for row in treatment.tables["costs"].to_dict("records")
    ]
    return rows, [
        "engine",
        "format",
        "latency, ms",
        "processor time, ms",
        "read, MB",
        "cost (range)",
    ]


def added(treatment: Result) -> Iterator[str]:
    """What a format adds in this run, an engine and format each, in words."""
    for row in treatment.tables["added"].to_dict("records"):
        metric = treatment.metric(f"{row['engine']}.{row['format']}.added")
        yield f"{str(row['format']).capitalize()} on {row['engine']} {milliseconds(metric)}"


def reported(treatment: Result) -> str:
    """How much of what the kernel counts the engines' own statistics report."""
    sums = treatment.tables["medians"].groupby("engine")[["reported_cpu_s", "reported_bytes"]].sum()
    seen = treatment.tables["medians"].groupby("engine")[["cpu_s", "read_bytes"]].sum()
    return "; ".join(
        f"{engine} {sums.loc[engine, 'reported_bytes'] / seen.loc[engine, 'read_bytes']:.0%} of the bytes and "
        f"{sums.loc[engine, 'reported_cpu_s'] / seen.loc[engine, 'cpu_s']:.0%} of the processor time"
        for engine in sums.index
    )


def kept(treatment: Result) -> str:
    """When, where and how the whole benchmark was run, and how it was judged."""
    (row,) = treatment.tables["kept"].to_dict("records")
    return (
        f"All 22 queries at scale factor 1, run on {row['finished']} on {row['machine']}, in {row['minutes']:.0f} minutes; "
        f"verdict **{row['verdict']}**. {row['answers']}, {row['differing']} differ from the published ones. "
        f"{row['rounds']} rounds after a first; intervals are the {label(int(row['rounds']))}."
    )
