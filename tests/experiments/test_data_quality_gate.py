"""The gate, its pipeline and its pages, by Great Expectations itself. One file, because it takes long to import."""

from __future__ import annotations

import logging
import math
import os
import re
import signal
import subprocess
import sys
import textwrap
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from lab.experiments.data_quality import (
    Decision,
    Pipeline,
    Suite,
    data_docs,
    gate,
    gate_off,
    inject,
    learn,
    validate,
)
from lab.experiments.data_quality.measure.rates import due
from lab.experiments.data_quality.workload.faults import KINDS

pytest.importorskip("great_expectations", reason="lab setup data_quality installs it")


def orders(rows: int = 1200, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    city = rng.choice(["Bonn", "Lyon", "Oslo"], rows)
    return pd.DataFrame(
        {
            "order": [f"A{number:05}" for number in range(rows)],
            "city": city,
            "country": pd.Series(city).map({"Bonn": "DE", "Lyon": "FR", "Oslo": "NA"}),
            "price": rng.normal(50, 5, rows).round(2),
        }
    )


@pytest.fixture(scope="module")
def suite() -> Suite:
    return learn(orders())


@pytest.fixture
def batch() -> pd.DataFrame:
    return orders()[1000:1020].reset_index(drop=True)


def names(decision: Decision) -> set[str]:
    return {item.expectation.name for item in decision.violated}


def test_a_good_batch_is_accepted_and_left_as_it_was(suite: Suite, batch: pd.DataFrame) -> None:
    before = batch.copy()
    assert gate(suite, batch) == Decision(True, (), 20)
    pd.testing.assert_frame_equal(batch, before)


def test_more_than_one_violation_is_rejected_and_each_is_named_with_column_and_rows(
    suite: Suite, batch: pd.DataFrame
) -> None:
    batch.loc[[3, 7], "city"] = "Bnon"
    batch.loc[5, "price"] = 1e6
    decision = gate(suite, batch)
    assert not decision.accepted
    lines = {
        item.expectation.name: line
        for item, line in zip(decision.violated, decision.error.splitlines()[1:], strict=True)
    }
    assert "expect_column_values_to_be_in_set (column city)" in lines["value set of city"]
    assert "row 3: city='Bnon'; row 7: city='Bnon'" in lines["value set of city"]
    assert "row 5: price=1000000.0" in lines["mean of price"]
    assert "pair set of city, country" in lines


def test_one_violation_is_told_but_tolerated(suite: Suite, batch: pd.DataFrame) -> None:
    batch["note"] = "new"
    decision = gate(suite, batch)
    assert decision.accepted
    assert names(decision) == {"columns"}
    assert "note" in decision.violated[0].observed
    assert not gate(suite, batch, tolerated=0).accepted


def _mixed(batch: pd.DataFrame) -> pd.DataFrame:
    return batch.assign(price=batch["price"].astype(object).where(batch.index != 4, "12,50 €"))


FOREIGN = {
    "a missing column": lambda batch: batch.drop(columns="price"),
    "text among numbers": _mixed,
    "numbers in place of text": lambda batch: batch.assign(city=range(20)),
    "no rows": lambda batch: batch[:0],
    "one row": lambda batch: batch[:1],
    "nothing but nulls": lambda batch: batch.assign(price=math.nan),
    "infinities": lambda batch: batch.assign(price=[math.inf, -math.inf] * 10),
    "dates in place of numbers": lambda batch: batch.assign(price=pd.Timestamp("1969-12-31")),
    "control characters": lambda batch: batch.assign(city="\x00\x1b[31m<script>"),
    "an index that repeats": lambda batch: pd.concat([batch, batch]),
    "lists": lambda batch: batch.assign(city=[["Bonn"]] * 20),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_foreign_batches_are_rejected_in_words_and_never_crash_the_gate(
    kind: str, suite: Suite, batch: pd.DataFrame
) -> None:
    foreign = FOREIGN[kind](batch)
    decision = gate(suite, foreign)
    assert not decision.accepted
    assert decision.rows == len(foreign)
    assert all(item.expectation.type in decision.error for item in decision.violated)
    assert "\x1b" not in decision.error
    if kind != "lists":  # the oracle takes what can be a member of a set
        assert names(decision) == set(due(suite.expectations, foreign))


def test_sampled_rows_are_positions_in_the_batch_whatever_its_index_is(
    suite: Suite, batch: pd.DataFrame
) -> None:
    batch.loc[3, "city"] = "Bnon"
    batch.index = pd.Index(["x"] * 20)
    found = {item.expectation.name: item.rows for item in gate(suite, batch).violated}
    assert found["value set of city"] == (3,)


def test_text_among_numbers_is_found_by_its_row(suite: Suite, batch: pd.DataFrame) -> None:
    found = {item.expectation.name: item for item in gate(suite, _mixed(batch)).violated}
    assert found["mean of price"].rows == (4,)


@pytest.mark.parametrize("names", [["a", "a"], [1, 2]])
def test_columns_that_nobody_can_tell_apart_are_refused(names: list, suite: Suite) -> None:
    with pytest.raises(ValueError, match=r"more than once|must be text"):
        gate(suite, pd.DataFrame([[1, 2]], columns=names))


@pytest.mark.parametrize("kind", KINDS)
def test_the_library_says_what_the_oracle_says_of_every_kind_of_fault(
    kind: str, suite: Suite, batch: pd.DataFrame
) -> None:
    table = batch.assign(again=batch["price"] + 1)
    own = learn(orders().assign(again=orders()["price"] + 1))
    spoilt = inject(table, kind, 0.3, np.random.default_rng(1)).batch
    assert names(gate(own, spoilt)) == set(due(own.expectations, spoilt))


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.found += [
            value for name, value in attrs if name in ("src", "href", "srcset", "action") and value
        ]
        self.found += [tag] * (tag in ("script", "iframe", "img"))


def test_data_docs_ask_nobody_for_anything_and_let_no_value_be_markup(
    suite: Suite, batch: pd.DataFrame
) -> None:
    batch.loc[:5, "city"] = "<img src=x onerror=alert(1)>"
    page = data_docs(validate(suite, batch), "a <title>")
    parser = _Addresses()
    parser.feed(page)
    assert [address for address in parser.found if not address.startswith("#")] == []
    assert "http" not in re.sub(r"<[^>]*>", "", page.split("<body", 1)[0])
    assert "url(" not in page
    assert "&lt;img src=x" in page
    assert "a &lt;title&gt;" in page


@pytest.mark.parametrize("odd", ["<svg onload=alert(1)>", "a & <b>"])
def test_names_and_learned_values_are_no_markup_in_data_docs(odd: str) -> None:
    clean = orders().assign(**{odd: [odd, "plain"] * 600})
    page = data_docs(validate(learn(clean), clean[:20]), "docs")
    assert odd not in page
    assert odd.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in page


@pytest.mark.parametrize("backend", ["numpy_nullable", "pyarrow"])
def test_nullable_types_are_judged_and_shown_as_plain_ones(
    backend: str, suite: Suite, batch: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    batch.loc[3:9, "city"] = None
    batch.loc[5:6, "price"] = math.nan
    nullable = batch.convert_dtypes(dtype_backend=backend)
    assert names(gate(suite, nullable)) == names(gate(suite, batch)) != set()
    with caplog.at_level(logging.ERROR):
        assert "not be null" in data_docs(validate(suite, nullable), "docs")
    assert not caplog.records


@pytest.fixture
def pipeline(tmp_path: Path, suite: Suite) -> Pipeline:
    made = Pipeline(tmp_path / "shop", suite)
    made.create(orders(2))
    return made


def _file(folder: Path, batch: pd.DataFrame, name: str = "monday") -> Path:
    batch.to_csv(folder / f"{name}.csv", index=False)
    return folder / f"{name}.csv"


def test_a_rejected_file_lies_in_quarantine_untouched_and_its_repair_is_loaded(
    pipeline: Pipeline, batch: pd.DataFrame, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spoilt = batch.assign(city="Bnon")
    content = _file(tmp_path, spoilt).read_bytes()
    with caplog.at_level(logging.ERROR):
        assert not pipeline.load(tmp_path / "monday.csv").accepted
    assert "expect_column_values_to_be_in_set (column city)" in caplog.text
    assert pipeline.contents().empty
    assert (pipeline.quarantine / "monday.csv").read_bytes() == content
    assert pipeline.load(_file(tmp_path, batch)).accepted
    assert len(pipeline.contents()) == 20
    assert list(pipeline.quarantine.iterdir()) == []


def test_a_batch_is_loaded_once_and_its_name_is_not_given_to_another(
    pipeline: Pipeline, batch: pd.DataFrame, tmp_path: Path
) -> None:
    for _ in range(2):
        assert pipeline.load(_file(tmp_path, batch)).accepted
    assert len(pipeline.contents()) == 20
    with pytest.raises(ValueError, match="loaded already, with other content"):
        pipeline.load(_file(tmp_path, batch[:19]))
    assert (tmp_path / "monday.csv").exists()


def test_the_text_na_stays_text(pipeline: Pipeline, batch: pd.DataFrame, tmp_path: Path) -> None:
    pipeline.load(_file(tmp_path, batch))
    assert (pipeline.contents()["country"] == "NA").sum() == (batch["country"] == "NA").sum() > 0


@pytest.mark.parametrize("codes", [["00501", "10115"], ["1e5", "2e5"], ["1.50", "1.5"], ["True", "0"]])
def test_text_that_looks_like_a_number_is_learned_loaded_and_kept_as_it_is(
    codes: list[str], tmp_path: Path
) -> None:
    table = pd.DataFrame({"code": codes * 200, "n": np.arange(400) % 20})
    made = Pipeline(tmp_path / "shop", learn(table, (np.arange(400) // 20).tolist()))
    made.create(table)
    assert made.load(_file(tmp_path, table[:20])).accepted
    assert made.contents()["code"].tolist() == codes * 10


def test_a_loader_killed_between_mart_and_quarantine_ends_as_it_would_have_ended(
    pipeline: Pipeline, batch: pd.DataFrame, tmp_path: Path
) -> None:
    pipeline.load(_file(tmp_path, batch.assign(city="Bnon")))
    left = {path.name: path.read_bytes() for path in pipeline.quarantine.iterdir()}
    pipeline.load(_file(tmp_path, batch))
    for name, content in left.items():  # as if it had been killed right after the commit
        (pipeline.quarantine / name).write_bytes(content)
    assert pipeline.load(_file(tmp_path, batch)).accepted
    assert list(pipeline.quarantine.iterdir()) == []
    assert len(pipeline.contents()) == 20


@pytest.mark.parametrize("names", [["id", "ID"], ["Batch", "n"]])
def test_columns_that_the_mart_can_not_tell_apart_are_refused_before_it_is_made(
    names: list[str], tmp_path: Path, suite: Suite
) -> None:
    with pytest.raises(ValueError, match="can't tell these columns apart"):
        Pipeline(tmp_path / "shop", suite).create(pd.DataFrame([[1, 2]], columns=names))
    assert not (tmp_path / "shop").exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b'order,city\n"A,1\n', b"a,a\n1,2,3,4\n"])
def test_a_file_that_can_not_be_read_is_quarantined_with_the_reason(
    pipeline: Pipeline, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "broken.csv").write_bytes(content)
    decision = pipeline.load(tmp_path / "broken.csv")
    assert not decision.accepted
    assert decision.error
    assert (pipeline.quarantine / "broken.csv").read_bytes() == content
    assert pipeline.contents().empty


def test_without_a_gate_types_stop_text_and_nothing_else(
    tmp_path: Path, suite: Suite, batch: pd.DataFrame
) -> None:
    open_door = Pipeline(tmp_path / "off", suite, gate_off)
    open_door.create(orders(2))
    assert open_door.load(_file(tmp_path, batch.assign(price=1e9), "wrong")).accepted
    refused = open_door.load(_file(tmp_path, batch.assign(price="dear"), "text"))
    assert not refused.accepted
    assert "the mart refused" in refused.error
    assert set(open_door.contents()["batch"]) == {"wrong"}


def test_a_loader_killed_at_any_moment_leaves_a_batch_whole_or_out(
    tmp_path: Path, batch: pd.DataFrame
) -> None:
    program = textwrap.dedent("""
        import sys
        from pathlib import Path
        import pandas as pd
        from lab.experiments.data_quality import Pipeline, Suite, gate_off
        folder = Path(sys.argv[1])
        like = pd.read_csv(folder / "like.csv")
        made = Pipeline(folder / "shop", Suite(tuple(like.columns), ()), gate_off)
        made.create(like)
        for number in range(10_000):
            file = folder / f"{number}.csv"
            like.to_csv(file, index=False)
            made.load(file)
            print(number, flush=True)
    """)
    batch.to_csv(tmp_path / "like.csv", index=False)
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout
    for _ in range(5):
        child.stdout.readline()
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    with duckdb.connect(str(tmp_path / "shop" / "mart.duckdb")) as mart:
        rows = dict(mart.execute("SELECT batch, count(*) FROM rows GROUP BY batch").fetchall())
        loaded = {row[0] for row in mart.execute("SELECT batch FROM loaded").fetchall()}
    assert set(rows) == loaded
    assert set(rows.values()) == {20}
