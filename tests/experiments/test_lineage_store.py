"""Events in, answers out: the recorder, the store, the application, the command line."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from lab.experiments.lineage import KIT, Recorder, create_app, declared, statement
from lab.experiments.lineage.kit.lineage import __main__ as cli
from lab.experiments.lineage.mechanism import DATABASE, closure, coverage, store
from lab.services.webapp import web_app

RAW = {"raw.orders": ["id", "shop", "cents"]}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A store with raw.orders -> staged.orders -> mart.shops."""
    path = tmp_path / "lineage.db"
    staged = "SELECT id, shop, cents / 100 AS euros FROM raw.orders WHERE cents > 0"
    mart = "SELECT shop, sum(euros) AS turnover, count(*) AS n FROM staged.orders GROUP BY shop"
    with store.opened(path) as connection:
        store.receive(connection, event("staged.orders", staged, RAW))
        store.receive(connection, event("mart.shops", mart, {"staged.orders": ["id", "shop", "euros"]}))
    return path


def event(output: str, sql: str, inputs: dict[str, list[str]], kind: str = "COMPLETE") -> dict[str, Any]:
    """An event as OpenLineage's client makes it."""
    sent: list[dict[str, Any]] = []
    recorder = Recorder("http://127.0.0.1:9", "test")
    recorder._client = type("Client", (), {"emit": lambda self, item: sent.append(_json(item))})()
    found = statement(sql, inputs, "duckdb")
    with recorder.task(output) as written:
        written.table(output, list(found.columns), inputs, found)
    assert [item["eventType"] for item in sent] == ["START", "COMPLETE"]
    return sent[-1] | {"eventType": kind}


def _json(item: Any) -> dict[str, Any]:
    from openlineage.client.serde import Serde

    made: dict[str, Any] = json.loads(Serde.to_json(item))
    return made


def test_upstream_goes_through_all_steps_and_parts_direct_from_indirect(database: Path) -> None:
    with store.opened(database) as connection:
        found = {
            f"{item.dataset}.{item.field}": item.kind
            for item in store.upstream(connection, "mart.shops", "turnover")
        }
        assert found == {
            "staged.orders.euros": "DIRECT",
            "raw.orders.cents": "DIRECT",
            "staged.orders.shop": "INDIRECT",
            "raw.orders.shop": "INDIRECT",
        }
        assert store.rows_of(connection, "mart.shops") == ["raw.orders", "staged.orders"]


def test_a_count_has_no_direct_source_and_is_not_without_lineage(database: Path) -> None:
    with store.opened(database) as connection:
        assert {item.kind for item in store.upstream(connection, "mart.shops", "n")} == {"INDIRECT"}
        _, columns = coverage(connection, {"mart.shops": ["shop", "turnover", "n"]})
        assert columns.share == 1


def test_downstream_is_upstream_turned_round(database: Path) -> None:
    with store.opened(database) as connection:
        names = [(table, name) for table, each in store.columns(connection).items() for name in each]
        up = {
            (other.dataset, other.field, *name, other.kind)
            for name in names
            for other in store.upstream(connection, *name)
        }
        down = {
            (*name, other.dataset, other.field, other.kind)
            for name in names
            for other in store.downstream(connection, *name)
        }
        assert up == down


def test_a_closure_table_gives_what_the_recursion_gives(database: Path) -> None:
    with store.opened(database) as connection:
        assert closure.build_closure(connection) == 15
        for name in ("shop", "turnover", "n"):
            found = store.upstream(connection, "mart.shops", name)
            assert set(closure.upstream_by_closure(connection, "mart.shops", name)) == set(found)


def test_a_table_that_is_made_from_itself_comes_to_an_end(database: Path) -> None:
    with store.opened(database) as connection:
        sql = "SELECT id, shop, euros + 1 AS euros FROM staged.orders"
        store.receive(connection, event("staged.orders", sql, {"staged.orders": ["id", "shop", "euros"]}))
        assert {item.field for item in store.upstream(connection, "staged.orders", "euros")} == set()


def test_a_later_run_replaces_what_its_job_said(database: Path) -> None:
    with store.opened(database) as connection:
        sql = "SELECT shop, max(euros) AS turnover FROM staged.orders GROUP BY shop"
        store.receive(connection, event("mart.shops", sql, {"staged.orders": ["id", "shop", "euros"]}))
        assert store.columns(connection)["mart.shops"] == ["shop", "turnover"]
        assert (
            not store.upstream(connection, "mart.shops", "n")
            or "n" not in store.columns(connection)["mart.shops"]
        )


