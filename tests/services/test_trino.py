"""Trino, started for real: one server for all tests, because a start takes long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lab.errors import NotAvailableError, ServiceError
from lab.faults.process import hang
from lab.services import trino as module
from lab.services import trinocatalogs
from lab.services.icebergcatalog import iceberg_catalog
from lab.services.process import Process
from lab.services.trino import VARIABLE, Trino, trino
from listening import addresses

pytest.importorskip("trino", reason="Trino is not installed; lab setup warehouse_bench")
pytestmark = [pytest.mark.service, pytest.mark.timeout(400)]


@dataclass(frozen=True)
class Running:
    trino: Trino
    folder: Path


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("lake")
    with iceberg_catalog((folder / "warehouse").as_uri()) as catalog:
        catalogs = {
            "lake": trinocatalogs.iceberg(catalog),
            "files": trinocatalogs.hive(folder / "hive"),
            "delta": trinocatalogs.delta(folder / "delta"),
            "tpch": trinocatalogs.tpch(),
        }
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv(VARIABLE, raising=False)
            with trino(catalogs, memory_mb=1024) as server:
                yield Running(server, folder)


@pytest.mark.drill
def test_an_iceberg_table_survives_a_killed_server(running: Running) -> None:
    server = running.trino
    server.rows("CREATE SCHEMA lake.bank")
    server.rows("CREATE TABLE lake.bank.nation AS SELECT * FROM tpch.tiny.nation")
    server.rows("DELETE FROM lake.bank.nation WHERE nationkey < 5")
    server.node.kill()
    with pytest.raises(Exception, match="refused"):
        server.rows("SELECT 1")
    server.node.restart()
    assert server.rows("SELECT count(*) FROM nation", "lake", "bank") == [[20]]


def test_parquet_files_of_others_are_read(running: Running) -> None:
    place = running.folder / "events"
    place.mkdir()
    pq.write_table(pa.table({"id": pa.array(range(1000), pa.int64())}), place / "a.parquet")
    running.trino.rows("CREATE SCHEMA files.raw")
    running.trino.rows(
        "CREATE TABLE files.raw.events (id bigint) "
        f"WITH (format = 'PARQUET', external_location = '{place.as_uri()}')"
    )
    assert running.trino.rows("SELECT count(*), sum(id) FROM files.raw.events") == [[1000, 499500]]


def test_a_delta_table_is_written_and_read(running: Running) -> None:
    running.trino.rows("CREATE SCHEMA delta.bank")
    place = (running.folder / "delta-nation").as_uri()
    running.trino.rows(
        f"CREATE TABLE delta.bank.nation WITH (location = '{place}') AS SELECT * FROM tpch.tiny.nation"
    )
    assert running.trino.rows("SELECT count(*) FROM delta.bank.nation") == [[25]]
    assert list((running.folder / "delta-nation" / "_delta_log").glob("*.json"))


def test_only_loopback_is_open_and_a_paused_server_does_not_answer(running: Running) -> None:
    node = running.trino.node
    assert isinstance(node, Process)
    assert addresses(node.pid) == {"127.0.0.1"}
    with hang(node), pytest.raises(ServiceError, match="timed out"):
        module.http.call("GET", f"{running.trino.url}/v1/info", timeout_s=1)
    assert running.trino.rows("SELECT 1") == [[1]]


def test_a_query_that_fails_is_told_in_trinos_words(running: Running) -> None:
    from trino.exceptions import TrinoUserError

    with pytest.raises(TrinoUserError, match=r"Table 'tpch\.tiny\.nothing' does not exist"):
        running.trino.rows("SELECT * FROM tpch.tiny.nothing")


def test_an_attached_server_is_used_but_not_hurt(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, running.trino.url)
    with trino({"tpch": trinocatalogs.tpch()}) as attached:
        assert attached.rows("SELECT count(*) FROM tpch.tiny.nation") == [[25]]
        assert attached.version == running.trino.version == module.version()
        with pytest.raises(NotAvailableError, match=VARIABLE):
            attached.node.kill()
    with (
        pytest.raises(ServiceError, match=f"{VARIABLE} has no catalog other; add it there"),
        trino({"other": trinocatalogs.memory()}),
    ):
        pass


def test_an_attached_server_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "http://127.0.0.1:1")
    with pytest.raises(ServiceError, match=VARIABLE), trino():
        pass


@pytest.mark.drill
def test_a_wrong_catalog_is_told_in_trinos_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    wrong = {"connector.name": "tpch", "no.such.property": "1"}
    with (
        pytest.raises(
            ServiceError, match=r"catalog bad does not work(.|\n)*'no\.such\.property' was not used"
        ),
        trino({"bad": wrong}, memory_mb=768),
    ):
        pass
