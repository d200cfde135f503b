"""The lake's table itself: where it says that the sink goes on, and what MERGE does to rows of any key and name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lab.experiments.cdc_lakehouse.kit.sink.batch import Batch
from lab.experiments.cdc_lakehouse.kit.sink.lake import Lake, quoted
from lab.experiments.cdc_lakehouse.kit.sink.merge import Effect, Net
from lab.experiments.cdc_lakehouse.kit.sink.position import ExpiredError, Position
from lab.experiments.cdc_lakehouse.kit.sink.session import NEEDED, SMALL_STATEMENTS
from lab.experiments.cdc_lakehouse.kit.sink.source import SourceError, Table
from lab.experiments.cdc_lakehouse.kit.sink.values import UnreadableValueError, of_postgres
from lab.services.icebergcatalog import iceberg_catalog
from lab.services.spark import spark_session

pytest.importorskip("pyspark", reason="Spark is not installed; lab setup cdc_lakehouse")
pytestmark = [pytest.mark.service, pytest.mark.timeout(300)]
START = Position({0: 0}, 0)


def table(name: str, **columns: str) -> Table:
    return Table("n", name, {column: of_postgres(kind) for column, kind in columns.items()}, ("id",))


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    settings = SMALL_STATEMENTS | NEEDED
    with (
        iceberg_catalog() as catalog,
        spark_session("cdc", {"lake": catalog.client()}, settings, memory_mb=768) as found,
    ):
        yield found


def write(lake: Lake, offset: int, **rows: Any) -> Position:
    """A batch that ends at that offset."""
    effects = {
        (int(key[1:]),): Effect((int(key[1:]),), {"id": int(key[1:]), "x": value})
        for key, value in rows.items()
    }
    lake.merge(Net(effects), Batch([], {0: offset}, offset))
    return Position({0: offset}, offset)


def compact_and_expire(spark: Any, name: str) -> None:
    spark.sql(
        f"CALL lake.system.rewrite_data_files(table => '{name}', options => map('rewrite-all', 'true'))"
    )
    oldest = "older_than => TIMESTAMP '2999-01-01 00:00:00'"
    spark.sql(f"CALL lake.system.expire_snapshots(table => '{name}', {oldest}, retain_last => 1)")


def test_a_position_survives_a_compaction_and_the_expiry_of_all_snapshots_before_it(spark: Any) -> None:
    own = table("kept", id="bigint", x="text")
    lake = Lake(spark, "lake.n.kept", own)
    assert lake.position(START) == START
    here = write(lake, 5, r1="a", r2="b")
    assert Lake(spark, "lake.n.kept", own).position(START) == here  # killed before it was noted
    lake.settle(here)
    compact_and_expire(spark, "n.kept")
    (left,) = spark.sql("SELECT summary['cdc.position'] AS said FROM lake.n.kept.snapshots").collect()
    assert left.said is None
    assert Lake(spark, "lake.n.kept", own).position(START) == here
    lake._looked -= 1000
    assert lake.quiet(here, Position({0: 5}, 9)) == here  # another has compacted: noted anew
    compact_and_expire(spark, "n.kept")
    assert Lake(spark, "lake.n.kept", own).position(START) == here
    much = Position({0: 5}, 100_000)
    assert lake.quiet(here, much) == much == Lake(spark, "lake.n.kept", own).position(START)
    for _ in range(2):
        compact_and_expire(spark, "n.kept")
    with pytest.raises(
        ExpiredError, match="go on by"
    ):  # two of another's snapshots, and the sink was not there
        Lake(spark, "lake.n.kept", own).position(START)


def test_columns_and_keys_of_any_name_and_kind_are_written_and_kept(spark: Any) -> None:
    columns = {
        "a.b": "text",
        "e-mail": "uuid",
        "o'clock": "date",
        "back`tick": "text[]",
        "Id": "integer",
        "id": "numeric",
    }
    kinds = {name: of_postgres(kind) for name, kind in columns.items()}
    lake = Lake(spark, quoted("lake", "n", "odd name.s"), Table("n", "odd", kinds, ("a.b", "e-mail")))
    row = {"a.b": "x", "e-mail": "u1", "o'clock": -735_000, "back`tick": ["é", None], "Id": 1, "id": "1.500"}
    lake.merge(
        Net(
            {("x", "u1"): Effect(("x", "u1"), row), ("x", "u2"): Effect(("x", "u2"), row | {"e-mail": "u2"})}
        ),
        BATCH,
    )
    moved = Effect(("y", "u1"), {"a.b": "y", "e-mail": "u1", "new one": "added"}, base=("x", "u1"))
    lake.merge(Net({("x", "u1"): Effect(("x", "u1"), None), ("y", "u1"): moved}), BATCH)
    found = {
        (one["a.b"], one["e-mail"]): one.asDict() for one in spark.table(lake.name).drop("o'clock").collect()
    }
    assert set(found) == {("x", "u2"), ("y", "u1")}
    kept = found["y", "u1"]
    assert (kept["back`tick"], kept["Id"], kept["id"], kept["new one"]) == ('["é",null]', 1, "1.500", "added")
    assert found["x", "u2"]["new one"] is None


BATCH = Batch([], {0: 1}, 1)


def test_a_value_that_does_not_fit_leaves_the_table_as_it_was(spark: Any) -> None:
    lake = Lake(spark, "lake.n.refused", table("refused", id="bigint", x="numeric(5,2)"))
    write(lake, 1, r1="1.50")
    with pytest.raises(UnreadableValueError, match=r"n\.refused\.x holds 'NaN'"):
        write(lake, 2, r1="2.50", r2="NaN")
    assert [str(one.x) for one in spark.table(lake.name).collect()] == ["1.50"]
    assert lake.position(START) == Position({0: 1}, 1)


def test_the_sources_columns_are_followed_as_far_as_iceberg_goes(spark: Any) -> None:
    lake = Lake(spark, "lake.n.grown", table("grown", id="bigint", x="integer", y="numeric(10,2)"))
    write(lake, 1, r1=1)
    lake.follow(
        table(
            "grown", id="bigint", x="bigint", y="numeric(12,2)", since="date", at="timestamp with time zone"
        )
    )
    write(lake, 2, r2=2**40)
    assert {one.x for one in spark.table(lake.name).collect()} == {1, 2**40}
    types = {field.name: field.dataType.simpleString() for field in spark.table(lake.name).schema.fields}
    assert types | {"since": "date", "at": "timestamp", "y": "decimal(12,2)"} == types
    with pytest.raises(SourceError, match=r"n\.grown\.x is DATE by the source and BIGINT"):
        lake.follow(table("grown", id="bigint", x="date"))