def test_a_run_that_failed_changes_no_lineage(database: Path) -> None:
    sql = "SELECT shop, 0 AS turnover, 0 AS n FROM staged.orders"
    with store.opened(database) as connection:
        before = store.edges(connection)
        store.receive(connection, event("mart.shops", sql, {"staged.orders": ["shop"]}, kind="FAIL"))
        assert store.edges(connection) == before


def test_coverage_is_a_share_of_the_catalog_and_names_what_is_missing(database: Path) -> None:
    catalog = {"raw.orders": ["id"], "mart.shops": ["shop", "secret"], "mart.by_hand": ["x"]}
    with store.opened(database) as connection:
        assets, columns = coverage(connection, catalog)
    assert (assets.covered, assets.total, assets.missing) == (2, 3, ("mart.by_hand",))
    assert (columns.covered, columns.missing) == (2, ("mart.by_hand.x", "mart.shops.secret"))


def test_a_task_without_column_lineage_covers_its_table_and_no_column(tmp_path: Path) -> None:
    sent = event("mart.x", "SELECT cents AS c FROM raw.orders", RAW)
    del sent["outputs"][0]["facets"]["columnLineage"]
    with store.opened(tmp_path / "s.db") as connection:
        store.receive(connection, sent)
        assets, columns = coverage(connection, {"mart.x": ["c"]})
    assert (assets.share, columns.share) == (1, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"run": {"runId": "no uuid"}}, {"run": None}, {"job": "x"}, {"outputs": [{"facets": {}}]}, {"outputs": [7]},
        {"inputs": {"name": "x"}}, {"outputs": [{"name": "t", "facets": {"columnLineage": {"fields": {"a": 1}}}}]},
        {"outputs": [{"name": "t", "facets": {"schema": {"fields": ["x"]}}}]}, {"eventTime": None}, {"outputs": 5},
        {"outputs": [{"name": "t", "facets": [1]}]},
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused_in_words_and_leaves_nothing(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    path = tmp_path / "s.db"
    sent = event("mart.x", "SELECT cents AS c FROM raw.orders", RAW) | change
    answer = TestClient(create_app(path)).post("/api/v1/lineage", json=sent)
    assert answer.status_code == 422
    assert answer.json()["detail"]
    with store.opened(path) as connection:
        assert store.columns(connection) == {}
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (0,)


def test_an_event_of_another_producer_is_taken(tmp_path: Path) -> None:
    # Airflow's and Spark's events have inputs without a schema, transformations left out, and facets that nobody here knows.
    field = {"inputFields": [{"namespace": "n", "name": "s", "field": "a"}]}
    facets = {"columnLineage": {"fields": {"b": field}}, "ownership": {"owners": []}}
    sent = {
        "eventType": "COMPLETE",
        "eventTime": "2026-01-01T00:00:00Z",
        "producer": "https://example.org/other",
        "run": {"runId": str(uuid.uuid4()), "facets": {}},
        "job": {"namespace": "n", "name": "j"},
        "inputs": [{"namespace": "n", "name": "s"}],
        "outputs": [{"namespace": "n", "name": "t", "facets": facets}],
    }
    client = TestClient(create_app(tmp_path / "s.db"))
    assert client.post("/api/v1/lineage", json=sent).status_code == 201
    with store.opened(tmp_path / "s.db") as connection:
        assert store.upstream(connection, "t", "b") == [store.Field("s", "a", "DIRECT")]


def test_tables_of_one_name_in_two_namespaces_are_two(tmp_path: Path) -> None:
    here, there = (event("t", f"SELECT {name} AS x FROM s", {"s": [name]}) for name in ("a", "b"))
    other = json.loads(json.dumps(there).replace('"namespace": "test"', '"namespace": "kafka://b:9092"'))
    with store.opened(tmp_path / "s.db") as connection:
        store.receive(connection, here)
        store.receive(connection, other)
        assert store.upstream(connection, "t", "x") == [store.Field("s", "a", "DIRECT")]
        found = store.upstream(connection, "kafka://b:9092/t", "x")
        assert found == [store.Field("kafka://b:9092/s", "b", "DIRECT")]


def test_indirect_sources_among_a_columns_fields_are_taken_as_told(tmp_path: Path) -> None:
    # OpenLineage for Spark puts what decides on rows to each column unless datasetLineageEnabled is set.
    sent = event("t", "SELECT a AS x FROM s WHERE b > 1", {"s": ["a", "b"]})
    facet = sent["outputs"][0]["facets"]["columnLineage"]
    facet["fields"]["x"]["inputFields"] += facet.pop("dataset")
    with store.opened(tmp_path / "s.db") as connection:
        store.receive(connection, sent)
        found = {item.field: item.kind for item in store.upstream(connection, "t", "x")}
    assert found == {"a": "DIRECT", "b": "INDIRECT"}


def test_a_column_that_no_event_has_named_is_not_found(database: Path) -> None:
    client = TestClient(create_app(database))
    for what in ("upstream", "downstream"):
        answer = client.get(
            f"/api/{what}", params={"dataset": "mart.shops", "field": "'; DROP TABLE edge; --"}
        )
        assert answer.status_code == 404
    assert client.get("/api/upstream").status_code == 422
    assert len(client.get("/api/graph").json()["edges"]) > 0


def test_the_page_asks_nobody_else(database: Path) -> None:
    client = TestClient(create_app(database))
    page = client.get("/").text
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert client.get("/docs").status_code == 404
    assert client.get("/openapi.json").json()["paths"].keys() >= {
        "/api/v1/lineage",
        "/api/upstream",
        "/api/downstream",
    }


def test_the_command_line_answers_and_refuses(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([str(database), "upstream", "mart.shops.turnover"]) == 0
    assert "mart.shops.turnover\traw.orders.cents\tDIRECT" in capsys.readouterr().out.splitlines()
    assert cli.main([str(database), "downstream", "raw.orders.cents"]) == 0
    assert "mart.shops.n\tINDIRECT" in capsys.readouterr().out
    assert cli.main([str(database), "columns"]) == 0
    assert "mart.shops.n" in capsys.readouterr().out
    for wrong in (["upstream", "nothing"], ["upstream", "mart.shops.nothing"]):
        assert cli.main([str(database), *wrong]) == 2
        assert capsys.readouterr().err
    assert cli.main([str(tmp_path / "none.db"), "columns"]) == 2
    assert not (tmp_path / "none.db").exists()


def test_a_declaration_that_has_not_kept_up_is_refused() -> None:
    recorder = Recorder("http://127.0.0.1:9", "test")
    recorder._client = type("Client", (), {"emit": lambda self, item: None})()
    stale = declared({"x": {"raw.orders.price": "IDENTITY"}}, rows={}, rows_of=["raw.orders"])
    with pytest.raises(ValueError, match=r"raw\.orders\.price"), recorder.task("t") as written:
        written.table("t", ["x"], RAW, stale)
    with pytest.raises(ValueError, match="y"), recorder.task("t") as written:
        written.table("t", ["x", "y"], RAW, declared({"x": {}}, rows={}, rows_of=[]))
    with pytest.raises(ValueError, match="COPY"):
        declared({"x": {"raw.orders.id": "COPY"}}, rows={}, rows_of=[])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    path = tmp_path_factory.mktemp("served") / "lineage.db"
    with web_app("lineage.app:app", KIT, "/api/columns", {DATABASE: str(path)}) as app:
        yield app.url, path


@pytest.mark.service
def test_a_task_that_fails_is_told_and_its_error_comes_through(served: tuple[str, Path]) -> None:
    url, path = served
    with pytest.raises(ZeroDivisionError), Recorder(url, "test").task("mart.broken"):
        raise ZeroDivisionError("by zero")
    with sqlite3.connect(path) as connection:
        kinds = connection.execute(
            "SELECT kind FROM event WHERE job = 'test/mart.broken' ORDER BY rowid"
        ).fetchall()
        (body,) = connection.execute("SELECT body FROM event WHERE kind = 'FAIL'").fetchone()
    assert kinds == [("START",), ("FAIL",)]
    assert "by zero" in body


@pytest.mark.service
def test_a_recorder_without_a_server_says_so() -> None:
    with pytest.raises(Exception, match="9"), Recorder("http://127.0.0.1:9", "test").task("x"):
        pass
