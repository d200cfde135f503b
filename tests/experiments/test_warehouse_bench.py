"""The parts of the warehouse benchmark that need no server, and one run of the control."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest

from lab.duck import connect
from lab.errors import ParameterError
from lab.evidence.params import parse
from lab.experiments.warehouse_bench.experiment import run
from lab.experiments.warehouse_bench.mechanism import process_usage
from lab.experiments.warehouse_bench.mechanism.bench import bench, times
from lab.experiments.warehouse_bench.mechanism.dataset import Dataset, Files
from lab.experiments.warehouse_bench.mechanism.engine import Usage
from lab.experiments.warehouse_bench.oracle import published_answers
from lab.experiments.warehouse_bench.params import Params
from lab.experiments.warehouse_bench.workload import changed_cent, tables
from lab.experiments.warehouse_bench.workload.lake import Lake
from lab.experiments.warehouse_bench.workload.queries import ORDER, TABLES, path, tables_of, text


def test_every_query_has_a_text_and_a_sort_order() -> None:
    assert set(ORDER) == set(range(1, 23))
    assert all(text(number).lower().startswith(("select", "with")) for number in ORDER)
    assert tables_of(range(1, 23)) == TABLES
    assert tables_of([1, 3]) == ("customer", "orders", "lineitem")


def test_duckdb_gives_the_published_answers_and_one_cent_more_is_seen(tmp_path: Path) -> None:
    files = tables.generate(0.01, TABLES, tmp_path / "plain")
    sound, changed = (changed_cent.rewritten(files, tmp_path / str(cents), cents).prices for cents in (0, 1))
    assert (sound, changed) == (0, 1)
    published = published_answers.published(0.01)
    assert not _wrong(tmp_path / "plain", published)
    assert not _wrong(tmp_path / "0", published)
    assert 1 in _wrong(tmp_path / "1", published)


def test_a_lake_has_every_size_with_bytes_that_grow(tmp_path: Path) -> None:
    lake = Lake(tmp_path, [12])
    lake.generate((0.002, 0.001, 0.004))
    rows = [_rows(lake.files[size]) for size in (0.001, 0.002, 0.004)]
    assert rows == [1_500, 3_000, 6_000]
    held = [sum(lake.files[size].bytes.values()) for size in (0.001, 0.002, 0.004)]
    assert held == sorted(held)


def _rows(files: Files) -> int:
    """Of orders."""
    return sum(parquet.read_metadata(part).num_rows for part in files.parts("orders"))


def test_tables_that_grow_are_as_many_files_at_every_size(tmp_path: Path) -> None:
    for size in (0.001, 0.01):
        files = tables.generate(size, ("nation", "orders"), tmp_path / str(size))
        assert [len(files.parts(table)) for table in ("nation", "orders")] == [1, tables.PARTS]
        with connect() as connection:
            held = [
                connection.execute(f"SELECT count(*), count(DISTINCT o_orderkey) FROM '{part}'").fetchall()[0]
                for part in files.parts("orders")
            ]
        assert held == [(_rows(files) / tables.PARTS,) * 2] * tables.PARTS


def test_a_registered_file_that_differs_is_missing_or_is_too_many_counts(tmp_path: Path) -> None:
    lake = Lake(tmp_path, [12])
    lake.generate([0.001])
    dataset = Dataset("iceberg", 0.001)
    tables.link(lake.files[0.001], tmp_path / dataset.name)
    first, second, *_ = sorted((tmp_path / dataset.name / "orders").iterdir())
    assert lake.files_that_differ(dataset) == 0
    shutil.copy(first, first.with_name("more.parquet"))
    assert lake.files_that_differ(dataset) == 1
    second.unlink()
    assert lake.files_that_differ(dataset) == 1
    first.with_name("more.parquet").unlink()
    assert lake.files_that_differ(dataset) == 1
    with first.open("r+b") as file:  # in place: the hard link changes the file written once, too
        file.seek(-1, os.SEEK_END)
        file.write(b"?")
    assert lake.files_that_differ(dataset) == 2


def _wrong(folder: Path, published: dict) -> list[int]:
    with connect() as connection:
        for table in TABLES:
            connection.execute(f"CREATE VIEW {table} AS FROM '{folder / table}/*.parquet'")
        return [
            number
            for number in ORDER
            if published_answers.check(
                connection.execute(text(number)).fetchall(), published[number], ORDER[number]
            ).differing
        ]


def test_a_delta_table_reads_as_the_files_that_it_is_made_of(tmp_path: Path) -> None:
    files = tables.generate(0.001, ("orders",), tmp_path / "plain")
    tables.register_delta(files, tmp_path / "delta")
    with connect("delta") as connection:
        plain, delta = (
            connection.execute(f"FROM {source} ORDER BY o_orderkey").fetchall()
            for source in (f"'{tmp_path}/plain/orders/*.parquet'", f"delta_scan('{tmp_path}/delta/orders')")
        )
    assert len(plain) == _rows(files)
    assert plain == delta


def test_a_delta_table_is_the_same_files_and_tells_their_bounds(tmp_path: Path) -> None:
    """An engine that prunes by bounds would otherwise read more of it than of the others."""
    files = tables.generate(0.001, ("orders",), tmp_path / "plain")
    tables.register_delta(files, tmp_path / "delta")
    folder = tmp_path / "delta" / "orders"
    assert tables.sha256(folder.glob("*.parquet")) == files.sha256["orders"]
    log = (folder / "_delta_log" / f"{0:020d}.json").read_text().splitlines()
    added = [json.loads(line)["add"] for line in log if "add" in json.loads(line)]
    assert sorted(one["path"] for one in added) == [part.name for part in files.parts("orders")]
    told = [json.loads(one["stats"]) for one in added]
    assert sum(one["numRecords"] for one in told) == _rows(files)
    bounded = {name for name, kind in files.columns["orders"] if kind != "VARCHAR"}
    assert all(set(one["minValues"]) == set(one["maxValues"]) == bounded for one in told)


def test_what_is_quick_runs_more_often() -> None:
    assert [times(seconds) for seconds in (0.0, 0.001, 0.05, 0.06, 0.1, 0.2, 5.0)] == [3, 3, 3, 3, 2, 1, 1]


class Slow:
    """An engine of three methods, as a reader would write one."""

    def __init__(self) -> None:
        self.dataset, self.used = "", 0.0

    def use(self, dataset: str) -> None:
        self.dataset = dataset

    def answer(self, sql: str) -> list[tuple]:
        time.sleep(0.001)
        self.used += 1
        return [(self.dataset, sql)]

    def usage(self) -> Usage:
        return Usage(self.used, 100 * self.used)


def test_the_bench_takes_any_engine_of_three_methods() -> None:
    seen: list[tuple] = []
    found = bench(
        {"slow": Slow()},
        ["x", "y"],
        {"q": "SELECT 1"},
        2,
        watch=lambda cell, number, rows: seen.append(rows[0]),
    )
    first = found[found["round"] == 0].set_index("dataset")["seconds"]
    assert found.groupby(["dataset", "round"]).size().to_dict() == {
        (dataset, number): 1 if number == 0 else times(first[dataset])
        for dataset in "xy"
        for number in range(3)
    }
    assert (found["seconds"] >= 0.001).all()
    assert (found["cpu_s"] == 1).all()
    assert (found["read_bytes"] == 100).all()
    assert set(seen) == {("x", "SELECT 1"), ("y", "SELECT 1")}


def test_each_dataset_may_be_asked_queries_of_its_own() -> None:
    queries = {"q": "SELECT 1", "r": "SELECT 2"}
    found = bench({"slow": Slow()}, {"x": ["q"], "y": ["q", "r"]}, queries, 1)
    assert set(zip(found["dataset"], found["query"], strict=True)) == {("x", "q"), ("y", "q"), ("y", "r")}


class Lazy(Slow):
    """Its rows are computed when they are taken, as those of many cursors."""

    def answer(self, sql: str) -> Iterator[tuple]:  # type: ignore[override]
        for number in range(3):
            time.sleep(0.01)
            yield (number,)


def test_lazy_rows_are_waited_for_within_the_time() -> None:
    seen: list[Sequence[tuple]] = []
    found = bench(
        {"lazy": Lazy()}, ["x"], {"q": "SELECT 1"}, 1, watch=lambda cell, number, rows: seen.append(rows)
    )
    assert (found["seconds"] >= 0.03).all()
    assert seen[0] == [(0,), (1,), (2,)]


@pytest.mark.parametrize(
    ("formats", "queries", "repeats", "named"),
    [
        ([], {"q": "SELECT 1"}, 1, "nothing to time"),
        (["x"], {}, 1, "nothing to time"),
        (["x"], {"q": "SELECT 1"}, -1, "nothing to time"),
        ({"x": ["r"]}, {"q": "SELECT 1"}, 1, "no query r"),
        ("parquet", {"q": "SELECT 1"}, 1, "not the text 'parquet'"),
        ({"x": "qr"}, {"q": "SELECT 1", "r": "SELECT 2"}, 1, "not the text 'qr'"),
        (["x"], ["SELECT 1"], 1, "queries must be a mapping"),
        (["x"], {"q": "SELECT 1"}, 1.5, "repeats must be a whole number"),
    ],
)
def test_what_can_not_be_timed_is_refused_before_anything_runs(
    formats: Any, queries: Any, repeats: Any, named: str
) -> None:
    engine = Slow()
    with pytest.raises(ValueError, match=named):
        bench({"slow": engine}, formats, queries, repeats)
    with pytest.raises(ValueError, match="engines must be a mapping"):
        bench([engine], formats, queries, repeats)  # type: ignore[arg-type]
    assert engine.used == 0


def test_queries_of_a_dataset_that_can_be_read_only_once_are_timed() -> None:
    assert len(bench({"slow": Slow()}, {"x": (name for name in "q")}, {"q": "SELECT 1"}, 0)) == 1


def test_a_dataset_that_is_named_twice_is_timed_once() -> None:
    assert len(bench({"slow": Slow()}, ["x", "x"], {"q": "SELECT 1"}, 0)) == 1


class Restarted(Slow):
    """Its counters begin anew with every answer."""

    def usage(self) -> Usage:
        self.used = -self.used
        return Usage(self.used, 7.0, machine_s=self.used)


def test_a_counter_that_falls_is_no_use_that_is_known() -> None:
    found = bench({"restarted": Restarted()}, ["x"], {"q": "SELECT 1"}, 0)
    assert found[["cpu_s", "machine_s"]].isna().all(axis=None)
    assert found["read_bytes"].tolist() == [0.0]


class Failing(Slow):
    def answer(self, sql: str) -> list[tuple]:
        raise RuntimeError("out of memory")


def test_an_engine_that_fails_is_named_with_its_query() -> None:
    with pytest.raises(RuntimeError, match="out of memory") as raised:
        bench({"frail": Failing()}, ["x"], {"q": "SELECT 1"}, 0)
    assert raised.value.__notes__ == ["in round 0 of query q on frail, x"]


def test_a_constant_that_depends_on_the_size_is_told_beside_it() -> None:
    """DuckDB's text of Q11 has TPC-H's fraction for scale factor 1 at every size; its published answers do, too."""
    (line,) = [line for line in text(11).splitlines() if "0.0001" in line]
    assert "0.0001 / scale factor" in line
    assert "0.0001 / scale factor" in (path(11).parents[1] / "README.md").read_text()


@pytest.mark.parametrize("number", [0, 23, -1])
def test_a_query_that_tpc_h_does_not_have_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="queries 1 to 22"):
        path(number)


def test_a_busy_machine_is_waited_for_but_not_for_ever() -> None:
    for readings, pauses in (
        ([0, 0], 1),
        ([0, 0.04, 0.08, 0.08], 3),
        ([0.04 * n for n in range(99)], process_usage.PAUSES),
    ):
        told, slept = iter(readings), []
        process_usage.settle(told.__next__, slept.append)
        assert len(slept) == pauses


def test_the_bench_settles_before_what_is_quick() -> None:
    calls: list[str] = []
    found = bench({"slow": Slow()}, ["x"], {"q": "SELECT 1"}, 2, settle=lambda: calls.append("settled"))
    often = times(found["seconds"].iloc[0])
    assert (found["round"] > 0).sum() == 2 * often
    assert len(calls) == (2 * often if often > 1 else 0)


def test_processor_time_from_outside_is_that_of_the_process(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100_000)
    before, own = process_usage.seen([os.getpid()]), time.process_time()
    sum(number * number for number in range(500_000))
    (tmp_path / "file").read_bytes()
    used = process_usage.seen([os.getpid()]) - before
    assert used.cpu_s == pytest.approx(time.process_time() - own, abs=0.01)
    assert used.read_bytes >= 100_000


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"scale_factor": 0.5}, "scale_factor"),
        ({"queries": (23,)}, "queries"),
        ({"queries": "some"}, "queries"),
        ({"queries": (1, 1)}, "twice"),
        ({"engines": ("DuckDB", "Trino")}, "iceberg needs Spark"),
        ({"formats": ("delta",)}, "parquet"),
        ({"model_scale_factors": (0.3, 0.3)}, "model_scale_factors must be two different ones"),
        ({"model_scale_factors": (0.02, 0.1)}, "model_scale_factors must be two different ones"),
        ({"queries": (1, 6)}, "model_queries must be some of queries; 12 is not"),
        ({"model_queries": ()}, "model_queries"),
        ({"repeats": 1}, "repeats"),
    ],
)
def test_wrong_parameters_are_refused_by_name(wrong: dict, named: str) -> None:
    with pytest.raises(ParameterError, match=named):
        parse(Params, wrong)


def test_all_means_all_22() -> None:
    assert parse(Params, {"queries": "all"}).numbers == tuple(range(1, 23))


def test_the_model_is_checked_beyond_the_sizes_that_it_is_fitted_to() -> None:
    assert Params().sizes == (0.1, 0.3, 0.5)
    assert parse(Params, {"scale_factor": 1.0, "model_scale_factors": (0.3, 0.1)}).sizes == (0.1, 0.3, 1.0)


def test_the_control_fails_the_answers() -> None:
    params = parse(Params, {"scale_factor": 0.01, "model_scale_factors": (0.001, 0.004)})
    assert run(params, damage=True).observed["answers_published"].value > 0
