"""One Iceberg table on an object store, written and read by three engines."""

from __future__ import annotations

import pytest

from lab import duck
from lab.services import icebergcatalog, objectstore, spark, trinocatalogs
from lab.services import trino as query

pytest.importorskip("pyspark", reason="not installed; lab setup warehouse_bench")
pytest.importorskip("trino", reason="not installed; lab setup warehouse_bench")
pytest.importorskip("duckdb_extension_iceberg", reason="not installed; lab setup warehouse_bench")
pytestmark = [pytest.mark.service, pytest.mark.drill, pytest.mark.timeout(400)]


@pytest.fixture(autouse=True)
def _not_attached(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (icebergcatalog, objectstore, spark, query):
        monkeypatch.delenv(module.VARIABLE, raising=False)


def test_each_engine_sees_what_the_others_committed() -> None:
    total = "SELECT count(*), CAST(sum(v) AS bigint) FROM lake.bank.t"
    with (
        objectstore.object_store(["lake"]) as store,
        icebergcatalog.iceberg_catalog("s3://lake/warehouse", store.s3) as catalog,
        query.trino({"lake": trinocatalogs.iceberg(catalog)}, memory_mb=1024) as trino,
        spark.spark_session(catalogs={"lake": catalog.client()}, memory_mb=1024) as session,
        duck.connect("iceberg") as connection,
    ):
        session.sql("CREATE NAMESPACE lake.bank")
        session.sql("CREATE TABLE lake.bank.t USING iceberg AS SELECT id, 1 AS v FROM range(10000)")
        assert trino.rows(total) == [[10_000, 10_000]]
        trino.rows("UPDATE lake.bank.t SET v = 2 WHERE id < 100")
        duck.attach_iceberg(connection, "lake", catalog.uri)
        duck.use_store(connection, store.s3.endpoint, store.s3.access_key, store.s3.secret_key)
        assert connection.execute(total).fetchone() == (10_000, 10_100)
        connection.execute("INSERT INTO lake.bank.t VALUES (-1, 900)")
        session.sql("REFRESH TABLE lake.bank.t")
        assert tuple(session.sql(total).first() or ()) == (10_001, 11_000)
        assert trino.rows(total) == [[10_001, 11_000]]
