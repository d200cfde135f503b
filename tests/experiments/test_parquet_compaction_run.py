"""A small run on the real store over the counting link: treatment, controls, and everything that is told about them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest

from lab.evidence.criteria import judge_all
from lab.experiments import parquet_compaction as experiment
from lab.experiments.parquet_compaction.measure.bench import bench
from lab.experiments.parquet_compaction.mechanism import reader
from lab.experiments.parquet_compaction.mechanism.files import Files, open_files
from lab.experiments.parquet_compaction.mechanism.table_format import append

pytestmark = [pytest.mark.service, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def arms():
    params = experiment.Params(
        rtt_ms=4,
        events=20_000,
        batches=12,
        days=2,
        layouts=("date", "date+hash"),
        target_mb=2,
        file_counts=(1, 2, 8),
        compact_every=(3, 4, 6, 12),
        readings=20,
        repeats=1,
    )
    return experiment.run_with_controls(params)


@pytest.mark.drill
def test_every_criterion_is_observed_and_the_exact_ones_hold(arms) -> None:
    treatment, _ = arms
    judged = {item.criterion.name: item for item in judge_all(experiment.CRITERIA, treatment.observed)}
    assert all(item.observation is not None for item in judged.values())
    invariants = [item for item in judged.values() if item.criterion.tier == "invariant"]
    assert {item.outcome for item in invariants} == {"pass"}, invariants


@pytest.mark.drill
def test_every_layout_was_compacted(arms) -> None:
    treatment, _ = arms
    found = treatment.tables["layouts"]
    assert (found["files_before"] > found["files_after"]).all(), found


@pytest.mark.drill
def test_control_and_treatment_hold_the_same_log(arms) -> None:
    treatment, controls = arms
    over = controls["over-partitioned"]
    assert over.observed["answers_right"].value == 0
    assert "of 6 queries" in over.observed["answers_right"].detail
    assert over.observed["all_compacted"].value == 1
    assert set(treatment.tables["looks"]["every"]) == set(treatment.params.compact_every)


@pytest.mark.drill
def test_the_link_counts_what_a_query_needs(arms) -> None:
    cells = arms[0].tables["cells"].query("place == 'store'")
    assert (cells["list"] == 1).all()
    assert (cells["head"] >= cells["files"]).all()
    assert (cells["get"] > cells["files"]).all()  # each file's footer, and the log


def test_values_that_stores_spell_anew_are_read_back_and_survive_vacuum() -> None:
    values = ["DOMAIN\\user", "[x]", "a?b", "*", "a%2Fb", "a/b", "a b+c", "#1", "é", "..", ""]
    layout, rows = experiment.Layout("k", (experiment.same("k"),)), pa.table({"k": values})
    with bench(0.002) as table, reader.session(table.direct, threads=2) as duck:
        files = open_files(f"{table.root}/odd é+b c", table.direct)
        for _ in range(3):
            append(files, rows, layout)
        experiment.compact(files.uri, 1 << 40, s3=table.direct)
        assert experiment.vacuum(files.uri, 0, table.direct) == 3 * len(values)
        for value in values:
            query = reader.Query("one", "SELECT count(*), min(k), max(k) FROM t", {"k": [value]})
            assert reader.ask(duck, query, files.uri, layout, table.direct).rows == [(3, value, value)]


def create(number: int, client: Files, name: str) -> bool:
    return client.create(name, b"%d" % number)


def test_of_many_that_create_one_object_one_succeeds() -> None:
    """What the log's safety rests on, asked of the store itself, without and through the link."""
    # Few tries: on SeaweedFS those that lose are often answered only after whole seconds.
    with bench(0.002) as table, ThreadPoolExecutor(4) as pool:
        for place, s3 in (("direct", table.direct), ("linked", table.s3)):
            clients = [open_files(table.uri("race"), s3) for _ in range(4)]
            for name in (f"{place}-{number}" for number in range(2)):
                won = list(pool.map(create, range(4), clients, [name] * 4))
                assert sum(won) == 1
                assert clients[0].read(name) == b"%d" % won.index(True)
