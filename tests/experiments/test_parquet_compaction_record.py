"""What a run's record says, on measurements that obey a known model: no store, no clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lab.evidence.strength import flaws
from lab.experiments import parquet_compaction as experiment
from lab.experiments.parquet_compaction.judge import observations
from lab.experiments.parquet_compaction.measure.bench import Probes
from lab.experiments.parquet_compaction.measure.compaction_interval import Ingestion, Look
from lab.experiments.parquet_compaction.measure.concurrent_readers import Reading, Watch
from lab.experiments.parquet_compaction.measure.datasets import Dataset
from lab.experiments.parquet_compaction.measure.file_sizes import PART, TIMES, Sized, Visit
from lab.experiments.parquet_compaction.measure.query_times import DISK, STORE, Timing
from lab.experiments.parquet_compaction.measure.seen import Seen
from lab.experiments.parquet_compaction.mechanism.compaction import Compaction
from lab.experiments.parquet_compaction.mechanism.cost_model import Model
from lab.experiments.parquet_compaction.mechanism.layouts import Layout
from lab.experiments.parquet_compaction.mechanism.table_format import DataFile, Version
from lab.experiments.parquet_compaction.params import Params
from lab.experiments.parquet_compaction.present.findings import findings
from lab.experiments.parquet_compaction.workload.event_log import workload
from lab.notebook import Shown, _judged
from lab.services.countingproxy import Traffic

LOG = 30_000_000  # bytes
COLD, NEAR = Model(0.32, 0.012, 1.5e-9, 1.0), Model(0.004, 0.0002, 0.9e-9, 1.0)
FILES = {"none": (30, 3), "date": (32, 3), "user hash": (60, 4), "date+hash": (64, 6)}
SHARES = {"point": 0.05, "range": 0.3, "full scan": 1.0}
PARAMS = Params(events=20_016, repeats=2)


def noisy(seconds: float) -> float:
    """The model's seconds, off by up to 3 %, always in the same way."""
    return float(seconds) * (1 + 0.03 * np.sin(seconds * 1e4))


