"""The metrics and tables of the record, and what they say about the criteria."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from importlib import metadata
from typing import Any

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.result import Result
from lab.experiments.warehouse_bench.judge import cost, linear_model, metrics, observations, ranking
from lab.experiments.warehouse_bench.measure.measurement import Seen
from lab.experiments.warehouse_bench.mechanism.dataset import PARQUET
from lab.experiments.warehouse_bench.params import Params
from lab.experiments.warehouse_bench.workload.changed_cent import Change


def of_run(params: Params, seen: Seen, seconds: float) -> Result:
    """The treatment's result. seconds: the run took, services included."""
    timings = seen.timings.merge(seen.lake.table(), on="dataset", validate="many_to_one")
    compared = timings[timings["round"] <= params.repeats]
    rounds = ranking.Rounds(compared)
    growing = [str(one) for one in params.model_queries]
    grown = linear_model.growth_by_round(
        timings[timings["round"] > params.repeats], growing, seen.stored(params.model_queries)
    )
    lines = linear_model.lines(grown)
    growth = linear_model.by_engine(lines)
    pairs, over_formats = ranking.engine_pairs(rounds), ranking.over_formats(rounds)
    tables = {
        "timings": timings,
        "medians": ranking.medians(compared),
        "means": ranking.means(rounds),
        "pairs": pairs,
        "added": ranking.added(rounds),
        "costs": cost.table(compared),
        "starts": seen.starts,
        "growth": linear_model.growth(grown),
        "lines": pd.DataFrame([asdict(line) for line in lines]),
    }
    observed = {
        "answers_published": observations.answers(seen.answers),
        "nothing_left_out": observations.nothing_left_out(params, seen),
        "ranking_reproducible": observations.order(pairs, rounds.many),
        "numbers_reproducible": observations.numbers(over_formats),
        "same_bytes": observations.same_bytes(seen),
        "bytes_were_read": observations.bytes_were_read(seen, timings),
        "equal_means": observations.equal_means(params, seen),
        "interleaved": observations.interleaved(seen.timings),
        "model_predicts": observations.model(growth),
    }
    own = metrics.of_run(compared, tables, rounds, growth)
    if params.whole:
        whole = metrics.as_whole(own)
        tables["whole"] = _plain(tables["medians"])
        (others,) = (one.value for one in own if one.name == "others")
        tables["kept"] = pd.DataFrame([_about(params, observed["answers_published"], seconds, float(others))])
    else:
        whole = seen.kept.metrics(metrics.WHOLE)
        tables["whole"] = seen.kept.queries
        tables["kept"] = pd.DataFrame([seen.kept.about])
    found = [*own, *whole, metrics.duration(seconds)]
    libraries = {"DuckDB library": metadata.version("duckdb")}
    return Result(params, observed, found, tables, dict(seen.versions) | libraries)


def _plain(medians: pd.DataFrame) -> pd.DataFrame:
    """Each query over plain Parquet, as it is kept: engine, query, seconds, cpu_s."""
    return medians.loc[medians["format"] == PARQUET, ["engine", "query", "seconds", "cpu_s"]]


def _about(params: Params, answers: Observation, seconds: float, others: float) -> dict[str, Any]:
    """What `Kept.about` says, of this very run."""
    return {
        "finished": date.today().isoformat(),
        "machine": "this machine",
        "rounds": params.repeats,
        "others": others,
        "minutes": seconds / 60,
        "verdict": "this run's",
        "answers": answers.detail,
        "differing": answers.value,
    }


def of_answers(params: Params, compared: pd.DataFrame) -> Result:
    """The result of an engine of which there is nothing but its answers."""
    return Result(params, {"answers_published": observations.answers(compared)})


def of_control(params: Params, damaged: pd.DataFrame, sound: pd.DataFrame, change: Change) -> Result:
    """The damaged variant's result. sound: answers over the same file without the change; they must be right."""
    seen, before = observations.answers(damaged), observations.answers(sound)
    detail = f"{change}; without it {before.value} values of the answer differed; with it: {seen.detail}"
    conclusive = change.prices == 1 and before.value == 0
    return Result(params, {"answers_published": Observation(seen.value, detail, conclusive=conclusive)})
