"""Spark, started for real: sessions, a driver killed in mid-batch, a cluster that loses a worker."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil
import pytest

import sparkjobs
from lab.errors import ServiceError
from lab.services import spark as module
from lab.services.icebergcatalog import iceberg_catalog
from lab.services.process import family
from lab.services.session import MARK
from lab.services.spark import VARIABLE, driver_pid, spark_session
from lab.services.sparkcluster import standalone
from lab.services.sparklean import kafka_only
from lab.services.workers import spawn
from listening import addresses
from living import lives

pytest.importorskip("pyspark", reason="Spark is not installed; lab setup cdc_lakehouse")
pytestmark = [pytest.mark.service, pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def _not_attached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.mark.drill
def test_a_session_writes_each_format_runs_python_and_leaves_nothing() -> None:
    with iceberg_catalog() as catalog:
        with spark_session(catalogs={"lake": catalog.client()}, memory_mb=1024) as spark:
            pid = driver_pid(spark)
            spark.sql("CREATE NAMESPACE lake.bank")
            for name, form in (("lake.bank.t", "iceberg"), ("d", "delta"), ("p", "parquet")):
                spark.sql(f"CREATE TABLE {name} USING {form} AS SELECT id FROM range(1000)")
                assert spark.table(name).count() == 1000
            doubled = spark.range(3).rdd.map(lambda row: 2 * row.id).collect()
            assert doubled == [0, 2, 4]
            assert addresses(pid) == {"127.0.0.1"}
        assert not psutil.pid_exists(pid)
        assert MARK not in os.environ
        # Another session, with memory of its own, sees what the first one committed.
        with spark_session(catalogs={"lake": catalog.client()}, memory_mb=600) as spark:
            heap = spark.sparkContext._jvm.Runtime.getRuntime().maxMemory()  # type: ignore[union-attr]
            assert heap / 2**20 == pytest.approx(600, rel=0.05)
            assert spark.table("lake.bank.t").count() == 1000
            with pytest.raises(ServiceError, match="has a Spark session already"), spark_session():
                pass


def test_a_driver_that_dies_is_told_and_the_next_one_works() -> None:
    with pytest.raises(ServiceError, match="Spark's driver: has died"), spark_session(memory_mb=512) as spark:
        psutil.Process(driver_pid(spark)).kill()
        spark.range(10).count()
    with spark_session(memory_mb=512) as spark:
        assert spark.range(10).count() == 10


def test_a_wrong_setting_is_told_in_sparks_words() -> None:
    with (
        pytest.raises(ServiceError, match=r"driver: ended with status 1(.|\n)*Too small maximum heap"),
        spark_session(settings={"spark.driver.memory": "1k"}),
    ):
        pass
    with (
        pytest.raises(ServiceError, match=r"driver: did not start(.|\n)*INVALID_EXECUTOR_HEARTBEAT"),
        spark_session(settings={"spark.network.timeout": "1s"}),
    ):
        pass


@pytest.mark.drill
def test_a_driver_killed_in_mid_batch_takes_its_jvm_along_and_commits_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(sparkjobs.__file__).parent))
    told = tmp_path / "pid"
    with iceberg_catalog(tmp_path.as_uri()) as catalog:
        worker = spawn(sparkjobs.write_until_killed, catalog.client(), told)
        _await(told.exists, worker)
        _await(lambda: list(tmp_path.rglob("late=1/*.parquet")), worker)  # files written, not committed
        pid = int(told.read_text())
        before = [process.pid for process in family(worker.pid)]
        assert pid in before
        worker.kill()
        _await(lambda: not any(lives(one) for one in before))
        with spark_session(catalogs={"lake": catalog.client()}, memory_mb=512) as spark:
            assert spark.table("lake.bank.t").count() == 1000
            assert spark.sql("SELECT * FROM lake.bank.t.snapshots").count() == 1


@pytest.mark.drill
def test_a_cluster_finishes_a_job_although_a_worker_is_killed() -> None:
    with standalone(workers=2, memory_mb=512) as cluster:
        for node in (cluster.master, *cluster.workers):
            assert addresses(node.pid) == {"127.0.0.1"}
        limits = {"spark.executor.memory": "512m"}
        with spark_session(master=cluster.url, settings=limits, memory_mb=512) as spark:
            context = spark.sparkContext
            assert context.parallelize(range(8), 8).map(lambda n: n).sum() == 28
            for worker in cluster.workers:
                assert addresses(worker.pid) == {"127.0.0.1"}  # with the executor now
            cluster.workers[0].kill()
            assert context.parallelize(range(8), 8).map(lambda n: n * 2).sum() == 56
            cluster.workers[0].restart()
            assert context.parallelize(range(8), 8).map(lambda n: n * 3).sum() == 84


@pytest.mark.drill
def test_an_attached_cluster_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with standalone(workers=1, memory_mb=512) as cluster:
        monkeypatch.setenv(VARIABLE, cluster.url)
        with spark_session(settings={"spark.executor.memory": "512m"}, memory_mb=512) as spark:
            assert spark.sparkContext.master == cluster.url
            assert spark.range(100).count() == 100
        assert cluster.master.pid and cluster.workers[0].pid  # still there


def test_an_attached_cluster_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "spark://127.0.0.1:1,127.0.0.1:2")
    with pytest.raises(ServiceError, match=f"{VARIABLE}: nothing listens"), spark_session():
        pass


def test_missing_jars_name_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module.paths, "tools", lambda: tmp_path)
    with pytest.raises(ServiceError, match=r"jars are not installed\. Run: lab setup"), spark_session():
        pass


def _await(true: object, worker: object = None, timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not true():  # type: ignore[operator]
        if worker is not None:
            worker.check()  # type: ignore[attr-defined]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_lean_checkpoints_start_one_program_for_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, programs = tmp_path / "told", tmp_path / "bin"
    programs.mkdir()
    for name in ("chmod", "readlink", "ls", "stat"):
        script = programs / name
        script.write_text(f'#!/bin/sh\necho "{name} $*" >>"{told}"\nexec /bin/{name} "$@"\n')
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    events = tmp_path / "events"
    events.mkdir()
    for number in range(4):
        (events / f"{number}.json").write_text(f'{{"key": {number % 2}}}')
    with spark_session(settings=kafka_only(), memory_mb=512) as spark:
        told.write_text("")
        source = spark.readStream.schema("key LONG").option("maxFilesPerTrigger", 1).json(str(events))
        writing = source.groupBy("key").count().writeStream.outputMode("update").format("noop")
        query = writing.option("checkpointLocation", str(tmp_path / "to")).trigger(availableNow=True).start()
        assert query.awaitTermination(180)
    assert sorted(path.name for path in (tmp_path / "to" / "commits").iterdir()) == ["0", "1", "2", "3"]
    files = [line for line in told.read_text().splitlines() if not Path(line.split()[-1]).is_dir()]
    assert {line.split()[0] for line in files} <= {"chmod"}
    assert len(files) == len({line.split()[-1] for line in files})