def version(number: int, files: int) -> Version:
    return Version(number, tuple(DataFile(str(n), 10, LOG // files) for n in range(files)))


def dataset(name: str, before: int, after: int) -> Dataset:
    done = Compaction(version(0, before), version(1, after), LOG, LOG if before > after else 0)
    return Dataset(name, Layout(name), "s3://lake/x", done, LOG, LOG, 2 * LOG)


def timings(files: dict[str, tuple[int, int]]) -> Iterator[Timing]:
    truth = workload(PARAMS).truth
    for layout, counts in files.items():
        for query, share in SHARES.items():
            for state, count in zip(("before", "after"), counts, strict=True):
                for place, model, times in ((STORE, COLD, 2), (DISK, NEAR, 1)):
                    size = int(share * LOG * (1 + 0.1 * len(layout)))
                    took = noisy(model.predict(count, size))
                    crossed = Traffic({"HEAD": count, "GET": 2 * count}, connections=2 * count)
                    one = Timing(
                        layout, query, state, place, count, took, truth.get(query, []), size, crossed
                    )
                    yield from [one] * times


def sizes() -> Iterator[Sized]:
    for count in PARAMS.file_counts:
        for whole in (True, False) if count % PART == 0 else (True,):
            files = count if whole else count // PART
            size = TIMES * LOG // count
            took = noisy(COLD.predict(files, files * size))
            yield Sized(whole, files, size, took, files * size, True)


def ingestions() -> Iterator[Ingestion]:
    for every in PARAMS.compact_every:
        files = [1 + number % every for number in range(PARAMS.batches)]
        looks = [
            Look(n, files[n], noisy(COLD.predict(files[n], LOG)), LOG) for n in range(0, PARAMS.batches, 5)
        ]
        done = [
            replace(dataset("x", every, 1).compaction, seconds=noisy(0.2 + 0.02 * every + n / 1e3))
            for n in range(PARAMS.batches // every)
        ]
        versions = [version(n, count) for n, count in enumerate(files)]
        yield Ingestion(every, "s3://lake/x", versions, LOG, int(LOG * (1 + 2 / every)), done, looks)


def seen() -> Seen:
    whole = Reading(0, 1, 0, 100, 100, 99, 99 * 100 // 2)
    return Seen(
        workload(PARAMS),
        [dataset(name, *counts) for name, counts in FILES.items()],
        list(timings(FILES)),
        Probes((0.001,), (0.021,)),
        list(sizes()),
        list(ingestions()),
        [Visit("first", 32, 0.8, 166), Visit("again", 32, 0.6, 70)],
        Watch((whole,) * 60, ((0.5, 0.6),), 100, 60),
    )


def controls() -> dict[str, Any]:
    over = {"over-partitioned": (60, 60)}
    torn = Watch((Reading(0, 1, 0, 200, 100, 99, 4950),), ((0.5, 0.6),), 100, 1)
    slow = Seen(workload(PARAMS), [dataset("over-partitioned", 60, 60)], timings=list(timings(over)))
    return {
        "over-partitioned": observations.result(PARAMS, slow, {}),
        "in place": observations.result(PARAMS, Seen(workload(PARAMS), watch=torn), {}),
    }


@pytest.fixture(scope="module")
def told() -> tuple[Any, Any, Shown]:
    treatment, arms = observations.result(PARAMS, seen(), {}), controls()
    shown = Shown(
        experiment.figures(treatment, arms),
        experiment.summary(treatment, arms),
        experiment.model(treatment, arms),
    )
    return treatment, arms, shown


def test_measurements_that_obey_the_model_pass(told: Any) -> None:
    treatment, arms, shown = told
    record = _judged(experiment, treatment, arms, shown)
    assert record["verdict"] == "pass", record["reasons"]


def test_the_record_says_how_strong_it_is(told: Any) -> None:
    treatment, arms, shown = told
    assert flaws(_judged(experiment, treatment, arms, shown), list(shown.figures)) == []


def test_each_figure_states_one_finding_briefly(told: Any) -> None:
    for name, figure in told[2].figures.items():
        assert len(figure.title.split()) <= 15, name
        assert any(letter.isdigit() for letter in figure.title), name
        assert "nan" not in figure.title + figure.alt
        for width in (600, 270):
            figure.chart(width).to_dict()


def test_a_layout_that_compaction_does_not_help_is_named_as_the_exception(told: Any) -> None:
    treatment, arms, shown = told
    ratios = findings(treatment, arms).layouts["ratio"]
    gain = f"{ratios.min():.1f} to {ratios.max():.1f} times as fast on the object store"
    assert shown.figures["layouts"].title == f"Compaction makes all but over-partitioned {gain}"
    alike = arms["over-partitioned"].tables["layouts"].assign(seconds_before=ratios.min(), seconds_after=1.0)
    arms = {**arms, "over-partitioned": replace(arms["over-partitioned"], tables={"layouts": alike})}
    assert experiment.figures(treatment, arms)["layouts"].title == f"Compaction makes all layouts {gain}"


def test_a_constant_is_told_once(told: Any) -> None:
    size = next(one for one in told[2].model.constants if one.name == "size")
    assert f"{size.value:,.0f} MB" not in size.text and "95 % interval" in size.text


def test_sizes_are_told_as_measured_and_the_advised_one_lies_among_them(told: Any) -> None:
    treatment, arms, shown = told
    found = findings(treatment, arms)
    assert shown.summary.decisions[0].answer.startswith(
        "The larger the better, with ever less to gain. Against the quickest a scan of the same 300 MB took "
    )
    assert found.scans["times"].iloc[-1] == 1
    low, high = found.file_bytes_interval
    assert low < found.file_bytes < high < 500e6  # 72 MB made these times; no end is a constant of the code
    assert found.scans["file_bytes"].min() < found.file_bytes < found.scans["file_bytes"].max()
    assert found.open_bytes == pytest.approx(found.file_bytes / 9)


def test_the_calculator_starts_from_the_round_trip_that_was_measured(told: Any) -> None:
    treatment, arms, _ = told
    metrics = [replace(one, value=22.04) if one.name == "round_trip" else one for one in treatment.metrics]
    model = experiment.model(replace(treatment, metrics=metrics), arms)
    assert model.calculator
    own = next(one for one in model.calculator.inputs if one.name == "rtt")
    assert (own.value, own.checked, model.calculator.constants["rtt"]) == (22.04, (22.04, 22.04), 22.04)
    assert "at 22 ms a round trip" in model.changes_at and "a round trip of 22 ms" in model.advice[0].text
    unknown = [one for one in treatment.metrics if one.name != "round_trip"]
    assert findings(replace(treatment, metrics=unknown), arms).round_trip_ms == PARAMS.rtt_ms


def test_layouts_that_read_about_as_little_are_told_together(told: Any) -> None:
    treatment, arms, _ = told
    cells = treatment.tables["cells"].assign(bytes=1000)
    cells.loc[cells["layout"] == "date", "bytes"] = 1050
    cells.loc[cells["layout"] == "none", "bytes"] = 1500
    summary = experiment.summary(replace(treatment, tables={**treatment.tables, "cells": cells}), arms)
    assert (
        "“date”, “date+hash” and “user hash” read least, “none” 1.5 times as much"
        in summary.decisions[3].answer
    )


def test_intervals_that_noise_does_not_tell_apart_are_advised_together(told: Any) -> None:
    treatment, arms, shown = told
    found = findings(treatment, arms)
    assert (found.good_intervals, found.poor_intervals) == ([3, 6, 12], [24])
    assert "compact after anything from 3 to 12 of them, not 24" in shown.summary.answer
    assert "Of those tried, 24 took" in shown.summary.decisions[2].answer


def test_a_poor_interval_between_good_ones_ends_what_is_advised(told: Any) -> None:
    found = findings(*told[:2])
    worse = found.intervals.copy()
    columns = ["total_s", "total_s_low", "total_s_high"]
    worse.loc[worse["every"] == 6, columns] *= 2
    worse.loc[worse["every"] == 3, columns] *= 0.8
    assert replace(found, tables={**found.tables, "intervals": worse}).good_intervals == [3]


def test_sizes_of_which_larger_ones_are_slower_are_not_called_better(told: Any) -> None:
    treatment, arms, _ = told
    sizes = treatment.tables["sizes"].copy()
    sizes.loc[sizes["whole"] & (sizes["files"] == 1), "seconds"] *= 2
    summary = experiment.summary(replace(treatment, tables={**treatment.tables, "sizes": sizes}), arms)
    assert summary.decisions[0].answer.startswith("Of those tried. ")


@pytest.mark.parametrize("seconds", ["files", "bytes"])
def test_a_run_in_which_opening_or_bytes_seem_free_still_has_a_projection(told: Any, seconds: str) -> None:
    treatment, arms, _ = told
    tables = {
        name: treatment.tables[name].assign(seconds=1 + treatment.tables[name][seconds] / 1e9)
        for name in ("cells", "sizes")
    }
    model = experiment.model(replace(treatment, tables={**treatment.tables, **tables}), arms)
    assert len(model.projection) == 4
